"""
Reports joins of data frames that name no key.

## Why

Without `on`, `merge` joins on all columns that both frames happen to share: one more common column
in next month's file, and rows are lost or multiplied without a word. `join` pairs rows by their
index, which of two freshly read files is only the number of the line.

Frames whose rows are in the notebook have the columns that everybody sees: joins of two such are
reported only where the rule is selected by name.

## Flagged

```notebook
# %%
import pandas as pd
orders = pd.read_csv("orders.csv")
people = pd.read_csv("people.csv")
both = pd.merge(orders, people)  #! NBP710
# %%
more = orders.merge(people, how="left")
again = more.merge(people)
paired = orders.join(people, rsuffix="_p")  #! NBP710
```

## Clean

```notebook
# %%
import os
import pandas as pd
orders = pd.read_csv("orders.csv")
people = pd.read_csv("people.csv", index_col="id")
by_id = people.set_index("id")
a = pd.merge(orders, people, on="id")
b = orders.merge(people, left_on="id", right_index=True)
c = orders.merge(people, how="cross")
d = orders.join(by_id, on="id")
e = by_id.join(people)
path = os.path.join("a", "b")
g = orders.merge(people, "left", "id")
h = orders.merge(people[["id", "age"]])
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.libraries.methods import MERGE_KEYS
from nbprod.model import Diagnostic, Label, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.assigned import assignments
from nbprod.rules.frames import FrameNames

# A keyword without a name is `**options`: it may hold each of them.
_KEYS = MERGE_KEYS | {None}
_SHARED = "merge names no key: rows are matched on all columns that both frames share"
_NUMBERED = "rows are joined by their number: neither data frame has an index of its own"
# What makes up values: numbers in order or at random.
_MADE = ("numpy.random.", "numpy.arange", "numpy.linspace", "builtins.range", "pandas.date_range")
_HELP = {
    _SHARED: 'name the key: `on="..."`, and check it with `validate="m:1"`',
    _NUMBERED: "join on a column: `set_index` on both, or `merge(..., on=...)`",
}


@rule("NBP710", "merge-without-keys", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the first join of each kind that names no key; the others are shown with it."""
    found: dict[tuple[bool, str], list[Span]] = {}
    for cell, node in facts.nodes_with(ast.Call, "merge(", "join("):
        message = _fault(node, facts)
        if message:
            found.setdefault((_is_of_literals(node, facts), message), []).append(
                facts.span(cell, node)
            )
    for (is_shown, message), spans in found.items():
        first, *others = sorted(spans)
        labels = tuple(Label(span, "another one here", again=True) for span in others[:4])
        yield Diagnostic(first, message, labels=labels, help=_HELP[message], on_request=is_shown)


def _is_of_literals(node: ast.Call, facts: Facts) -> bool:
    """Whether all frames that are joined are written out in the notebook."""
    is_function = facts.qualified(node.func) == "pandas.merge"
    sides = _sides(node, facts.shared(FrameNames), is_function)
    return sides is not None and all(_is_literal(side, facts) for side in sides)


def _is_literal(node: ast.expr, facts: Facts, depth: int = 4) -> bool:
    """Whether a frame is made of values in the code, or of frames that are."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    if isinstance(node, ast.Name) and depth:
        values = [value for name, value in assignments(facts) if name == node.id]
        return bool(values) and all(
            value is not None and _is_literal(value, facts, depth - 1) for value in values
        )
    if isinstance(node, (ast.Dict, ast.List, ast.Tuple, ast.Constant)):
        return all(
            isinstance(part, (ast.Name, ast.Attribute, ast.Call)) is False
            or _is_literal(part, facts, depth - 1)
            for part in ast.iter_child_nodes(node)
            if isinstance(part, ast.expr)
        )
    if not isinstance(node, ast.Call):
        return False
    name = facts.qualified(node.func)
    if name.startswith(_MADE):
        return True
    if isinstance(node.func, ast.Attribute) and not name:
        return _is_literal(node.func.value, facts, depth)
    parts = [*node.args, *(word.value for word in node.keywords)]
    return (
        name.startswith(("pandas.DataFrame", "pandas.Series", "pandas.concat", "pandas.merge"))
        and bool(parts)
        and all(_is_literal(part, facts, depth - 1) for part in parts)
    )


def _fault(node: ast.Call, facts: Facts) -> str:
    """What is wrong with a call; empty if it is no join, or names its key."""
    frames = facts.shared(FrameNames)
    is_function = facts.qualified(node.func) == "pandas.merge"
    sides = _sides(node, frames, is_function)
    if sides is None or _has_keys(node, 3 if is_function else 2):
        return ""
    if isinstance(node.func, ast.Attribute) and node.func.attr == "join":
        numbered = all(_is_numbered(side, facts) for side in sides) and len(node.args) == 1
        return _NUMBERED if numbered else ""
    return "" if any(_names_columns(side) for side in sides) else _SHARED


def _sides(node: ast.Call, frames: FrameNames, is_function: bool) -> tuple[ast.expr, ...] | None:
    """The two frames of a merge or join, if that is what a call is."""
    if is_function:
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        sides = (*node.args[:2], *(given[name] for name in ("left", "right") if name in given))
        return sides if len(sides) == 2 else None
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr not in ("merge", "join"):
        return None
    others = [
        *node.args[:1],
        *(word.value for word in node.keywords if word.arg in ("right", "other")),
    ]
    return (function.value, others[0]) if others and frames.is_frame(function.value) else None


def _has_keys(node: ast.Call, position: int) -> bool:
    if len(node.args) > position or any(keyword.arg in _KEYS for keyword in node.keywords):
        return True
    how = [keyword.value for keyword in node.keywords if keyword.arg == "how"]
    return any(isinstance(value, ast.Constant) and value.value == "cross" for value in how)


def _names_columns(node: ast.expr) -> bool:
    """Whether the columns of a side are listed in the call itself."""
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.List)


def _is_numbered(node: ast.expr, facts: Facts) -> bool:
    """Whether a frame is read from a file and given no index."""
    if not isinstance(node, ast.Name):
        return False
    values = [value for name, value in assignments(facts) if name == node.id]
    return bool(values) and all(
        isinstance(value, ast.Call)
        and facts.qualified(value.func).startswith(("pandas.read_", "pandas.DataFrame"))
        and not any(keyword.arg in ("index_col", "index", None) for keyword in value.keywords)
        for value in values
    )
