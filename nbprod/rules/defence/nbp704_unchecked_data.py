"""Data that other cells use and that no cell has looked at.

## Why

The day a column is renamed or a file comes empty, the notebook goes on and gives a number. A look
at the shape, an assertion or a schema behind the read stops it where the fault is.

## Flagged

```notebook
# %%
import pandas as pd
sales = pd.read_csv("sales.csv")  #! NBP704
# %%
total = sales["price"].sum()
```

## Clean

```notebook
# %%
import pandas as pd
sales = pd.read_csv("sales.csv")
assert {"price"} <= set(sales.columns)
rates = pd.read_csv("rates.csv")
rates.info()
# %%
total = sales["price"].sum() * rates["rate"].mean()
```

```notebook
# %%
import pandas as pd
once = pd.read_csv("once.csv")
print(once["a"].sum())
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.walk import walk

_READERS = frozenset(
    f"pandas.read_{kind}"
    for kind in "csv table excel json parquet feather sql sql_query sql_table hdf orc".split()
)
# What shows or checks a frame as a whole.
_LOOKS = frozenset(
    "shape columns dtypes info head tail sample describe isna isnull notna empty index validate"
    " memory_usage duplicated nunique value_counts".split()
)
_CHECKS = ("pandera.", "great_expectations.", "pydantic.", "pandas.testing.")


@rule("NBP704", "unchecked-data", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report frames that are read from outside, used elsewhere, and looked at nowhere."""
    for name, made in facts.flow.definitions.items():
        node = made[0].node
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        if facts.qualified(node.value.func) not in _READERS or made[0].binding.scope:
            continue
        cell = made[0].cell
        uses = list(facts.flow.uses_of((name,)))
        if not any(use.cell != cell for use in uses) or _is_looked_at(name, facts):
            continue
        yield Diagnostic(
            made[0].binding.span,
            f"`{name}` comes from outside and no cell looks at what came",
            symbol=name,
            help=f"assert what the notebook needs: columns, types, rows of `{name}`",
        )


def _is_looked_at(name: str, facts: Facts) -> bool:
    """Whether some cell shows the frame, asks for its form, asserts on it or validates it."""
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None or name not in parsed.cell.source:
            continue
        last = parsed.tree.body[-1] if parsed.tree.body else None
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Name):
            if last.value.id == name:
                return True
        for node in walk(parsed.tree):
            if isinstance(node, ast.Attribute) and node.attr in _LOOKS and _is(node.value, name):
                return True
            if isinstance(node, ast.Assert) and any(_is(one, name) for one in walk(node)):
                return True
            if isinstance(node, ast.Call) and any(_is(one, name) for one in node.args):
                called = facts.qualified(node.func)
                plain = getattr(node.func, "id", "")
                if called.startswith(_CHECKS) or plain in ("print", "display", "len"):
                    return True
                if "valid" in plain or "check" in plain or "valid" in called:
                    return True
                if isinstance(node.func, ast.Attribute) and node.func.attr == "validate":
                    return True
    return False


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
