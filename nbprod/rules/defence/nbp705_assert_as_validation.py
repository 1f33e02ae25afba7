"""An assertion that checks the arguments of a function.

## Why

Assertions are for what cannot happen. `python -O` takes them out, and what a caller sees is an
`AssertionError` without a word. A check of what comes from outside raises `ValueError` or
`TypeError` and says what is wrong.

## Flagged

```notebook
# %%
def rate(total, count):
    assert count > 0  #! NBP705
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
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.rule import NodeInCell, rule
from nbprod.syntax.walk import walk


@rule(
    "NBP705",
    "assert-as-validation",
    on=(ast.FunctionDef,),
    level="production",
    severity=Severity.INFO,
)
def check(subject: NodeInCell, facts: Facts) -> Iterator[Diagnostic]:
    """Report assertions at the head of functions that are about parameters alone."""
    node = subject.node
    assert isinstance(node, ast.FunctionDef)
    if node.name.startswith("test") or "check" in node.name or "verify" in node.name:
        return
    arguments = node.args
    names = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    for statement in node.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if not isinstance(statement, ast.Assert):
            return
        read = {one.id for one in walk(statement.test) if isinstance(one, ast.Name)}
        if read & names:
            yield Diagnostic(
                facts.span(subject.parsed.cell.index, statement),
                "an assertion is no check of arguments: `-O` takes it out",
                help="raise `ValueError` with what is wrong",
            )
