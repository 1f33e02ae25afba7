"""An import in the middle of the notebook.

## Why

What a notebook needs is known when its first cell has run, or after an hour of training. At the
top, a missing package fails at once.

## Flagged

```notebook
# %%
import math
print(math.pi)
# %%
print(1)
# %%
import json  #! NBP804
print(json.dumps(1))
```

## Clean

```notebook
# %%
%pip install rich
# %%
import math
# %%
# settings
import json
DEBUG = False
# %%
def chart():
    import matplotlib
    return matplotlib
print(math.pi, json.dumps(1))
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.types import ParsedCell

_IMPORTS = (ast.Import, ast.ImportFrom)
_QUIET = (*_IMPORTS, ast.FunctionDef, ast.ClassDef)


@rule("NBP804", "late-import", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the first import below cells that have worked, and how many follow."""
    worked = False
    late: list[tuple[int, ast.stmt]] = []
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None:
            continue
        if worked:
            made = (one for one in parsed.tree.body if isinstance(one, _IMPORTS))
            late += [(parsed.cell.index, one) for one in made]
        worked = worked or _works(parsed)
    if late:
        cell, first = late[0]
        more = f", and {len(late) - 1} more" if len(late) > 1 else ""
        yield Diagnostic(
            facts.span(cell, first),
            f"`{ast.unparse(first)}`{more} below cells that have worked",
            help="move imports into the first cell",
        )


def _works(parsed: ParsedCell) -> bool:
    """Whether a cell does more than import, define, set constants and install."""
    assert parsed.tree is not None
    for node in parsed.tree.body:
        if isinstance(node, _QUIET):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            # Settings of libraries: `pd.set_option(...)`, `plt.style.use(...)`.
            if not node.value.args or isinstance(node.value.args[0], ast.Constant):
                if not _is_print(node.value):
                    continue
        return True
    return False


def _is_print(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id in ("print", "display")
