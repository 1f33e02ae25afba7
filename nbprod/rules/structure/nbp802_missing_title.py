"""Reports notebooks without a title.

## Why

The file's name is all that a colleague has to go by. A heading and a sentence say what question the
notebook answers and what it needs.

## Flagged

```notebook
# %%
a = 1  #! NBP802
# %%
b = a + 1
# %%
c = b + 1
# %%
d = c + 1
# %%
print(d)
```

## Clean

```notebook
# %% [markdown]
# Churn in the first month

How many customers leave before they order twice.
# %%
a = 1
# %%
b = a + 1
# %%
c = b + 1
# %%
d = c + 1
# %%
print(d)
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, whole_cell

# Smaller ones are a thought, not a document.
_LEAST = 5
_TITLE = lazy_pattern(r"^\s*#{1,6}\s*\S|<h[1-6]|^[^\n]+\n(?:=+|-+)\s*$", re.MULTILINE)


@rule("NBP802", "missing-title", on=Notebook, severity=Severity.INFO, default=False)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report notebooks of several cells without any heading."""
    code = [cell for cell in notebook.cells if cell.is_python and cell.source.strip()]
    if len(code) < _LEAST:
        return
    notes = (cell.source for cell in notebook.cells if cell.kind == "markdown")
    first = code[0].source.lstrip()
    titled = first.startswith(("#@title", "# @title", '"""', "'''", "# #"))
    if not titled and not any(_TITLE.search(note) for note in notes):
        yield Diagnostic(
            whole_cell(code[0]),
            "notebook has no title",
            help="add a Markdown cell with a title and a summary at the top",
        )
