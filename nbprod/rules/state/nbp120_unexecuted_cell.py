"""
Reports cells that were never run between cells that were.

## Why

The cells above and below have run, this one has not: nobody knows whether it works, and what the
cells below show was computed without it. Restart and Run All also runs it. Reported when the cells
around it ran one after the other and are saved with what they gave. A cell that would fail, for a
name that is not there, has a finding of its own or only shows how code looks. A last cell without a
count is work in progress, and a cell that only defines functions or imports is not reported.

## Flagged

```notebook
# %% [1]
a = 1
print(a)
# %%
b = a / 2  #! NBP120
print(b)
# %% [2]
c = 3
print(c)
```

```notebook
# %% [4]
rows = [1, 2, 3]
# %%
rows.pop()  #! NBP120
# %% [5]
print(len(rows))
#>> 3
```

## Clean

```notebook
# %% [1]
a = 1
# %% [2]
print(a)
# %%
b = a / 0
```

```notebook
# %% [1]
a = 1
# %%
mean, spread = encoder(pictures)
# %% [2]
print(a)
```

```notebook
# %% [1]
a = 1
# %%
# a note to myself
# %% [2]
print(a)
# %%
!ls
# %%
print(a)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, whole_cell

_HARMLESS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
    ast.Pass,
)
_MOST = 3


@rule("NBP120", "unexecuted-cell", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report cells without a count whose neighbors ran directly one after the other."""
    execution = facts.execution
    if execution.is_disordered or execution.repeated:
        return
    # A cell that a run of all cells would fail at is a sketch, or has a finding of its own.
    failing = {failure.cell for failure in facts.flow.failures if failure.certain}
    missing = [
        index
        for index in execution.unexecuted
        if index not in failing and _does_something(index, facts)
    ]
    for index in missing:
        before = [cell for cell in execution.order if cell < index]
        after = [cell for cell in execution.order if cell > index]
        if not before or not after:
            continue
        first, second = notebook.cells[max(before)], notebook.cells[min(after)]
        between = [other for other in missing if first.index < other < second.index]
        counts = (first.execution_count or 0, second.execution_count or 0)
        if len(between) > _MOST or counts[1] - counts[0] != 1 or notebook.cells[index].outputs:
            continue
        yield Diagnostic(
            whole_cell(notebook.cells[index]),
            f"never run, unlike {facts.say(first.index)} and {facts.say(second.index)} around it",
            help="run all cells again, or delete this one",
        )


def _does_something(index: int, facts: Facts) -> bool:
    parsed = facts.parsed[index]
    if parsed is None or parsed.tree is None or facts.is_parameters(index):
        return False
    return any(not isinstance(statement, _HARMLESS) for statement in parsed.tree.body)
