"""
Reports comparisons with NaN, which are always false.

## Why

NaN equals nothing, not even itself: `x == np.nan` is false for every `x`, and `x != np.nan` true.
No error says so; the filter selects no row, or all of them.

## Flagged

```notebook
# %%
import numpy as np
import pandas as pd
df = pd.DataFrame({"a": [1.0, np.nan]})
df[df["a"] == np.nan]  #! NBP709
df[df["a"] != np.nan]  #! NBP709
```

```notebook
# %%
from numpy import nan
x = 1.0
if x == nan:  #! NBP709
    print("missing")
rows = [v for v in (1, 2) if v != float("nan")]  #! NBP709
```

```notebook
# %%
import math
import pandas as pd
df = pd.DataFrame({"t": [1.0]})
df.loc[df["t"].eq(math.nan), "t"] = 0  #! NBP709
df.query("t == @pd.NaT")  #! NBP709
```

## Fixed

```notebook
# %%
import numpy as np
import pandas as pd
df = pd.DataFrame({"a": [1.0, np.nan]})
df[pd.isna(df["a"])]
df[pd.notna(df["a"])]
```

## Clean

```notebook
# %%
import numpy as np
import pandas as pd
x = 1.0
print(np.nan == np.nan, x is np.nan, np.isnan(x), pd.isna(x), x != x)
nan = 3
print(x == nan)
```

## Fix safety

Unsafe: the comparison gives a different result, the one that was meant.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Fix, Severity
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, unsafe

_NANS = frozenset(
    """
    numpy.nan numpy.NaN numpy.NAN math.nan pandas.NaT pandas.NA pandas.np.nan cmath.nan
    numpy.double.nan torch.nan
    """.split()
)
_METHODS = {"eq": False, "ne": True}
_QUERY = lazy_pattern(
    r"(?:==|!=)\s*@?(?:np\.nan|numpy\.nan|pd\.(?:NaT|NA)|math\.nan|float\(['\"]nan['\"]\))"
)
_OPERATORS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_WORDS = ("nan", "NaN", "NAN", "NaT", ".NA")


@rule("NBP709", "nan-comparison", on=Notebook, severity=Severity.WARNING)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report comparisons with NaN as one of their sides."""
    for cell, node in facts.nodes_with((ast.Compare, ast.Call), *_WORDS):
        if isinstance(node, ast.Compare):
            found = _compared(node, facts)
            if found is not None:
                yield _diagnostic(node, cell, facts, *found)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _METHODS and len(node.args) == 1 and _is_nan(node.args[0], facts):
                yield _diagnostic(
                    node, cell, facts, node.func.value, node.args[0], _METHODS[node.func.attr]
                )
            elif node.func.attr in ("query", "eval") and _asks_for_nan(node):
                yield Diagnostic(
                    facts.span(cell, node),
                    "the condition compares with NaN, which equals nothing",
                    help='write `column.isna()`, with `engine="python"` in older versions',
                )


def _compared(node: ast.Compare, facts: Facts) -> tuple[ast.expr, ast.expr, bool] | None:
    """The other side, the NaN, and whether inequality is asked for."""
    if len(node.ops) != 1 or not isinstance(node.ops[0], _OPERATORS):
        return None
    left, right = node.left, node.comparators[0]
    negated = isinstance(node.ops[0], ast.NotEq)
    if _is_nan(right, facts) and _is_nan(left, facts):
        # To show that NaN equals nothing.
        return None
    if _is_nan(right, facts):
        return left, right, negated
    return (right, left, negated) if _is_nan(left, facts) else None


def _is_nan(node: ast.expr, facts: Facts) -> bool:
    if isinstance(node, ast.Call):
        text = node.args[0] if len(node.args) == 1 else None
        is_text = isinstance(text, ast.Constant) and str(text.value).lower().strip("+-") == "nan"
        return is_text and isinstance(node.func, ast.Name) and node.func.id == "float"
    return facts.qualified(node) in _NANS


def _asks_for_nan(node: ast.Call) -> bool:
    text = node.args[0] if node.args else None
    return isinstance(text, ast.Constant) and bool(_QUERY.search(str(text.value)))


def _diagnostic(
    node: ast.expr, cell: int, facts: Facts, other: ast.expr, nan: ast.expr, negated: bool
) -> Diagnostic:
    shown = facts.text(facts.span(cell, nan))
    return Diagnostic(
        facts.span(cell, node),
        f"comparison with `{shown}` is always {'true' if negated else 'false'}: NaN equals nothing",
        help=f"use `pd.{'notna' if negated else 'isna'}(...)`",
        fix=_asked(node, other, negated, cell, facts),
    )


def _asked(node: ast.expr, other: ast.expr, negated: bool, cell: int, facts: Facts) -> Fix | None:
    """A question for missing values, where pandas is imported under its usual name."""
    if facts.imported.get("pd") != "pandas":
        return None
    call = "pd.notna" if negated else "pd.isna"
    text = f"{call}({facts.text(facts.span(cell, other))})"
    return unsafe(f"Use `{call}`", Edit(facts.span(cell, node), text))
