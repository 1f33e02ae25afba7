"""An assignment to a part of a part of a data frame.

## Why

`df[mask]` is a copy. Assigning to a column of it changes the copy, which nobody has, and `df`
stays as it was. pandas 3 gives no warning any more.

## Flagged

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
df[df["a"] > 1]["b"] = 0  #! NBP702
df["b"][df["a"] > 1] = 0  #! NBP702
df.loc[df["a"] > 1]["b"] += 1  #! NBP702
```

## Fixed

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
df.loc[df["a"] > 1, "b"] = 0
df.loc[df["a"] > 1, "b"] = 0
df.loc[df["a"] > 1, "b"] += 1
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
df.loc[df["a"] > 1, "b"] = 0
grid = [[0, 0], [0, 0]]
grid[0][1] = 1
table = {"x": {}}
table["x"]["y"] = 2
df.loc[df["a"] > 1].loc[:, "b"].iloc[0]
```

## Fix safety

Unsafe: the frame changes, which is what was meant.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Fix
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, unsafe
from nbprod.syntax.walk import walk

_STATEMENTS: tuple[type[ast.Assign | ast.AugAssign], ...] = (ast.Assign, ast.AugAssign)


@rule("NBP702", "chained-assignment", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report assignments through two subscripts, one of which is a comparison of the frame."""
    for cell, node in facts.nodes_with(_STATEMENTS, "][", "] ["):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield from _chained(target, cell, facts)


def _chained(target: ast.expr, cell: int, facts: Facts) -> Iterator[Diagnostic]:
    if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Subscript):
        return
    inner = target.value
    chosen = inner.value
    if isinstance(chosen, ast.Attribute) and chosen.attr == "loc":
        chosen = chosen.value
    if not isinstance(chosen, ast.Name):
        return
    frame = chosen.id
    slices = (inner.slice, target.slice)
    for rows, column in (slices, slices[::-1]):
        if _is_mask(rows, frame) and _is_name(column):
            yield Diagnostic(
                facts.span(cell, target),
                f"this changes a copy: `{frame}` stays as it was",
                symbol=frame,
                help=f"write `{frame}.loc[rows, column] = ...`",
                fix=_at_once(target, frame, rows, column, cell, facts),
            )
            return


def _at_once(
    target: ast.Subscript, frame: str, rows: ast.expr, column: ast.expr, cell: int, facts: Facts
) -> Fix:
    """Rows and column in one subscript, as they are written."""
    chosen, named = (facts.text(facts.span(cell, expression)) for expression in (rows, column))
    edit = Edit(facts.span(cell, target), f"{frame}.loc[{chosen}, {named}]")
    return unsafe("Use `.loc` with rows and column", edit)


def _is_mask(node: ast.expr, frame: str) -> bool:
    """Whether rows are chosen by a comparison of the frame's own columns."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return _is_mask(node.operand, frame) or _mentions(node, frame)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        return _is_mask(node.left, frame) or _is_mask(node.right, frame)
    return isinstance(node, ast.Compare) and _mentions(node.left, frame)


def _mentions(node: ast.AST, frame: str) -> bool:
    return any(
        isinstance(part, (ast.Subscript, ast.Attribute))
        and isinstance(part.value, ast.Name)
        and part.value.id == frame
        for part in walk(node)
    )


def _is_name(node: ast.expr) -> bool:
    if isinstance(node, ast.List):
        return bool(node.elts) and all(_is_name(expression) for expression in node.elts)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
