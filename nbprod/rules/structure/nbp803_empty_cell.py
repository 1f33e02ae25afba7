"""Reports empty cells between others.

## Why

It holds nothing, and it appears in every diff. The last cell of a notebook is often empty; that one
is not reported. All of a notebook are one finding.

## Flagged

```notebook
# %%
a = 1
# %%

#^ NBP803
# %% [markdown]
# %%

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
from nbprod.model import Diagnostic, Label, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP803", "empty-cell", on=Notebook, severity=Severity.INFO, default=False)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report cells without anything above the last one that has code, at the first of them."""
    code = [cell for cell in notebook.cells if cell.is_python and cell.source.strip()]
    last = code[-1].index if code else -1
    empty = [
        Span(cell.index, 0, 0)
        for cell in notebook.cells
        if (cell.is_python or cell.kind == "markdown")
        and not cell.source.strip()
        and not cell.attachments
        and cell.index < last
    ]
    if empty:
        yield Diagnostic(
            empty[0],
            "an empty cell" if len(empty) == 1 else f"{len(empty)} empty cells",
            labels=tuple(Label(span, "another one", again=True) for span in empty[1:6]),
            help="delete it" if len(empty) == 1 else "delete them",
        )
