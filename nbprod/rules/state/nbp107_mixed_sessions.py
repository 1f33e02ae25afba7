"""Execution counts of more than one session.

## Why

Two cells bear the same count, so the kernel was restarted in between and only some cells were run
again. The outputs come from different sessions and need not fit together.

## Flagged

```notebook
# %% [1]
a = 1
# %% [2]
b = a
# %% [1]
c = 2  #! NBP107
```

## Fixed

```notebook
# %%
a = 1
# %%
b = a
# %%
c = 2
```

## Clean

```notebook
# %% [4]
a = 1
# %% [7]
b = a
```

```notebook
# %% [0]
a = 1
# %% [0]
b = a
```

```notebook
# %% [1]
a = 1
# %% [1]
print(a)
#>> 1
```

## Fix safety

Safe: it clears the counts, which have no meaning any more. Code and outputs stay.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import CellEdit, Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, safe, whole_cell


@rule("NBP107", "mixed-sessions", on=Notebook, predicts="stale-output")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the first cell whose count an earlier cell has."""
    if not facts.execution.repeated:
        return
    index = facts.execution.repeated[0]
    cell = facts.cell(index)
    twin = next(
        one
        for one in notebook.cells
        if one.execution_count == cell.execution_count and one.index != index and one.source.strip()
    )
    clear = [
        CellEdit("clear-count", cell.index)
        for cell in notebook.cells
        if cell.execution_count is not None
    ]
    yield Diagnostic(
        whole_cell(cell),
        f"cells {twin.number} and {cell.number} both ran as In[{cell.execution_count}]: "
        "the saved outputs are from different sessions",
        labels=(Label(whole_cell(twin), f"also In[{cell.execution_count}]"),),
        help="restart the kernel and run all cells, or clear the execution counts",
        fix=safe("Clear the execution counts", *clear),
    )
