"""Reports top-level code with many branches.

## Why

Each branch is a case that somebody has to try, and top-level code cannot be called with
another input. As a function it can be tested. `max-complexity` sets the limit.

## Flagged

```notebook
# %%
rows = [1, 2]  #! NBP812
for row in rows:
    if row > 1 and row < 3:
        print(1)
    elif row > 2 or row < 9:
        print(2)
    for other in rows:
        while other > 1:
            if other == row:
                break
            other -= 1
        try:
            print(1 / other)
        except ZeroDivisionError:
            print(0 if row else 1)
    with open("a") as file:
        if file and row:
            print(file)
        elif row:
            print(row)
    if row == 7:
        print(7)
    if row == 8:
        print(8)
    if row == 9:
        print(9)
    elif row == 10:
        print(10)
```

## Clean

```notebook
# %%
def describe(row):
    if row > 1:
        return 1
    return 2 if row > 2 else 3
for row in [1, 2]:
    if row:
        print(describe(row))
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, whole_cell
from nbprod.rules.practice_data import unless_material
from nbprod.syntax.walk import walk_outside

_BRANCHES = frozenset(
    [
        ast.If,
        ast.For,
        ast.While,
        ast.ExceptHandler,
        ast.Match,
    ]
)
_OWN = frozenset([ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda])


@rule(
    "NBP812",
    "tangled-cell",
    on=Notebook,
    level="production",
    severity=Severity.INFO,
    family="cell-size",
)
@unless_material
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report cells whose top-level code has too many branches, with the length of long ones."""
    for cell, tree in facts.trees_with("if ", "for ", "while ", "except"):
        counts = [(_branches(node), node) for node in tree.body]
        total = 1 + sum(count for count, _ in counts)
        if total > facts.options.max_complexity:
            first = next(node for count, node in counts if count)
            yield Diagnostic(
                whole_cell(facts.cell(cell)),
                f"top-level code has {total} branches",
                labels=(Label(facts.span(cell, first), "the first of them is here"),),
                help="extract functions: `nbprod extract`",
            )


def _branches(node: ast.AST) -> int:
    """The branches of a statement, those of functions left out (McCabe 1976)."""
    return sum(type(child) in _BRANCHES for child in walk_outside(node, _OWN))
