"""Reports file names that do not describe the notebook.

## Why

`Untitled3.ipynb` and `analysis-Copy1.ipynb` are found by nobody, and nobody knows which copy is
the one.

## Flagged

```notebook
#: Untitled3.ipynb
# %%
print(1)  #! NBP810
```

## Clean

```notebook
# %%
print(1)
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, whole_cell

_UNNAMED = lazy_pattern(
    r"(?:untitled|new notebook|notebook|unbenannt)[\s_\-]*\d*(?: ?\(\d+\)|[_\- ]copy\d*)?\Z",
    re.IGNORECASE,
)
_COPY = lazy_pattern(r"copy of .+|.+-copy\d*\Z|.+ ?\(\d+\)\Z|.+[_\- ]copy\d*\Z", re.IGNORECASE)


@rule("NBP810", "unnamed-notebook", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report names that Jupyter, Colab and file managers give."""
    name = re.split(r"[/\\]", notebook.path)[-1]
    stem = name.rpartition(".")[0] or name
    if not notebook.cells:
        return
    if _UNNAMED.fullmatch(stem):
        said, advice = "does not describe its content", "name the file after its subject"
    elif _COPY.fullmatch(stem):
        said, advice = "is named as a copy of another", "delete one of the two, or say what differs"
    else:
        said = advice = ""
    if said:
        first = next((cell for cell in notebook.cells if cell.source.strip()), None)
        yield Diagnostic(
            whole_cell(first) if first is not None else Span(0, 0, 0),
            f"`{name}` {said}",
            help=advice,
        )
