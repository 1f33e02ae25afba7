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

```notebook
#: lectures/Volatility/notebook.ipynb
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
_NO_SUBJECTS = frozenset(
    ". .. notebooks notebook src code work home desktop downloads documents tmp".split()
)
_COPY = lazy_pattern(r"copy of .+|.+-copy\d*\Z|.+ ?\(\d+\)\Z|.+[_\- ]copy\d*\Z", re.IGNORECASE)


@rule("NBP810", "unnamed-notebook", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report names that Jupyter, Colab and file managers give."""
    *folders, name = re.split(r"[/\\]", notebook.path)
    stem = name.rpartition(".")[0] or name
    if not notebook.cells:
        return
    if stem.lower() == "notebook" and folders and folders[-1].lower() not in _NO_SUBJECTS:
        # `lectures/Volatility/notebook.ipynb`: the directory names the subject.
        return
    if _UNNAMED.fullmatch(stem):
        said, advice = "does not describe its content", "name the file after its subject"
    elif _COPY.fullmatch(stem):
        said, advice = (
            "is named as a copy of another",
            "delete one of the two, or name the difference",
        )
    else:
        said = advice = ""
    if said:
        first = next((cell for cell in notebook.cells if cell.source.strip()), None)
        yield Diagnostic(
            whole_cell(first) if first is not None else Span(0, 0, 0),
            f"`{name}` {said}",
            help=advice,
        )
