"""Reports imports that the project does not declare.

## Why

On a fresh machine the installation succeeds and the notebook fails. Only judged where the project
declares anything: `requirements*.txt`, `pyproject.toml`, `setup.cfg`, `environment.yml` or
`Pipfile` above the notebook; those of a part of the repository and of its root count alike. What a
cell installs itself is declared there; modules beside the notebook, those that a cell writes or has
looked for elsewhere, names that people give to their own files (`config`, `plot_utils`), what a
declared distribution always brings (`numpy` by `pandas`, `shapely` by `geopandas`) and imports in a
`try` are not reported. An address declares the name after `#egg=`, or else that of its repository:
`pymc` of `git+https://github.com/pymc-devs/pymc.git@main`. So do the packages that the repository
has the source of, with what their `setup.py`, `setup.cfg` or `pyproject.toml` asks for. Names of
conda and of other builds count as what they bring: `pytorch` is `torch`, `matplotlib-base` is
`matplotlib`.

## Flagged

```notebook
#: declares pandas, scikit-learn
# %%
import pandas as pd
from sklearn.svm import SVC
import seaborn as sns  #! NBP504
import polars
```

```notebook
#: declares pandas
# %%
import os
import sys
sys.path.append(os.path.join("..", "code"))
import forecasting
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

```notebook
#: declares pandas
# %%
%pip install -q "plotly>=5" \\
    rich
# %%
%%writefile shop/prices.py
RATE = 1
# %%
import plotly
import rich
from shop import prices
import shop_pb2
```

```notebook
#: declares pandas, seaborn
# %%
import numpy as np
from dateutil import parser
import PIL.Image
```

```notebook
#: declares geopandas, seaborn
# %%
%pip install git+https://github.com/pymc-devs/pymc.git@main
# %%
from shapely.geometry import Point
import pymc
import scipy
```

```notebook
#: declares pandas
# %%
from config import RATE
import plot_utils
from helper_functions import load
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.environment.imports import Imported, imported_modules, installed_names
from nbprod.facts import Facts
from nbprod.libraries.distributions import bringers_of, distribution_of, normalised
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.failures import listed
from nbprod.rules.local_modules import is_file_of_the_project, may_be_a_file


@rule("NBP504", "undeclared-import", on=Notebook, level="production", family="distributions")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report imports of distributions that are declared nowhere, once for a notebook."""
    missing = list(_undeclared(facts))
    if not missing:
        return
    places = {name: facts.span(imported.cell, imported.node) for name, imported in missing}
    first = missing[0]
    names = listed([f"`{name}`" for name in places])
    yield Diagnostic(
        places[first[0]],
        f"{names} {'is' if len(places) == 1 else 'are'} imported but not declared by the project",
        symbol=first[1].module.partition(".")[0],
        labels=tuple(
            Label(
                span,
                f"`{name}` is imported here",
                again=f"`{name}` is imported but not declared by the project",
                symbol=name,
            )
            for name, span in places.items()
            if name != first[0]
        ),
        help="add it to the requirements; `nbprod requirements` generates them",
    )


def _undeclared(facts: Facts) -> Iterator[tuple[str, Imported]]:
    """The distributions that no file declares, each with its first import."""
    declared = facts.declared
    if declared is None:
        return
    here = installed_names(facts)
    seen: set[str] = set()
    for imported in imported_modules(facts):
        top = imported.module.partition(".")[0]
        name = distribution_of(imported.module)
        known = {normalised(name), normalised(top)}
        if top in seen or known & (declared | here) or top.endswith("_pb2"):
            continue
        if may_be_a_file(imported.module, facts) or _is_local(imported, facts):
            continue
        if bringers_of(name) & (declared | here):
            continue
        if any(other.startswith(f"{normalised(top)}-") for other in declared | here):
            # A part of a family: `google`, `azure`, `langchain`.
            continue
        seen.add(top)
        yield name, imported


def _is_local(imported: Imported, facts: Facts) -> bool:
    """Whether a module, or what is imported from it, is a file of the project."""
    node = imported.node
    names = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
    return is_file_of_the_project(imported.module, names, facts)
