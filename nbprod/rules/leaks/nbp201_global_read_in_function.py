"""Reports functions that read a global which changes after the definition.

## Why

The result of the call depends on when it is made. The function cannot be moved to a module, tested
alone, or trusted after a cell is run again. A warning where the variable gets another constant
between two calls; at the level `production` also where it is not known to be another value, and
where a call would have to be made again to meet the change. A function that only a library calls,
such as that of `FuncAnimation`, is reported only where the rule is selected by name.

## Flagged

```notebook
# %%
rate = 0.2
# %%
def net(x):
    return x * (1 - rate)  #! NBP201
# %%
net(100)
# %%
rate = 0.3
net(200)
```

```notebook
# %%
season = "winter"
# %%
def days(rows, chosen="winter"):
    return [row for row in rows if row == season]  #! NBP201
# %%
days(["winter"], chosen=season)
# %%
season = "summer"
days(["winter"], chosen=season)
```

## Fixed

```notebook
# %%
rate = 0.2
# %%
def net(x, rate):
    return x * (1 - rate)
# %%
net(100, rate=rate)
# %%
rate = 0.3
net(200, rate=rate)
```

```notebook
# %%
season = "winter"
# %%
def days(rows, chosen="winter"):
    return [row for row in rows if row == chosen]
# %%
days(["winter"], chosen=season)
# %%
season = "summer"
days(["winter"], chosen=season)
```

## Clean

```notebook
# %%
rate = 2
def net(x):
    return x * rate
# %%
rate = 2
print(net(1))
```

```notebook
# %%
import pandas as pd
df = pd.read_csv("x.csv")
df["n"] = df["s"].map(lambda x: df["s"].max())
df = df.dropna()
```

```notebook
# %%
import math
RATE = 0.2
def net(x):
    return math.floor(x * (1 - RATE))
# %%
def gross(x, rate):
    return x * rate
rate = 1
rate = 2
```

```notebook
# %%
factor = 2
def scaled(x):
    return x * factor
print(scaled(1))
# %%
factor = 3
def scaled(x):
    return x * factor
print(scaled(2))
```

## Fix safety

Unsafe: the name becomes a parameter and every call in the notebook passes it; a function that calls
it gets the parameter as well. Callers outside the notebook would also have to pass it. A parameter
to which every call gives the variable already is used instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.rules.callbacks import registered
from nbprod.rules.globals import (
    Alteration,
    GlobalRead,
    becomes_another,
    is_used_up,
    iter_global_reads,
)
from nbprod.rules.grouped import once_for_each
from nbprod.rules.passed_globals import how_to_pass
from nbprod.rules.practice_data import is_taught

_MOST_LABELS = 6
# A lesson on variables of functions shows what becomes of those outside.
_ON_GLOBALS = lazy_pattern(r"\bglobals?\b|\bscop(?:es?|ing)\b", re.IGNORECASE)


@rule("NBP201", "global-read-in-function", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report variables that functions read and cells change, once each with all readers.

    Where no call precedes or none follows the change, it is only what another call would meet; and
    a figure that each caller makes anew is what the function is meant to read.
    """
    found: dict[str, list[tuple[GlobalRead, Alteration]]] = {}
    idle: dict[str, list[tuple[GlobalRead, Alteration]]] = {}
    for leak in iter_global_reads(facts):
        change = leak.change
        if change is not None and not is_used_up(leak.function, change.span, facts):
            calls = leak.function.calls
            # Two calls give two results only where the change comes between them.
            met = bool(calls) and min(calls) < change.span.cell <= max(calls)
            met = met and becomes_another(leak.name, change.span, facts)
            (found if met else idle).setdefault(leak.name, []).append((leak, change))
    for leaks in found.values():
        taught = all(is_taught(_ON_GLOBALS, leak.read.cell, facts) for leak, _ in leaks)
        kept = all(leak.function.name in registered(facts) for leak, _ in leaks)
        yield _diagnostic(leaks, facts, minor=taught)._replace(on_request=taught or kept)
    for name, leaks in idle.items():
        if name not in found and all(leak.function.name in registered(facts) for leak, _ in leaks):
            yield _diagnostic(leaks, facts, minor=True)._replace(on_request=True)
    # What only another call would meet is one finding for a notebook.
    yield from once_for_each(
        (
            _diagnostic(leaks, facts, minor=True)._replace(on_request=not _is_called(leaks))
            for name, leaks in idle.items()
            if name not in found
            if not all(leak.function.name in registered(facts) for leak, _ in leaks)
        ),
        key=lambda _: None,
        label=lambda diagnostic: diagnostic.message,
    )


def _is_called(leaks: list[tuple[GlobalRead, Alteration]]) -> bool:
    """Whether a call meets the changed value, though perhaps not another one than before."""
    return any(call >= change.span.cell for leak, change in leaks for call in leak.function.calls)


def _diagnostic(
    leaks: list[tuple[GlobalRead, Alteration]], facts: Facts, *, minor: bool
) -> Diagnostic:
    from nbprod.fixing.add_parameter import as_parameters

    (leak, (span, how)), *others = leaks
    readers = [reader for reader, _ in others[:_MOST_LABELS]]
    return Diagnostic(
        leak.read,
        f"`{leak.function.name}` reads global `{leak.name}`, "
        f"which is {how} in cell {span.cell + 1}",
        symbol=leak.name,
        labels=(
            Label(span, f"`{leak.name}` is {how} here"),
            *(
                Label(reader.read, f"`{reader.function.name}` reads it as well", again=True)
                for reader in readers
            ),
        ),
        help=how_to_pass([leak.name], leak.function, facts),
        fix=as_parameters(leak.function, [leak.name], facts),
        minor=minor,
    )
