"""Reports exceptions that are caught and ignored.

## Why

The bad record, the missing file and the typo in the code all vanish alike; what comes out looks
like a result. All such places of a notebook are one finding. A bare `except:` catches the interrupt
of the kernel as well, so that the cell cannot be stopped.

## Flagged

```notebook
# %%
try:
    rows = [1 / 0]
except:  #! NBP701
    rows = []
# %%
for path in ["a", "b"]:
    try:
        print(open(path).read())
    except Exception:  #! NBP701
        pass
# %%
def price(row):
    try:
        return float(row)
    except Exception:
        return None
```

## Fixed

```notebook
# %%
try:
    rows = [1 / 0]
except Exception:
    rows = []
# %%
for path in ["a", "b"]:
    try:
        print(open(path).read())
    except Exception:
        pass
# %%
def price(row):
    try:
        return float(row)
    except Exception:
        return None
```

## Clean

```notebook
# %%
import logging
try:
    import cupy as np
except ImportError:
    import numpy as np
try:
    rows = [1 / 0]
except ZeroDivisionError:
    rows = []
try:
    rows = rows[0]
except Exception:
    rows = None
try:
    rows = rows[0]
except Exception:
    logging.exception("no rows")
    raise
try:
    print(rows)
except:
    print("cleaning up")
    raise
try:
    %tensorflow_version 2.x
except Exception:
    pass
```

## Fix safety

Unsafe: `except Exception` lets the interrupt of the kernel through, and `SystemExit`. A handler
that does nothing gets no fix: what it should catch is for a person to say.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.libraries.homes import home_of
from nbprod.model import Diagnostic, Edit, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, unsafe
from nbprod.rules.grouped import once_for_each
from nbprod.rules.practice_data import is_taught
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk

_BROAD = ("Exception", "BaseException")
_ON_EXCEPTIONS = lazy_pattern(
    r"\bexceptions?\b|\bexcept\b|\berror[- ]handling\b|\bhandling (?:of )?errors\b", re.IGNORECASE
)


@rule("NBP701", "swallowed-exception", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report handlers of everything that neither raise nor tell, those of a kind once."""
    found = (
        diagnostic
        for parsed in facts.parsed
        if parsed is not None and "except" in parsed.cell.source
        for node in parsed.live_nodes_of(ast.Try)
        for diagnostic in _handlers(node, parsed, facts)
    )
    yield from once_for_each(
        found, key=lambda diagnostic: diagnostic.message, label=lambda _: "the same is done here"
    )


def _handlers(node: ast.Try, parsed: ParsedCell, facts: Facts) -> Iterator[Diagnostic]:
    cell = parsed.cell.index
    if _is_magic_alone(node, parsed):
        return
    for handler in node.handlers:
        is_bare = handler.type is None
        broad = is_bare or (isinstance(handler.type, ast.Name) and handler.type.id in _BROAD)
        if not broad or any(
            isinstance(child, ast.Raise) for part in handler.body for child in walk(part)
        ):
            continue
        forgets = all(_is_nothing(statement) for statement in handler.body)
        if not is_bare and not forgets:
            continue
        start = facts.index(cell).offset(handler.lineno, handler.col_offset)
        span = Span(cell, start, start + len("except"))
        yield Diagnostic(
            span,
            "every exception is silently swallowed"
            if forgets
            else "every exception is caught, including a kernel interrupt",
            help=_help(node),
            fix=None if forgets else unsafe("Catch `Exception`", _named(span)),
            on_request=is_taught(_ON_EXCEPTIONS, cell, facts) or _asks_for_platform(node),
        )


def _help(node: ast.Try) -> str:
    """What to catch, where one statement is tried that raises one exception for one reason."""
    raised = _raised(node.body[0]) if len(node.body) == 1 else None
    if raised is None:
        return "catch specific exceptions, and log what is skipped"
    return f"catch only `{raised}`, and log what is skipped"


def _raised(statement: ast.stmt) -> str | None:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return "ImportError"
    value = statement.value if isinstance(statement, (ast.Assign, ast.Return)) else None
    if isinstance(value, ast.Subscript) and not isinstance(value.slice, ast.Slice):
        number = isinstance(value.slice, ast.Constant) and isinstance(value.slice.value, int)
        return "IndexError" if number else "KeyError"
    return None


def _asks_for_platform(node: ast.Try) -> bool:
    """Whether it finds out where the notebook runs, by a module that only one place has."""
    modules = [
        module
        for statement in node.body
        for module in (
            [alias.name for alias in statement.names]
            if isinstance(statement, ast.Import)
            else [statement.module or ""]
            if isinstance(statement, ast.ImportFrom)
            else []
        )
    ]
    return any(home_of(module) is not None for module in modules)


def _named(span: Span) -> Edit:
    return Edit(Span(span.cell, span.end, span.end), " Exception")


def _is_magic_alone(node: ast.Try, parsed: ParsedCell) -> bool:
    """Whether only a magic is tried: `%tensorflow_version` is known to Colab alone."""
    lines = {magic.lineno for magic in parsed.magics if magic.kind == "line"}
    return all(
        isinstance(statement, ast.Expr) and statement.lineno in lines for statement in node.body
    )


def _is_nothing(node: ast.stmt) -> bool:
    """Whether a statement goes on as if nothing had been: with nothing, or with a constant."""
    if isinstance(node, (ast.Pass, ast.Continue, ast.Break)):
        return True
    if isinstance(node, ast.Return):
        return node.value is None or isinstance(node.value, ast.Constant)
    # What is assigned is what the program goes on with: whoever wrote it thought of the case.
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
