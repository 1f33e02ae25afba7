"""A cell that was saved with an error.

## Why

The cell failed when it last ran, so what follows was made without it. Fix it, delete it, or, when
the error is the point, tag the cell `raises-exception` so that a run of all cells goes on.

## Flagged

```notebook
# %% [1]
1 / 0  #! NBP112
#>! ZeroDivisionError: division by zero
```

## Clean

```notebook
# %% [1] tags=raises-exception
1 / 0
#>! ZeroDivisionError: division by zero
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Cell
from nbprod.rule import rule, whole_cell


@rule("NBP112", "saved-error-output", on=Cell)
def check(cell: Cell, facts: Facts) -> Iterator[Diagnostic]:
    """Report cells whose outputs hold an error."""
    if not cell.is_python or "raises-exception" in cell.tags:
        return
    for output in cell.outputs:
        if output.get("output_type") == "error" and output.get("ename") != "KeyboardInterrupt":
            name = str(output.get("ename") or "an error")
            value = str(output.get("evalue") or "").split("\n")[0][:80]
            yield Diagnostic(
                whole_cell(cell),
                f"saved with {name}" + (f": {value}" if value else ""),
                help="fix it, or tag the cell `raises-exception` if the error is the point",
            )
            return
