"""The target among the features.

## Why

The model is told the answer. Its score is near perfect and it is of no use.

## Flagged

```notebook
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
y = df["default"]
X_train, X_test, y_train, y_test = train_test_split(df, y)  #! NBP604
```

## Clean

```notebook
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
y = df.pop("default")
X_train, X_test, y_train, y_test = train_test_split(df, y)
other = pd.read_csv("other.csv")
target = other["default"]
other = other.drop(columns="default")
parts = train_test_split(other, target)
third = pd.read_csv("third.csv")
label = third["x"]
del third["x"]
more = train_test_split(third, label)
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.names import last_name

_TAKES = frozenset(["train_test_split", "cross_val_score", "fit"])

# Cells without any of these have nothing to find.
_WORDS = _TAKES


@rule("NBP604", "target-in-features", on=Notebook, level="production", severity=Severity.ERROR)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report calls that are given a frame and a column that the frame still has."""
    for cell, node in facts.nodes_with(ast.Call, *_WORDS):
        yield from _in_call(node, cell, facts)


def _in_call(node: ast.Call, cell: int, facts: Facts) -> Iterator[Diagnostic]:
    called = last_name(node.func)
    if called not in _TAKES or len(node.args) < 2:
        return
    features, target = node.args[-2:] if called == "cross_val_score" else node.args[:2]
    if not isinstance(features, ast.Name):
        return
    frame = features.id
    column = _column(target, frame, facts)
    if column is None or len(facts.flow.definitions.get(frame, ())) != 1:
        return
    if not _may_lose(frame, column, facts):
        yield Diagnostic(
            facts.span(cell, features),
            f"`{frame}` still has the column `{column}`, which is the target",
            symbol=frame,
            help=f"pass `{frame}.drop(columns={column!r})`",
        )


def _column(node: ast.expr, frame: str, facts: Facts) -> str | None:
    """The column of the frame that an expression is, or a name that is bound to it once."""
    if isinstance(node, ast.Name):
        made = facts.flow.definitions.get(node.id, ())
        bound = made[0].node if len(made) == 1 else None
        if not isinstance(bound, ast.Assign) or len(bound.targets) != 1:
            return None
        node = bound.value
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        if node.value.id == frame and isinstance(node.slice, ast.Constant):
            return node.slice.value if isinstance(node.slice.value, str) else None
    return None


def _may_lose(frame: str, column: str, facts: Facts) -> bool:
    """Whether some cell may take the column out of the frame in place."""
    pattern = re.compile(rf"\bdel\s+{re.escape(frame)}\b|\b{re.escape(frame)}\.(?:pop|drop)\b")
    return any(pattern.search(cell.source) for cell in facts.notebook.cells)
