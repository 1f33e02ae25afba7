"""Reports assertions used to check the arguments of a function.

## Why

Assertions are for what cannot happen. `python -O` takes them out, and what a caller sees is an
`AssertionError` without a word. A check of what comes from outside raises an error that says what
is wrong: `TypeError` for a type, `FileNotFoundError` for a path, or else `ValueError`. What a
method asserts about its own object cannot happen if the class is right: that is not reported.
Nobody runs a notebook with `-O`, so select the rule by name where functions become a module.

## Flagged

```notebook
# %%
def rate(total, count):
    assert count > 0  #! NBP705
    assert total >= 0
    return total / count
```

```notebook
# %%
class Shop:
    def sell(self, count):
        assert self.stock is not None
        assert count <= self.stock  #! NBP705
        self.stock -= count
```

## Clean

```notebook
# %%
class Meter:
    def __init__(self):
        self.start = None
    def stop(self):
        assert self.start is not None
        return self.start
```

```notebook
# %%
def rate(total, count):
    if count <= 0:
        raise ValueError(f"count must be positive, not {count}")
    return total / count
assert rate(4, 2) == 2
def test_rate():
    assert rate(4, 2) == 2
def validate_rates(rates):
    assert rates
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity
from nbprod.patterns import lazy_pattern
from nbprod.rule import NodeInCell, rule
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

# In functions that are called so, an assertion is the point.
_CHECKING = lazy_pattern(r"test|check|verify|valid|assert|expect", re.IGNORECASE)

_ASKING_FOR_TYPE = frozenset(["isinstance", "issubclass", "callable", "type"])
_ASKING_FOR_FILE = frozenset(["exists", "isfile", "isdir", "is_file", "is_dir"])


@rule(
    "NBP705",
    "assert-as-validation",
    on=(ast.FunctionDef,),
    default=False,
    severity=Severity.INFO,
)
def check(subject: NodeInCell[ast.FunctionDef], facts: Facts) -> Iterator[Diagnostic]:
    """Report assertions at the head of functions that are about parameters alone."""
    node = subject.node
    if _CHECKING.search(node.name):
        return
    names = _parameters(subject, facts)
    found = [assertion for assertion in _at_the_head(node) if _reads(assertion.test, names)]
    if found:
        cell = subject.cell
        yield Diagnostic(
            facts.span(cell, found[0]),
            "`python -O` removes this argument check",
            symbol=node.name,
            labels=tuple(
                Label(facts.span(cell, assertion), "also here", again=True)
                for assertion in found[1:4]
            ),
            help=f"raise `{_error(found[0].test)}` with a message",
        )


def _parameters(subject: NodeInCell[ast.FunctionDef], facts: Facts) -> set[str]:
    """The parameters of a function, without the object that a method belongs to."""
    node, arguments = subject.node, subject.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    names = {argument.arg for argument in (*positional, *arguments.kwonlyargs)} - {"self", "cls"}
    parsed = facts.parsed[subject.cell]
    is_static = any(getattr(mark, "id", "") == "staticmethod" for mark in node.decorator_list)
    if positional and parsed is not None and not is_static:
        if any(node in made.body for made in parsed.live_nodes_of(ast.ClassDef)):
            names.discard(positional[0].arg)
    return names


def _error(test: ast.expr) -> str:
    """The error that says what a check found: by what it asks of its argument."""
    asked = {last_name(part.func) for part in walk(test) if isinstance(part, ast.Call)}
    if asked & _ASKING_FOR_TYPE:
        return "TypeError"
    if asked & _ASKING_FOR_FILE:
        return "FileNotFoundError"
    return "ValueError"


def _at_the_head(node: ast.FunctionDef) -> Iterator[ast.Assert]:
    """The assertions that stand before everything else in a function but its docstring."""
    for statement in node.body:
        if isinstance(statement, ast.Assert):
            yield statement
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            return


def _reads(test: ast.expr, names: set[str]) -> bool:
    return any(isinstance(child, ast.Name) and child.id in names for child in walk(test))
