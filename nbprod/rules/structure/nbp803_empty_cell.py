"""An empty cell between others.

## Why

It says nothing, and it stands in every diff. The last cell of a notebook is often empty; that one
is no matter.

## Flagged

```notebook
# %%
a = 1
# %%

#^ NBP803
# %%
print(a)
```

## Clean

```notebook
# %%
a = 1
# %%
print(a)
# %%
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP803", "empty-cell", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report code cells without any code above the last one that has some."""
    code = [cell for cell in notebook.cells if cell.is_python]
    last = max((cell.index for cell in code if cell.source.strip()), default=-1)
    for cell in code:
        if not cell.source.strip() and cell.index < last:
            yield Diagnostic(Span(cell.index, 0, 0), "an empty cell", help="delete it")
