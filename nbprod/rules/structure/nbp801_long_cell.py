"""Reports cells with many lines of top-level code.

## Why

A cell that does not fit on a screen is hard to read, and runs as a whole or not at all. Its parts
want names: they are functions. Definitions, texts, tables of constants and what draws the one
figure of a cell are not counted; `max-cell-lines` sets the limit.

## Flagged

```notebook
# %%
x = 0  #! NBP801
x = x + 1
#* 61
```

## Clean

```notebook
# %%
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([1, 2])
#* 61
plt.show()
```

```notebook
# %%
x = 0
print(x)
# %%
rates = [
    [1, 0.5],
#* 70
]
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, whole_cell
from nbprod.rules.drawn import drawing_statements, makes_one_figure
from nbprod.rules.practice_data import unless_material
from nbprod.syntax.walk import walk

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)

_LITERALS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Constant, ast.UnaryOp)


@rule(
    "NBP801",
    "long-cell",
    on=Notebook,
    level="production",
    severity=Severity.INFO,
    family="cell-size",
)
@unless_material
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report cells with too many lines outside of functions and classes."""
    most = facts.options.max_cell_lines
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None or parsed.cell.source.count("\n") < most:
            continue
        code = [node for node in parsed.tree.body if not isinstance(node, _DEFINITIONS)]
        text = parsed.cell.source.splitlines()
        lines = _lines(code, text)
        if lines > most and makes_one_figure(code):
            lines -= _lines(drawing_statements(code, facts), text)
        if lines > most:
            yield Diagnostic(
                whole_cell(parsed.cell),
                f"cell has {lines} lines of top-level code",
                help=f"split it, or extract it: `nbprod extract --cells {parsed.cell.number}`",
            )


def _lines(statements: list[ast.stmt], text: list[str]) -> int:
    """The lines of statements that are code: no data, no comments, no blank lines."""
    numbers = {
        number
        for node in statements
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    for node in statements:
        numbers.difference_update(_data_lines(node))
    return sum(text[number - 1].lstrip()[:1] not in ("", "#") for number in numbers)


def _data_lines(node: ast.AST) -> Iterator[int]:
    """The lines inside of texts and of collections of constants: queries and tables are no code."""
    if isinstance(node, (ast.JoinedStr, ast.Constant)) or _is_table(node):
        yield from range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _data_lines(child)


def _is_table(node: ast.AST) -> TypeGuard[ast.expr]:
    """Whether a node is a literal all through: a list of rows, a mapping of constants."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict)):
        return all(
            isinstance(child, (*_LITERALS, ast.expr_context, ast.unaryop)) for child in walk(node)
        )
    return False
