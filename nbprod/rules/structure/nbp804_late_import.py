"""Reports imports in the middle of the notebook.

## Why

What a notebook needs is known when its first cell has run, or after an hour of training. At the
top, a missing package fails at once. The standard library, own modules and what is imported above
cannot be missing.

## Flagged

```notebook
# %%
import math
print(math.pi)
# %%
print(1)
# %%
import json
import seaborn  #! NBP804
print(json.dumps(1), seaborn.__version__)
```

## Clean

```notebook
# %%
%pip install rich
# %%
import math
# %%
# settings
import json
DEBUG = False
# %%
def chart():
    import matplotlib
    return matplotlib
print(math.pi, json.dumps(1))
```

```notebook
# %%
import os
import sys
assert sys.version_info >= (3, 9)
IN_COLAB = "google.colab" in sys.modules
if IN_COLAB:
    %pip install rich
os.environ["SHOP_MODE"] = "try"
# %%
import matplotlib.pyplot as plt
plt.rcParams["figure.figsize"] = (10, 5)
# %%
plt.plot([1, 2])
# %%
import os
from matplotlib import ticker
```
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.walk import walk

_IMPORTS = (ast.Import, ast.ImportFrom)
_QUIET = (*_IMPORTS, ast.FunctionDef, ast.ClassDef)

_ENVIRONMENT = frozenset("os sys Path pathlib platform IPython get_ipython".split())


@rule("NBP804", "late-import", on=Notebook, severity=Severity.INFO, default=False)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the first import below cells that have worked, and how many follow."""
    worked = False
    known: set[str] = set()
    late: list[tuple[int, ast.stmt]] = []
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None:
            continue
        for node in parsed.tree.body:
            if isinstance(node, _IMPORTS):
                packages = _packages(node)
                if worked and any(map(_may_be_missing, packages - known)):
                    late.append((parsed.cell.index, node))
                known |= packages
        worked = worked or not all(map(_is_quiet, parsed.tree.body))
    if late:
        cell, first = late[0]
        more = f", and {len(late) - 1} more" if len(late) > 1 else ""
        yield Diagnostic(
            facts.span(cell, first),
            f"`{ast.unparse(first)}`{more} imported below the first cells",
            labels=tuple(Label(facts.span(*one), "another one") for one in late[1:4]),
            help="move imports into the first cell",
        )


def _may_be_missing(package: str) -> bool:
    """Whether a package has to be installed: no module of Python's, and none of the project."""
    return not package.startswith(".") and package not in sys.stdlib_module_names


def _packages(node: ast.Import | ast.ImportFrom) -> set[str]:
    """The packages that have to be there for an import."""
    if isinstance(node, ast.ImportFrom):
        return {"." * node.level + (node.module or "").partition(".")[0]}
    return {alias.name.partition(".")[0] for alias in node.names}


def _is_quiet(node: ast.stmt) -> bool:
    """Whether a statement only imports, defines, sets constants up, tests versions or installs."""
    if isinstance(node, (*_QUIET, ast.Pass)):
        return True
    if isinstance(node, ast.Expr):
        # Magics are constants in a tree.
        return isinstance(node.value, ast.Constant) or _is_setting(node.value)
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return node.value is None or not any(
            isinstance(child, (ast.Call, ast.Await)) and not _is_environment(child)
            for child in walk(node.value)
        )
    if isinstance(node, ast.Assert):
        return "version" in ast.dump(node.test)
    if isinstance(node, (ast.If, ast.Try)):
        handlers = node.handlers if isinstance(node, ast.Try) else []
        parts = [node.body, node.orelse, *(handler.body for handler in handlers)]
        return all(_is_quiet(statement) for part in parts for statement in part)
    return False


def _is_setting(node: ast.expr) -> bool:
    """Whether a call sets a library up: `pd.set_option(...)`, `plt.style.use(...)`."""
    if not isinstance(node, ast.Call):
        return False
    is_print = isinstance(node.func, ast.Name) and node.func.id in ("print", "display")
    return not is_print and (not node.args or isinstance(node.args[0], ast.Constant))


def _is_environment(node: ast.AST) -> bool:
    """Whether a call asks where the notebook runs: `os.environ.get(...)`, `Path(...)`."""
    if not isinstance(node, ast.Call):
        return False
    root: ast.AST = node.func
    while isinstance(root, (ast.Attribute, ast.Call)):
        root = root.func if isinstance(root, ast.Call) else root.value
    return isinstance(root, ast.Name) and root.id in _ENVIRONMENT
