"""A function that rebinds a notebook variable.

## Why

The call changes the notebook behind the reader's back: no cell shows the assignment, and the order
of calls decides the value. Return it instead.

## Flagged

```notebook
# %%
def load():
    global frame
    frame = [1, 2]  #! NBP203
# %%
load()
```

## Clean

```notebook
# %%
def load():
    frame = [1, 2]
    return frame
# %%
frame = load()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP203", "global-write-in-function", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report stores of names that a function declares global."""
    for function in facts.flow.functions:
        for name, spans in function.writes.items():
            yield Diagnostic(
                spans[0],
                f"`{function.name}` reassigns global `{name}`",
                symbol=name,
                help=f"return the value and assign it at the call of `{function.name}`",
            )
