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
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.walk import walk


@rule("NBP702", "chained-assignment", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report assignments through two subscripts, one of which is a comparison of the frame."""
    for cell, tree in facts.trees_with("][", "] ["):
        for node in walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    yield from _chained(target, cell, facts)
            elif isinstance(node, ast.AugAssign):
                yield from _chained(node.target, cell, facts)


def _chained(target: ast.expr, cell: int, facts: Facts) -> Iterator[Diagnostic]:
    if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Subscript):
        return
    inner = target.value
    if not isinstance(inner.value, ast.Name):
        return
    frame = inner.value.id
    masks = [_is_mask(inner.slice, frame), _is_mask(target.slice, frame)]
    names = [_is_name(inner.slice), _is_name(target.slice)]
    if (masks[0] and names[1]) or (names[0] and masks[1]):
        yield Diagnostic(
            facts.span(cell, target),
            f"this changes a copy: `{frame}` stays as it was",
            symbol=frame,
            help=f"write `{frame}.loc[rows, column] = ...`",
        )


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
        return bool(node.elts) and all(_is_name(one) for one in node.elts)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
