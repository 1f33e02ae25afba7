"""Reports imports of modules that cannot be installed.

## Why

The import fails wherever the notebook is run next. Reported is only what can be decided without the
notebook's environment: modules that its Python's standard library has no more, slips in well-known
names, relative imports (a notebook is in no package), and `utils` or `helpers` whose file is
neither beside the notebook nor above it. A name that nbprod does not know may well be a
distribution, and is never reported. What is declared or installed, and imports in a `try`, are no
matter. What a distribution could still bring (a module that left the standard library lately, a
`utils` of somebody's) is only possible, and shown when the rule is selected by name.

## Flagged

```notebook
#: python 3.8
# %%
import cPickle  #! NBP507
```

```notebook
#: python 3.12
# %%
import imp  #! NBP507?
from distutils.dir_util import copy_tree  #! NBP507?
```

```notebook
# %%
import matplotlb.pyplot as plt  #! NBP507
from sklaern.svm import SVC  #! NBP507
import Pandas as pd  #! NBP507
import scikit_learn  #! NBP507
```

```notebook
# %%
from .cleaning import clean  #! NBP507
from utils import load  #! NBP507?
import numpy as np, helpers  #! NBP507?
```

## Clean

```notebook
#: python 3.11
# %%
import imp
import numpy as np
import ngboost
import uarray
import company_internal_thing
try:
    import cPickle as pickle
except ImportError:
    import pickle
```

```notebook
#: python 3.12
# %%
%pip install setuptools utils
# %%
import distutils
from utils import load
```

```notebook
# %%
import sys
sys.path.append("../code")
from helpers import load
```

```notebook
# %%
%%writefile utils.py
def load(): ...
# %%
from utils import load
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.environment.imports import installed_names
from nbprod.facts import Facts
from nbprod.libraries.distributions import normalised
from nbprod.libraries.unavailable import file_names, is_local_word, meant_by, removal_of
from nbprod.model import Certainty, Diagnostic
from nbprod.rule import NodeInCell, rule
from nbprod.rules.local_modules import brings_files
from nbprod.syntax.types import ParsedCell


class _Wanted(NamedTuple):
    """A module that is imported, and what is from it."""

    module: str
    names: tuple[str, ...] = ()


class _Fault(NamedTuple):
    """What is wrong with an import, what to do, and whether nothing could provide the module."""

    message: str
    help: str
    certain: bool


@rule(
    "NBP507",
    "missing-module",
    on=(ast.Import, ast.ImportFrom),
    level="production",
    family="distributions",
)
def check(subject: NodeInCell[ast.Import | ast.ImportFrom], facts: Facts) -> Iterator[Diagnostic]:
    """Report imports that can only fail."""
    node, cell = subject.node, subject.cell
    found = [(wanted.module, fault) for wanted in _wanted(node) if (fault := _fault(wanted, facts))]
    if not found or _is_guarded(node, subject.parsed):
        return
    for module, fault in found:
        certainty = Certainty.CERTAIN if fault.certain else Certainty.POSSIBLE
        span = facts.span(cell, node)
        yield Diagnostic(span, fault.message, certainty, symbol=module or None, help=fault.help)


def _wanted(node: ast.AST) -> list[_Wanted]:
    if isinstance(node, ast.Import):
        return [_Wanted(alias.name) for alias in node.names]
    assert isinstance(node, ast.ImportFrom)
    module = "" if node.level else node.module or ""
    return [_Wanted(module, tuple(alias.name for alias in node.names))]


def _fault(wanted: _Wanted, facts: Facts) -> _Fault | None:
    """What is wrong with an import; None where that cannot be decided."""
    top = wanted.module.partition(".")[0]
    if not top:
        if facts.notebook.format == "percent" and "jupytext" not in facts.notebook.metadata:
            # A script with cell markers may be a module of its package.
            return None
        return _Fault(
            "relative import fails: a notebook is not in a package",
            "import the module by its full name",
            certain=True,
        )
    removal = removal_of(top, facts.notebook.python_version)
    meant = meant_by(top)
    if not (removal or meant or is_local_word(top)) or _is_provided(wanted, facts):
        return None
    if removal is not None:
        version = ".".join(map(str, facts.notebook.python_version or removal.since))
        instead = "" if removal.instead == "-" else f"`{removal.instead}` replaces it"
        return _Fault(
            f"Python {version}, which the notebook ran on, has no module `{top}`",
            instead or "declare a distribution that provides it, or stop using it",
            certain=removal.since == (3, 0),
        )
    if meant is not None:
        message = f"no module named `{top}`; did you mean `{meant}`?"
        return _Fault(message, f"import `{meant}`", certain=True)
    if _may_be_brought(top, facts):
        return None
    return _Fault(
        f"`{top}` is not in the directory of the notebook or above it",
        "commit its file, or declare the distribution that provides it",
        certain=False,
    )


def _is_provided(wanted: _Wanted, facts: Facts) -> bool:
    """Whether something declares or installs the module, or a file is it."""
    top = wanted.module.partition(".")[0]
    named = {normalised(top), *(("setuptools",) if top == "distutils" else ())}
    known = (facts.declared or frozenset()) | installed_names(facts)
    if named & known:
        return True
    read = facts.options.read_file
    return any(read(path) is not None for path in file_names(wanted.module, wanted.names))


def _may_be_brought(top: str, facts: Facts) -> bool:
    """Whether the notebook gets the file from somewhere, or speaks of it."""
    named = re.compile(rf"\b{re.escape(top)}\.py\b")
    return facts.shared(brings_files) or any(
        named.search(cell.source) for cell in facts.notebook.cells
    )


def _is_guarded(node: ast.AST, parsed: ParsedCell) -> bool:
    """Whether an import is in a `try`, or under a condition, that has something else for it."""
    return id(node) in parsed.inside(ast.Try, ast.If)
