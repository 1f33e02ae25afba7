"""Reports writes to databases, buckets and services.

## Why

A notebook is run to try things. When one of its cells writes to a shared place, each try does,
and a run of all cells in the wrong environment cannot be taken back. All writes of a notebook to
one kind of place are one finding.

## Flagged

```notebook
# %%
import boto3
import pandas as pd
df = pd.DataFrame({"a": [1]})
df.to_sql("sales", "postgresql://db/prod", if_exists="replace")  #! NBP404
s3 = boto3.client("s3")
s3.upload_file("model.bin", "models", "model.bin")  #! NBP404
```

```notebook
# %%
df = spark.read.parquet("in")  # noqa
df.write.mode("overwrite").saveAsTable("prod.sales")  #! NBP404
def publish(df):
    df.write.saveAsTable("prod.orders")
```

```notebook
# %%
model = load()  # noqa
model.push_to_hub("shop/churn")  #! NBP404
model.push_to_hub("shop/churn-small")
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1]})
df.to_csv("out.csv")
df.to_sql("sales", "sqlite://")
```

```notebook
# %%
import sqlite3
import pandas as pd
db = sqlite3.connect("shop.db")
pd.DataFrame({"a": [1]}).to_sql("sales", db)
```

```notebook
# %% tags=parameters
table = "try.sales"
# %%
import pandas as pd
df = pd.DataFrame({"a": [1]})
df.to_gbq(table)
# %%
def publish(bucket, path):
    bucket.blob(path.name).upload_from_filename(path)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.libraries.shared_places import SHARED_WORDS, place_written
from nbprod.model import Diagnostic, Label, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.refactor.external_writes import local_connections
from nbprod.rule import rule
from nbprod.rules.practice_data import unless_material
from nbprod.syntax.names import last_name, mentioned_names, root_of
from nbprod.syntax.walk import children, dead_parts

# Signs that a configuration decides the target.
_CONFIGURING = (
    "environ",
    "getenv",
    "dotenv",
    "secrets.",
    "config[",
    "config.",
    "settings.",
    "st.secrets",
)
_FILE = lazy_pattern(r"\(f?['\"](?:sqlite|duckdb)[:+]")
# The keywords that say where to.
_PLACES = ("name", "Bucket", "bucket", "repo_id", "destination", "destination_table", "con")


@rule("NBP404", "production-write", on=Notebook, level="production")
@unless_material
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report calls that write to shared places, those whose target is a parameter left out."""
    found: dict[str, list[tuple[Span, bool]]] = {}
    for cell, tree in facts.trees_with(*SHARED_WORDS):
        for node, is_inside in _calls(tree):
            target = place_written(node)
            if target is None or (is_inside or _names_its_target(node)) and not _has_text(node):
                continue
            if not _is_set_by_parameters(node, facts) and not _is_local(node, target, facts):
                found.setdefault(target, []).append((facts.span(cell, node.func), is_inside))
    for target, places in found.items():
        places.sort()
        span, is_inside = places[0]
        yield Diagnostic(
            span,
            f"each run of this {'function' if is_inside else 'cell'} writes to {target}",
            labels=tuple(Label(other, "also written here", again=True) for other, _ in places[1:4]),
            help="read the target from configuration, so that trial runs write elsewhere",
        )


def _is_local(node: ast.Call, target: str, facts: Facts) -> bool:
    """Whether an argument is a connection to a file, or one that the environment names."""
    if target != "a database":
        return False
    local = facts.shared(local_connections) | facts.shared(_free_connections)
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return any(root_of(expression)[0] in local for expression in given)


def _free_connections(facts: Facts) -> frozenset[str]:
    """The names of connections to files wherever, and of those that a configuration describes."""
    found: set[str] = set()
    free: set[str] = set()
    for _, node in facts.nodes_with(ast.Assign, "create_engine", "connect", *_CONFIGURING):
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        text = ast.unparse(node.value)
        if any(word in text for word in _CONFIGURING) or mentioned_names(node.value) & free:
            free |= names
        called = last_name(node.value.func) if isinstance(node.value, ast.Call) else ""
        if called in ("create_engine", "connect") and (names <= free or _FILE.search(text)):
            found |= names
    for _, block in facts.nodes_with(ast.With, "with "):
        for item in block.items:
            if isinstance(item.optional_vars, ast.Name):
                if mentioned_names(item.context_expr) & found:
                    found.add(item.optional_vars.id)
    return frozenset(found)


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, bool]]:
    """The calls of a cell, and whether they are in a function."""
    left: list[tuple[ast.AST, bool]] = [(tree, False)]
    while left:
        node, is_inside = left.pop()
        if isinstance(node, ast.Call):
            yield node, is_inside
        is_inside = is_inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        dead = dead_parts(node)
        left += [(child, is_inside) for child in children(node) if child not in dead]


def _names_its_target(node: ast.Call) -> bool:
    """Whether the target is an argument: a function's or hub's is as free as what is passed."""
    return isinstance(node.func, ast.Attribute) and node.func.attr == "push_to_hub"


def _has_text(node: ast.Call) -> bool:
    """Whether a part of the target is a literal of the call."""
    given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg in _PLACES)]
    return any(
        isinstance(expression, ast.Constant) and isinstance(expression.value, str)
        for expression in given
    )


def _is_set_by_parameters(node: ast.Call, facts: Facts) -> bool:
    """Whether an argument is a name that the cell of parameters binds."""
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    names = {expression.id for expression in given if isinstance(expression, ast.Name)}
    return any(
        facts.is_parameters(definition.cell)
        for name in names
        for definition in facts.flow.definitions.get(name, ())
    )
