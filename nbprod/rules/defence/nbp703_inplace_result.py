"""Reports results taken from methods that work in place and return None.

## Why

With `inplace=True` the method returns `None`; some methods, as `fillna`, only before pandas 3.
Bound to a name, the frame is gone; the next cell fails, or works on nothing. On a column it leaves
the frame unchanged: the rows that it removes with any pandas, all else with pandas 3 (these are
only reported when the rule is selected by its code). Where nothing but a display reads the name and
later code reads the frame, the change was meant for the frame: the fix assigns the result back.

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
df = pd.read_csv("sales.csv")
filled = df["a"].fillna(0, inplace=True)  #! NBP703
filled
# %%
print(df)
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

```notebook
# %%
import pandas as pd
df = pd.read_csv("sales.csv")
filled = df["a"] = df["a"].fillna(0)
filled
# %%
print(df)
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
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.libraries.methods import INPLACE_METHODS
from nbprod.model import Certainty, Diagnostic, Edit, Fix, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, unsafe

# A column that has lost rows does not go back into its frame.
_TAKING_ROWS = frozenset(["dropna", "drop_duplicates", "drop"])
# These return what they have changed since pandas 3; the others return None.
_RETURNING_SELF = frozenset("bfill clip ffill fillna interpolate mask replace where".split())
# The result on a part does not go back into its frame: rows or their labels are others.
_CHANGING_ROWS = INPLACE_METHODS - _RETURNING_SELF


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
            receiver = None
            if len(node.targets) == 1:
                receiver = _meant_for_receiver(target, call.func.value, cell, facts)
            yield Diagnostic(
                facts.span(cell, target),
                _message(call.func, receiver is not None),
                symbol=target.id if isinstance(target, ast.Name) else None,
                help=_help(call.func, receiver),
                fix=_fix(target, call.func, keyword, receiver, cell, facts),
            )
    elif _is_copy(call.func.value):
        yield Diagnostic(
            facts.span(cell, call.func),
            "this changes a temporary copy",
            help=_help_for_rows(call.func.attr),
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


class _Receiver(NamedTuple):
    """What a call in place was meant to change: its source, and whether the result is displayed."""

    text: str
    is_frame: bool
    is_shown: bool


def _meant_for_receiver(
    target: ast.expr, receiver: ast.expr, cell: int, facts: Facts
) -> _Receiver | None:
    """The frame or column that was to be changed; None if the bound result was what was meant.

    It is what later code reads, while nothing reads the result but a line that displays it.
    """
    root = _root(receiver)
    if not isinstance(target, ast.Name) or root is None or root.id == target.id:
        return None
    place, end = facts.span(cell, target), facts.span(cell, receiver).end
    reads = [
        use.span
        for use in facts.flow.uses_of((target.id,))
        if any(made.binding.span == place for made in use.definitions)
    ]
    shown = {
        facts.span(index, node.value)
        for index, node in facts.nodes_with((ast.Expr,), target.id)
        if isinstance(node.value, ast.Name)
    }
    if not shown.issuperset(reads):
        return None
    if not any(
        use.cell > cell or (use.span.cell == cell and use.span.start > end)
        for use in facts.flow.uses_of((root.id,))
    ):
        return None
    text = facts.text(facts.span(cell, receiver))
    return _Receiver(text, isinstance(receiver, ast.Name), bool(reads))


def _root(receiver: ast.expr) -> ast.Name | None:
    """The variable that holds a receiver to which a result can be assigned back."""
    if isinstance(receiver, ast.Name):
        return receiver
    is_part = isinstance(receiver, ast.Subscript) and not isinstance(receiver.slice, ast.Slice)
    if is_part and not _is_copy(receiver) or isinstance(receiver, ast.Attribute):
        assert isinstance(receiver, (ast.Subscript, ast.Attribute))
        return receiver.value if isinstance(receiver.value, ast.Name) else None
    return None


def _message(method: ast.Attribute, is_meant_for_receiver: bool) -> str:
    what = f"`{method.attr}(inplace=True)` returns None"
    if method.attr not in _RETURNING_SELF:
        return what
    if is_meant_for_receiver and not isinstance(method.value, ast.Name):
        return f"{what} before pandas 3, and leaves the column unchanged since"
    return f"{what} before pandas 3"


def _help_for_rows(method: str) -> str:
    """Say what to do with the result for some rows: with `.loc`, rows that are gone become NaN."""
    if method in _CHANGING_ROWS:
        return "assign the result to a new variable"
    return "assign the result to the rows with `.loc`"


def _help(method: ast.Attribute, receiver: _Receiver | None) -> str:
    """Say what to write, so that what was meant to be changed is changed."""
    if receiver is None:
        return "remove `inplace=True`"
    if not receiver.is_frame and method.attr in _CHANGING_ROWS:
        root = _root(method.value)
        assert root is not None
        return f"call it on the frame: `{root.id} = {root.id}.{method.attr}(...)`"
    return f"assign the result back: `{receiver.text} = {receiver.text}.{method.attr}(...)`"


def _fix(
    target: ast.expr,
    method: ast.Attribute,
    keyword: ast.keyword,
    receiver: _Receiver | None,
    cell: int,
    facts: Facts,
) -> Fix | None:
    """Keep the result where it was meant to be; None where no edit of this line does that."""
    removal = _without(keyword, cell, facts)
    if receiver is None:
        return unsafe("Remove `inplace=True`", removal)
    if receiver.is_frame and _is_in_function(target, cell, facts):
        # The caller's frame was to be changed; a local variable would hide the result.
        return None
    if not receiver.is_frame and method.attr in _CHANGING_ROWS:
        return None
    place = facts.span(cell, target)
    if receiver.is_shown:
        back = Edit(Span(cell, place.end, place.end), f" = {receiver.text}")
    else:
        back = Edit(place, receiver.text)
    return unsafe("Assign the result back", back, removal)


def _is_in_function(node: ast.expr, cell: int, facts: Facts) -> bool:
    parsed = facts.parsed[cell]
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return parsed is not None and any(
        outer.lineno <= node.lineno <= (outer.end_lineno or outer.lineno)
        for outer in parsed.nodes_of(functions)
    )


def _without(keyword: ast.keyword, cell: int, facts: Facts) -> Edit:
    """Take the argument away with the comma before or after it."""
    span = facts.span(cell, keyword)
    source = facts.cell(cell).source
    before = re.search(r",\s*\Z", source[: span.start])
    if before is not None:
        return Edit(Span(cell, before.start(), span.end), "")
    after = re.match(r"\s*,\s*", source[span.end :])
    return Edit(Span(cell, span.start, span.end + (after.end() if after else 0)), "")
