"""Reports results taken from methods that work in place and return None.

## Why

With `inplace=True` the method returns `None`. Bound to a name, the frame is gone; the next cell
fails, or works on nothing. On a column it leaves the frame unchanged: the rows that it removes
with any pandas, all else with pandas 3 (these are only told when the rule is selected by its code).

## Flagged

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, None]})
df = df.dropna(inplace=True)  #! NBP703
```

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, None]})
df[df["a"] > 0].fillna(0, inplace=True)  #! NBP703
df["a"].dropna(inplace=True)  #! NBP703
df["a"].fillna(0, inplace=True)  #! NBP703?
```

## Fixed

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, None]})
df = df.dropna()
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1, None]})
df.dropna(inplace=True)
clean = df.fillna(0, inplace=False)
```

## Fix safety

Unsafe: the frame keeps what the call would have thrown away, which is what was meant.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.libraries.methods import INPLACE_METHODS
from nbprod.model import Certainty, Diagnostic, Edit, Fix, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, unsafe

# A column that has lost rows does not go back into its frame.
_TAKING_ROWS = frozenset(["dropna", "drop_duplicates", "drop"])


_STATEMENTS: tuple[type[ast.Assign | ast.Expr], ...] = (ast.Assign, ast.Expr)


@rule("NBP703", "inplace-result", on=Notebook, severity=Severity.ERROR)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report bound results of calls in place, and calls in place on a passing copy."""
    for cell, node in facts.nodes_with(_STATEMENTS, "inplace"):
        yield from _in_statement(node, cell, facts)


def _in_statement(node: ast.Assign | ast.Expr, cell: int, facts: Facts) -> Iterator[Diagnostic]:
    call = node.value
    keyword = _inplace(call)
    if keyword is None:
        return
    assert isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    if isinstance(node, ast.Assign):
        target = node.targets[0]
        if isinstance(target, (ast.Name, ast.Subscript, ast.Attribute)):
            yield Diagnostic(
                facts.span(cell, target),
                f"`{call.func.attr}(inplace=True)` returns None",
                symbol=target.id if isinstance(target, ast.Name) else None,
                help="remove `inplace=True`",
                fix=_without(keyword, cell, facts),
            )
    elif _is_copy(call.func.value):
        yield Diagnostic(
            facts.span(cell, call.func),
            "this changes a temporary copy",
            help="assign the result to the rows with `.loc`",
        )
    elif (frame := _frame_of_column(call.func.value)) is not None:
        takes_rows = call.func.attr in _TAKING_ROWS and _is_read(frame, facts)
        yield Diagnostic(
            facts.span(cell, call.func),
            f"this changes a temporary column: `{frame}` is not updated"
            + ("" if takes_rows else " with pandas 3"),
            Certainty.CERTAIN if takes_rows else Certainty.POSSIBLE,
            symbol=frame,
            help=f"call it on the frame: `{frame} = {frame}.{call.func.attr}(...)`",
        )


def _inplace(node: ast.expr) -> ast.keyword | None:
    """The argument of a pandas call in place, None if it is none."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    if node.func.attr not in INPLACE_METHODS:
        return None
    for keyword in node.keywords:
        if (
            keyword.arg == "inplace"
            and isinstance(keyword.value, ast.Constant)
            and keyword.value.value is True
        ):
            return keyword
    return None


def _is_copy(node: ast.expr) -> bool:
    """Whether an expression is rows chosen by a comparison, which are always a copy."""
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Compare)


def _frame_of_column(node: ast.expr) -> str | None:
    """The frame, if an expression is one column of it."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.value.id
    return None


def _is_read(name: str, facts: Facts) -> bool:
    """Whether a name is a frame for sure: a dict of frames has subscripts that are frames."""
    for made in facts.flow.definitions.get(name, ()):
        value = made.node.value if isinstance(made.node, ast.Assign) else None
        if isinstance(value, ast.Call):
            called = facts.qualified(value.func)
            if called in ("pandas.DataFrame", "pandas.read_csv", "pandas.read_parquet"):
                return True
    return False


def _without(keyword: ast.keyword, cell: int, facts: Facts) -> Fix | None:
    """Take the argument away with the comma before or behind it."""
    span = facts.span(cell, keyword)
    source = facts.cell(cell).source
    before = re.search(r",\s*\Z", source[: span.start])
    if before is not None:
        edit = Edit(Span(cell, before.start(), span.end), "")
    else:
        after = re.match(r"\s*,\s*", source[span.end :])
        edit = Edit(Span(cell, span.start, span.end + (after.end() if after else 0)), "")
    return unsafe("Remove `inplace=True`", edit)
