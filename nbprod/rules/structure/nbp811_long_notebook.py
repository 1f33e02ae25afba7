"""Reports notebooks with too many code cells.

## Why

Nobody runs it as a whole, so nobody knows whether it runs. `max-cells` sets the limit.

## Flagged

```notebook
# %%
x = 0  #! NBP811
# %%
x = x + 1
#** 80
```

## Clean

```notebook
# %%
x = 0
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, whole_cell


@rule("NBP811", "long-notebook", on=Notebook, severity=Severity.INFO, default=False)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report notebooks with too many code cells, at the first of them."""
    code = [cell for cell in notebook.cells if cell.is_python and cell.source.strip()]
    if len(code) > facts.options.max_cells:
        yield Diagnostic(
            whole_cell(code[0]),
            f"{len(code)} code cells in one notebook",
            help="split it by subject, or extract steps: `nbprod extract`",
        )
