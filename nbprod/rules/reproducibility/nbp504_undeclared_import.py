"""An import that no file of the project declares.

## Why

On a fresh machine the installation succeeds and the notebook fails. Only judged where the project
declares anything: `requirements*.txt`, `pyproject.toml`, `setup.cfg`, `environment.yml` or
`Pipfile` above the notebook. What a cell installs itself is declared there; modules beside the
notebook and imports in a `try` are no matter.

## Flagged

```notebook
#: declares pandas, scikit-learn
# %%
import pandas as pd
from sklearn.svm import SVC
import seaborn as sns  #! NBP504
```

## Clean

```notebook
#: declares pandas, scikit-learn, opencv-python
# %%
%pip install seaborn
# %%
import json
import cv2
import pandas as pd
from sklearn.svm import SVC
import seaborn as sns
try:
    import cupy
except ImportError:
    cupy = None
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.environment.distributions import distribution_of, normalised
from nbprod.environment.imports import imported_modules, installed_pins
from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP504", "undeclared-import", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report imports of distributions that are declared nowhere, each once."""
    declared = facts.options.declared
    if declared is None:
        return
    here = {normalised(name) for name in installed_pins(facts)}
    seen: set[str] = set()
    for one in imported_modules(facts):
        top = one.module.partition(".")[0]
        name = distribution_of(one.module)
        known = {normalised(name), normalised(top)}
        if top in seen or known & (declared | here) or _is_beside(top, facts):
            continue
        if any(other.startswith(f"{normalised(top)}-") for other in declared | here):
            # A part of a family: `google`, `azure`, `langchain`.
            continue
        seen.add(top)
        yield Diagnostic(
            facts.span(one.cell, one.node),
            f"no file of the project declares `{name}`",
            symbol=top,
            help="add it to the requirements; `nbprod requirements` writes them",
        )


def _is_beside(top: str, facts: Facts) -> bool:
    """Whether a module or package of that name lies beside the notebook."""
    read = facts.options.read_file
    return any(read(path) is not None for path in (f"{top}.py", f"{top}/__init__.py"))
