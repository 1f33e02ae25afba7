"""
Reports names that released versions of a library have no more.

## Why

`load_boston`, `DataFrame.append`, `np.float`, `tf.Session`: the notebook ran with an old version,
and an environment that is made today has none of them. Versions that a cell installs, or that the
project declares, count: below the version of the removal nothing is reported. So does an import in
a `try`, which has something else to fall back on.

## Flagged

```notebook
# %%
from sklearn.datasets import load_boston  #! NBP508
import pandas as pd
df = pd.DataFrame({"a": [1]})
df = df.append({"a": 2}, ignore_index=True)  #! NBP508
print(df.ix[0])  #! NBP508
```

```notebook
# %%
import numpy as np
import tensorflow as tf
from sklearn.cross_validation import train_test_split  #! NBP508
x = np.zeros(3, dtype=np.float)  #! NBP508
with tf.Session() as session:  #! NBP508
    session.run(tf.global_variables_initializer())
```

```notebook
# %%
import matplotlib.pyplot as plt
plt.style.use("seaborn-whitegrid")  #! NBP508
plt.hist([1, 2], normed=True)  #! NBP508
```

## Clean

```notebook
# %%
%pip install pandas==1.5.3 numpy==1.23
# %%
import numpy as np
import pandas as pd
df = pd.DataFrame({"a": [1]})
df = df.append({"a": 2}, ignore_index=True)
print(np.float)
```

```notebook
#: python 3.7
# %%
import time
import tensorflow.compat.v1 as tf
import matplotlib.pyplot as plt
print(time.clock(), tf.Session())
rows = []
rows.append(1)
plt.style.use("seaborn-v0_8-whitegrid")
try:
    from sklearn.externals import joblib
except ImportError:
    import joblib
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.environment.constraints import allows_version
from nbprod.facts import Facts
from nbprod.libraries.distributions import distribution_of
from nbprod.libraries.removed import (
    Removed,
    removed_everywhere,
    removed_keyword,
    removed_method,
    removed_name,
    version_key,
)
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.frames import FrameNames

_NODES = (ast.Import, ast.ImportFrom, ast.Attribute, ast.Call)
_STYLED = ("style.use", "style.context")
_OF_SERIES = frozenset("append iteritems as_matrix get_value set_value ix mad clip_lower".split())
_TOGETHER = (2, 6)
_KIN = {"tensorflow": "keras"}
_STYLES = Removed("matplotlib", "3.8", "seaborn-v0_8")
Found = tuple[str, Removed]


@rule("NBP508", "removed-api", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report what each version of a library removed where a notebook first uses it."""
    found: dict[tuple[str, str], list[tuple[int, ast.AST, str, Removed]]] = {}
    for parsed in facts.cells_with("import", "."):
        cell = parsed.cell.index
        for node in parsed.nodes:
            if not isinstance(node, _NODES) or id(node) in parsed.inside(ast.Try):
                continue
            for name, removed in _removed(node, facts):
                group = found.setdefault((removed.library, removed.since), [])
                if all(name != other for _, _, other, _ in group):
                    group.append((cell, node, name, removed))
    for group in found.values():
        if not _is_old(group[0][3], facts):
            yield _diagnostic(group, facts)


def _is_old(removed: Removed, facts: Facts) -> bool:
    """Whether the notebook runs with a version that still has a name."""
    if removed.library == "tensorflow" and facts.mentions(("tensorflow_version 1",)):
        return True
    return not all(
        allows_version(library, since, facts)
        for library, since in (removed[:2], *_same_release(removed))
    )


def _same_release(removed: Removed) -> Iterator[tuple[str, str]]:
    """The other of Keras and TensorFlow, with its version: one brings the other along."""
    if removed.library == "keras":
        yield "tensorflow", "2.16" if removed.since == "3.0" else removed.since
    elif removed.library == "tensorflow" and version_key(removed.since) >= _TOGETHER:
        yield "keras", "3.0" if removed.since == "2.16" else removed.since


def _removed(node: ast.AST, facts: Facts) -> Iterator[Found]:
    """The removed names that a node imports, reads or calls with."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        module = "" if node.level else node.module or ""
        names = [f"{module}.{alias.name}" for alias in node.names] if module else []
    elif isinstance(node, ast.Attribute):
        name = facts.qualified(node)
        names = [name] if name else []
        if not name:
            yield from _of_frame(node, facts)
    else:
        assert isinstance(node, ast.Call)
        yield from _of_call(node, facts)
        return
    for name in names:
        removed = removed_name(name)
        if removed is not None:
            yield name, removed


def _of_frame(node: ast.Attribute, facts: Facts) -> Iterator[Found]:
    removed = removed_method(node.attr)
    if removed is not None:
        frames, value = facts.shared(FrameNames), node.value
        column = value.value if isinstance(value, ast.Subscript) else None
        if frames.is_frame(value):
            yield f"DataFrame.{node.attr}", removed
        elif column is not None and node.attr in _OF_SERIES and frames.is_frame(column):
            yield f"Series.{node.attr}", removed
    removed = removed_everywhere(node.attr)
    if removed is not None and any(
        distribution_of(module.partition(".")[0]) in (removed.library, _KIN.get(removed.library))
        for module in facts.imported.values()
    ):
        yield node.attr, removed


def _of_call(node: ast.Call, facts: Facts) -> Iterator[Found]:
    function = facts.qualified(node.func)
    for keyword in node.keywords if function else ():
        removed = removed_keyword(function, keyword.arg or "")
        if removed is not None:
            yield f"{function.rpartition('.')[2]}({keyword.arg}=...)", removed
    function_name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if function_name == "append" and any(word.arg == "ignore_index" for word in node.keywords):
        # No list has this argument.
        appended = removed_method("append")
        if appended is not None:
            yield "DataFrame.append", appended
    if function.startswith("matplotlib.") and function.endswith(_STYLED) and node.args:
        style = node.args[0]
        text = style.value if isinstance(style, ast.Constant) else None
        if isinstance(text, str) and text.startswith("seaborn") and "v0_8" not in text:
            yield f"style {text}", _STYLES._replace(instead=text.replace("seaborn", "seaborn-v0_8"))


def _diagnostic(group: list[tuple[int, ast.AST, str, Removed]], facts: Facts) -> Diagnostic:
    """A finding at the first use; what else the same version removed is shown with it."""
    cell, node, name, removed = group[0]
    library = "Python" if removed.library == "python" else removed.library
    quote = "" if "`" in removed.instead else "`"
    instead = f"use {quote}{removed.instead}{quote}" if removed.instead != "-" else "do without it"
    pin = "" if removed.library == "python" else f", or pin `{removed.library}<{removed.since}`"
    more = f" and {len(group) - 1} more were" if len(group) > 1 else " was"
    return Diagnostic(
        facts.span(cell, node),
        f"`{name}`{more} removed in {library} {removed.since}: newer versions fail",
        symbol=name,
        labels=tuple(
            Label(facts.span(other_cell, other), f"`{other_name}` is used here", again=True)
            for other_cell, other, other_name, _ in group[1:6]
        ),
        help=instead + pin,
    )
