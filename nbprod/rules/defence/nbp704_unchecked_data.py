"""Reports loaded data that no cell checks.

## Why

The day a column is renamed or a file comes empty, the notebook goes on and gives a number. A look
at the shape, an assertion or a schema after the read stops it where the fault is.

## Flagged

```notebook
# %%
import pandas as pd
sales = pd.read_csv("sales.csv")  #! NBP704
rates = pd.read_csv("rates.csv")
# %%
total = sales["price"].sum() * rates["rate"].mean()
```

## Clean

```notebook
# %%
import pandas as pd
sales = pd.read_csv("sales.csv")
assert {"price"} <= set(sales.columns)
rates = pd.read_csv("rates.csv")
rates.info()
# %%
total = sales["price"].sum() * rates["rate"].mean()
```

```notebook
# %%
import pandas as pd
once = pd.read_csv("once.csv")
print(once["a"].sum())
```

```notebook
# %%
import pandas as pd
people = pd.read_csv("people.csv")
people[:5]
# %%
chunks = pd.read_csv("long.csv", chunksize=1000)
towns = pd.read_csv("towns.csv")
# %%
people["town"].unique()
rows = sum(len(chunk) for chunk in chunks)
# %%
towns.sort_values("name")
# %%
raw = pd.read_csv("raw.csv")
# %%
clean = raw.dropna()
clean.head()
# %%
names = set(people["name"]) & set(towns["name"]) & set(clean["name"])
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

if TYPE_CHECKING:
    from nbprod.flow.types import Definition

_READERS = frozenset(
    f"pandas.read_{kind}"
    for kind in "csv table excel json parquet feather sql sql_query sql_table hdf orc".split()
)
# What shows or checks a frame as a whole, or a part of it.
_LOOKS = frozenset(
    "shape columns dtypes dtype info head tail sample describe isna isnull notna empty index"
    " validate memory_usage duplicated nunique unique value_counts plot hist boxplot".split()
)
_CHECKS = ("pandera.", "great_expectations.", "pydantic.", "pandas.testing.")
_SHOWING = ("seaborn.", "matplotlib.", "pandas.", "plotly.", "altair.", "missingno.", "IPython.")


@rule("NBP704", "unchecked-data", on=Notebook, severity=Severity.INFO, default=False)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report frames that are read, used elsewhere and looked at nowhere: one finding for a cell."""
    found: dict[int, list[tuple[str, Span]]] = {}
    for name, made in facts.flow.definitions.items():
        if _is_read(made[0], facts) and not made[0].binding.scope:
            cell = made[0].cell
            is_used = any(use.cell != cell for use in facts.flow.uses_of((name,)))
            if is_used and not _is_looked_at(name, facts):
                found.setdefault(cell, []).append((name, made[0].binding.span))
    for frames in found.values():
        names = [f"`{name}`" for name, _ in frames]
        others = frames[1:4]
        yield Diagnostic(
            frames[0][1],
            f"{', '.join(names[:3])}{' …' if len(names) > 3 else ''} loaded but never checked",
            symbol=frames[0][0],
            labels=tuple(
                Label(span, f"`{name}` is loaded here", again=True) for name, span in others
            ),
            help=f"assert the columns, types and row count of {names[0]}",
        )


def _is_read(made: Definition, facts: Facts) -> bool:
    """Whether a name is bound to a frame that comes from outside, as a whole."""
    value = made.node.value if isinstance(made.node, ast.Assign) else None
    if not isinstance(value, ast.Call) or facts.qualified(value.func) not in _READERS:
        return False
    return not any(keyword.arg in ("chunksize", "iterator") for keyword in value.keywords)


def _is_looked_at(name: str, facts: Facts) -> bool:
    """Whether some cell shows the frame or what is made of it, asks for its form or checks it."""
    names = {name}
    for _, node in facts.nodes_with(ast.Assign, name):
        if _is_made_of(node.value, name, facts):
            names |= {
                expression.id for expression in node.targets if isinstance(expression, ast.Name)
            }
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None:
            continue
        if not any(name in parsed.cell.source for name in names):
            continue
        last = parsed.tree.body[-1] if parsed.tree.body else None
        if isinstance(last, ast.Expr) and _is_shown(last.value, names, facts):
            return True
        if any(_looks(node, names, facts) for node in parsed.nodes):
            return True
    return False


def _is_made_of(node: ast.expr, name: str, facts: Facts) -> bool:
    """Whether a value is a part or a changed copy of a frame."""
    if isinstance(node, ast.Call) and facts.qualified(node.func).startswith("pandas."):
        return any(
            _root(part) == name
            for expression in node.args
            for part in (expression, *_items(expression))
        )
    return _root(node) == name


def _items(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, (ast.List, ast.Tuple)) else []


def _is_shown(node: ast.expr, names: set[str], facts: Facts) -> bool:
    """Whether the last expression of a cell shows something of a frame."""
    if isinstance(node, ast.Call):
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr.startswith("to_"):
            return False
        if any(keyword.arg == "inplace" for keyword in node.keywords):
            return False
        if facts.qualified(func).startswith(_SHOWING):
            return _mentions(node, names)
    return _root(node) in names


def _looks(node: ast.AST, names: set[str], facts: Facts) -> bool:
    """Whether a node asks for the form of a frame, asserts on it, prints or validates it."""
    if isinstance(node, ast.Attribute):
        return node.attr in _LOOKS and _root(node.value) in names
    if isinstance(node, ast.Assert):
        return _mentions(node, names)
    if not isinstance(node, ast.Call):
        return False
    func = node.func
    called = facts.qualified(func)
    plain = last_name(func)
    if plain in ("print", "display"):
        return _mentions(node, names)
    told = called.startswith(_CHECKS) or any(
        word in part for word in ("valid", "check") for part in (plain, called)
    )
    return (told or plain == "len") and any(_root(expression) in names for expression in node.args)


def _root(node: ast.AST) -> str | None:
    """The name at which a chain of attributes, subscripts and calls begins."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _mentions(node: ast.AST, names: set[str]) -> bool:
    """Whether a name occurs in an expression, or in a text that says what is to be shown."""
    for part in walk(node):
        if isinstance(part, ast.Name) and part.id in names:
            return True
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            if part.value.partition(".")[0] in names:
                return True
    return False
