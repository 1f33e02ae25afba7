"""Reports execution counts of more than one session.

## Why

Two cells have the same count, so the kernel was restarted in between and only some cells were run
again. A warning where two such cells show the same variable, and not the same value. At the level
`production` also where a saved output was computed from a value of a cell with the same count,
which is of another session, and where both cells have outputs. Where no output is concerned, it is
reported only where the rule is selected by name.

## Flagged

```notebook
# %% [1]
a = 1
# %% [2]
b = a
# %% [1]
c = 2  #! NBP107
```

```notebook
# %% [1]
import pandas as pd
# %% [2]
sales = pd.read_csv("sales.csv").sum()
sales
#> 98
# %% [3]
best = 3
# %% [2]
sales  #! NBP107
#> 99
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

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.types import Use
from nbprod.model import CellEdit, Diagnostic, Label
from nbprod.notebook.types import Cell, Notebook
from nbprod.rule import rule, safe, whole_cell

_HELP = "restart the kernel and run all cells, or clear the execution counts"
# Run again, these give what they gave before.
_STEADY = ("import", "star-import", "function", "class", "type-alias", "unbound")


@rule("NBP107", "mixed-sessions", on=Notebook, predicts="stale-output")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the first output that another session's value went into, else the first twin."""
    if not facts.execution.repeated:
        return
    clear = [
        CellEdit("clear-count", cell.index)
        for cell in notebook.cells
        if cell.execution_count is not None
    ]
    fix = safe("Clear the execution counts", *clear)
    stale = _first_stale(facts)
    if stale is not None:
        use, made = stale
        yield Diagnostic(
            use.span,
            f"`{use.name}` is of another session than the output here: "
            f"cells {made.number} and {use.cell + 1} both ran as In[{made.execution_count}]",
            symbol=use.name,
            labels=(Label(whole_cell(made), f"`{use.name}` is defined here"),),
            help=_HELP,
            fix=fix,
            minor=not _is_another(use, made, facts),
        )
        return
    cell = facts.cell(facts.execution.repeated[0])
    twin = next(
        one
        for one in notebook.cells
        if one.execution_count == cell.execution_count and one is not cell and one.source.strip()
    )
    yield Diagnostic(
        whole_cell(cell),
        f"cells {twin.number} and {cell.number} both ran as In[{cell.execution_count}]: "
        "the saved outputs are from different sessions",
        labels=(Label(whole_cell(twin), f"also In[{cell.execution_count}]"),),
        help=_HELP,
        fix=fix,
        minor=True,
        # A cell that shows nothing may have been split, copied or run alone: nothing is stale.
        on_request=not (cell.outputs and twin.outputs),
    )


def _is_another(use: Use, made: Cell, facts: Facts) -> bool:
    """Whether both cells show the variable at their ends, and their outputs differ."""
    here = _shown(use.name, facts.cell(use.cell), facts)
    there = _shown(use.name, made, facts)
    return here is not None and there is not None and here != there


def _shown(name: str, cell: Cell, facts: Facts) -> str | None:
    """The saved text of a variable that is the last line of a cell."""
    parsed = facts.parsed[cell.index]
    body = parsed.tree.body if parsed is not None and parsed.tree is not None else []
    last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    if not isinstance(last, ast.Name) or last.id != name:
        return None
    for output in cell.outputs:
        data = output.get("data")
        text = data.get("text/plain") if isinstance(data, dict) else None
        if output.get("output_type") == "execute_result" and text:
            return "".join(text) if isinstance(text, list) else str(text)
    return None


def _first_stale(facts: Facts) -> tuple[Use, Cell] | None:
    """The first read with a saved output whose value was made, as saved, only later.

    Two cells of one count ran in two sessions. A higher count may be that of a later run in the
    same one, which proves nothing.
    """
    counts = facts.execution.counts
    for index in sorted(facts.flow.order):
        count = counts.get(index)
        if index not in facts.execution.repeated or not facts.cell(index).outputs:
            continue
        for use in facts.flow.uses_by_node(index).values():
            made = {definition.cell for definition in (*use.definitions, *use.mutations)}
            steady = all(found.binding.kind in _STEADY for found in use.definitions)
            if steady or use.span.cell != index or len(use.definitions) != 1:
                continue
            source = max(made)
            if source < index and counts.get(source) == count:
                return use, facts.cell(source)
    return None
