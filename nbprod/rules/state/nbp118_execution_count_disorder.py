"""Reports execution counts that do not rise from top to bottom.

## Why

As far as is known, the cells give the same values top to bottom: a reader has to work out whether
the order matters. Where it is known to matter, `harmful-execution-order` says so instead. This is
reported only when the rule is selected by its code or name.

## Flagged

```notebook
# %% [2]
a = 1
# %% [1]
b = 2  #! NBP118?
```

## Fixed

```notebook
# %%
a = 1
# %%
b = 2
```

## Clean

```notebook
# %% [1]
a = 1
# %% [5]
b = 2
```

## Fix safety

Safe: it clears the counts, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import CellEdit, Certainty, Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, safe, whole_cell
from nbprod.rules.file_reads import files_written_before


@rule("NBP118", "execution-count-disorder", on=Notebook, severity=Severity.INFO, default=False)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the first cell whose count is lower than one above it."""
    execution = facts.execution
    if not execution.is_disordered or execution.repeated or facts.order_changes:
        return
    if files_written_before(facts):
        return
    highest = -1
    for cell in notebook.cells:
        count = cell.execution_count
        if not count or not cell.is_python:
            continue
        if count < highest:
            clear = [
                CellEdit("clear-count", cell.index)
                for cell in notebook.cells
                if cell.execution_count is not None
            ]
            yield Diagnostic(
                whole_cell(cell),
                f"ran as In[{count}], before In[{highest}] above it",
                certainty=Certainty.POSSIBLE,
                help="run all cells again, or clear the execution counts",
                fix=safe("Clear the execution counts", *clear),
            )
            return
        highest = max(highest, count)
