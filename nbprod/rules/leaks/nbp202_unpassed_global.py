"""A function that reads a notebook variable instead of a parameter.

## Why

The variable is bound once, so nothing goes wrong in the notebook; but the function cannot be moved
to a module or tested alone. Constants in capitals, imports, functions and classes are fine.

## Flagged

```notebook
# %%
table = open("table.csv").read()
# %%
def lookup(key):
    return table.find(key)  #! NBP202
# %%
lookup("a")
```

## Fixed

```notebook
# %%
table = open("table.csv").read()
# %%
def lookup(key, table):
    return table.find(key)
# %%
lookup("a", table=table)
```

## Clean

```notebook
# %%
TABLE = {"a": 1}
def lookup(key):
    return TABLE[key]
```

## Fix safety

Unsafe: the name becomes a parameter and every call in the notebook passes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.fixing.add_parameter import as_parameter
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.globals import iter_leaks


@rule("NBP202", "unpassed-global", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report reads of variables that are bound once and are no constants."""
    for leak in iter_leaks(facts):
        if leak.change is not None:
            continue
        yield Diagnostic(
            leak.read,
            f"`{leak.function.name}` reads global `{leak.name}`",
            symbol=leak.name,
            help=f"pass `{leak.name}` as a parameter",
            fix=as_parameter(leak.function, leak.name, facts),
        )
