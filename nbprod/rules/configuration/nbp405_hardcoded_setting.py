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
# %%
from sklearn.ensemble import RandomForestClassifier
model = RandomForestClassifier(n_estimators=300, max_depth=6)
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

Unsafe: the literal moves to the cell that is tagged `parameters`, under the name of its keyword. A
notebook without such a cell gets no fix: where it should stand is for a person to say.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Fix, Severity, Span
from nbprod.rule import NodeInCell, rule, unsafe
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
    yield Diagnostic(
        facts.span(cell, found[0].value),
        f"{listed}{more}: a setting as a literal in a call",
        symbol=found[0].arg,
        help="bind it in the cell of parameters (tag it `parameters`)",
        fix=_lifted(found, cell, facts),
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


def _lifted(found: list[ast.keyword], cell: int, facts: Facts) -> Fix | None:
    """Put the literals into the first cell of parameters that stands above."""
    place = next((index for index in range(cell) if facts.is_parameters(index)), None)
    names = [str(one.arg) for one in found]
    if place is None or any(name in facts.flow.definitions for name in names):
        return None
    source = facts.cell(place).source
    end = len(source.rstrip())
    lines = "".join(f"\n{one.arg} = {ast.unparse(one.value)}" for one in found)
    edits = [Edit(Span(place, end, end), lines)]
    edits += [Edit(facts.span(cell, one.value), str(one.arg)) for one in found]
    return unsafe("Move the setting to the cell of parameters", *edits)
