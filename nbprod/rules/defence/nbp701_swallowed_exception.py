"""An exception that is caught and forgotten.

## Why

The bad record, the missing file and the typo in the code all vanish alike; what comes out looks
like a result. A bare `except:` catches the interrupt of the kernel, too.

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
    logging.exception("no rows")
    raise
try:
    print(rows)
except:
    print("cleaning up")
    raise
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Span
from nbprod.rule import NodeInCell, rule
from nbprod.syntax.walk import walk

_BROAD = ("Exception", "BaseException")


@rule("NBP701", "swallowed-exception", on=(ast.ExceptHandler,), level="production")
def check(subject: NodeInCell, facts: Facts) -> Iterator[Diagnostic]:
    """Report handlers of everything that neither raise nor tell."""
    node, cell = subject.node, subject.parsed.cell.index
    assert isinstance(node, ast.ExceptHandler)
    is_bare = node.type is None
    broad = is_bare or (isinstance(node.type, ast.Name) and node.type.id in _BROAD)
    if not broad or any(isinstance(one, ast.Raise) for part in node.body for one in walk(part)):
        return
    if not is_bare and not all(_is_nothing(one) for one in node.body):
        return
    start = facts.index(cell).offset(node.lineno, node.col_offset)
    yield Diagnostic(
        Span(cell, start, start + len("except")),
        "every exception is caught here and forgotten",
        help="catch what you expect by its name, and tell what was left out",
    )


def _is_nothing(node: ast.stmt) -> bool:
    if isinstance(node, (ast.Pass, ast.Continue)):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
