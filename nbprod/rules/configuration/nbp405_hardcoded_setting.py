"""A hyperparameter, date or address as a literal in a call.

## Why

What is tried out belongs in one place: a cell of parameters, which papermill and schedulers can
set. In the middle of a call it is found by nobody and changed in one of its three copies.

## Flagged

```notebook
# %%
from sklearn.ensemble import RandomForestClassifier
model = RandomForestClassifier(n_estimators=300, max_depth=6)  #! NBP405
```

```notebook
# %% tags=parameters
trees = 100
# %%
from sklearn.ensemble import RandomForestClassifier
model = RandomForestClassifier(max_depth=6)  #! NBP405
```

## Fixed

```notebook
# %% tags=parameters
n_estimators = 300
max_depth = 6
# %%
from sklearn.ensemble import RandomForestClassifier
model = RandomForestClassifier(n_estimators=n_estimators, max_depth=max_depth)
```

```notebook
# %% tags=parameters
trees = 100
max_depth = 6
# %%
from sklearn.ensemble import RandomForestClassifier
model = RandomForestClassifier(max_depth=max_depth)
```

## Clean

```notebook
# %% tags=parameters
trees = 100
# %%
from sklearn.ensemble import RandomForestClassifier
model = RandomForestClassifier(n_estimators=trees, random_state=0, n_jobs=-1)
print(round(2.5, ndigits=1))
```

## Fix safety

Unsafe: the literal moves to the first cell that is tagged `parameters`, under the name of its
keyword; where calls differ in it, or the name is taken, under one with what the call is assigned
to. A notebook without such a cell gets one below the cells that only import, in `.ipynb` files and
percent scripts. Left alone are functions with decorators, which may run elsewhere, and notebooks
that bring unknown names in further down. The new cell has not run: run the notebook again, so that
its saved results are those of its code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.lifting import Literal
from nbprod.model import Diagnostic, Severity
from nbprod.rule import NodeInCell, rule
from nbprod.settings_words import HYPERPARAMETERS

# How a run goes and not what comes out of it; a seed is a constant that nobody tries values of.
_NO_SETTINGS = frozenset("n_jobs verbose random_state seed size bootstrap".split())
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:]+)?\Z")


@rule("NBP405", "hardcoded-setting", on=(ast.Call,), level="production", severity=Severity.INFO)
def check(subject: NodeInCell, facts: Facts) -> Iterator[Diagnostic]:
    """Report calls with settings as literals; one finding for a call."""
    node = subject.node
    assert isinstance(node, ast.Call)
    cell = subject.parsed.cell.index
    found = [one for one in node.keywords if _is_setting(one)]
    if not found or facts.is_parameters(cell):
        return
    listed = ", ".join(f"`{one.arg}={ast.unparse(one.value)}`" for one in found[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    refusal = facts.lifting.refusal
    yield Diagnostic(
        facts.span(cell, found[0].value),
        f"{listed}{more}: a setting as a literal in a call",
        symbol=found[0].arg,
        help="bind it in the cell of parameters (tag it `parameters`)"
        + (f"; {refusal}" if refusal else ""),
        fix=facts.lifting.fix(node, cell, [Literal(one.value, str(one.arg)) for one in found]),
    )


def _is_setting(keyword: ast.keyword) -> bool:
    value = keyword.value
    if isinstance(value, ast.UnaryOp):
        value = value.operand
    if not isinstance(value, ast.Constant) or keyword.arg is None:
        return False
    if isinstance(value.value, str):
        return keyword.arg.endswith(("date", "start", "end")) and bool(_DATE.match(value.value))
    return (
        isinstance(value.value, (int, float))
        and not isinstance(value.value, bool)
        and keyword.arg in HYPERPARAMETERS
        and keyword.arg not in _NO_SETTINGS
    )
