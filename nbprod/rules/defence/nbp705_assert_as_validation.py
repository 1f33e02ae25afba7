"""Reports assertions used to check the arguments of a function.

## Why

Assertions are for what cannot happen. `python -O` takes them out, and what a caller sees is an
`AssertionError` without a word. A check of what comes from outside raises `ValueError` or
`TypeError` and says what is wrong. In course material, it is
reported only where the rule is selected by name.

## Flagged

```notebook
# %%
def rate(total, count):
    assert count > 0  #! NBP705
    assert total >= 0
    return total / count
```

## Clean

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
from nbprod.rules.practice_data import is_course
from nbprod.syntax.walk import walk

# In functions that are called so, an assertion is the point.
_CHECKING = lazy_pattern(r"test|check|verify|valid|assert|expect", re.IGNORECASE)


@rule(
    "NBP705",
    "assert-as-validation",
    on=(ast.FunctionDef,),
    level="production",
    severity=Severity.INFO,
)
def check(subject: NodeInCell[ast.FunctionDef], facts: Facts) -> Iterator[Diagnostic]:
    """Report assertions at the head of functions that are about parameters alone."""
    node = subject.node
    if _CHECKING.search(node.name):
        return
    arguments = node.args
    names = {
        argument.arg
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    }
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
            help="raise `ValueError` with a message",
            on_request=is_course(facts),
        )


def _at_the_head(node: ast.FunctionDef) -> Iterator[ast.Assert]:
    """The assertions that stand before everything else in a function but its docstring."""
    for statement in node.body:
        if isinstance(statement, ast.Assert):
            yield statement
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            return


def _reads(test: ast.expr, names: set[str]) -> bool:
    return any(isinstance(child, ast.Name) and child.id in names for child in walk(test))
