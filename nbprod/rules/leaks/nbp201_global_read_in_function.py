"""A function that reads a notebook variable which changes after the function is defined.

## Why

The result of the call depends on when it is made. The function cannot be moved to a module, tested
alone, or trusted after a cell is run again.

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
```

## Clean

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

Unsafe: the name becomes a parameter and every call in the notebook passes it. Callers outside the
notebook would have to pass it too.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.fixing.add_parameter import as_parameter
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.globals import iter_leaks


@rule("NBP201", "global-read-in-function", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report reads of variables that are rebound or mutated after the definition."""
    for leak in iter_leaks(facts):
        if leak.change is None:
            continue
        span, how = leak.change
        if leak.function.name == "<lambda>" and max(leak.function.calls, default=-1) < span.cell:
            # A lambda that is handed on and done with before the change.
            continue
        yield Diagnostic(
            leak.read,
            f"`{leak.function.name}` reads the notebook variable `{leak.name}`, "
            f"which is {how} in cell {span.cell + 1}",
            symbol=leak.name,
            labels=(Label(span, f"`{leak.name}` is {how} here"),),
            help=f"pass `{leak.name}` as a parameter",
            fix=as_parameter(leak.function, leak.name, facts),
        )
