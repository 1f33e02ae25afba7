"""A write to a database, a bucket or a service.

## Why

A notebook is run to try things. When one of its cells writes to a shared place, each try does,
and a run of all cells in the wrong environment cannot be taken back.

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
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1]})
df.to_csv("out.csv")
df.to_sql("sales", "sqlite://")
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.walk import walk

# Methods that no other library of the field has for something harmless.
_WRITES = {
    "to_gbq": "BigQuery",
    "saveAsTable": "a table of the metastore",
    "insertInto": "a table of the metastore",
    "put_object": "an object store",
    "upload_file": "an object store",
    "upload_fileobj": "an object store",
    "upload_from_filename": "an object store",
    "upload_from_string": "an object store",
    "upload_blob": "an object store",
    "insert_rows_json": "BigQuery",
    "load_table_from_dataframe": "BigQuery",
    "register_model": "a model registry",
    "write_pandas": "Snowflake",
}
_STORES = ("s3://", "s3a://", "gs://", "abfss://", "wasbs://", "hdfs://")

# Cells without any of these have nothing to find.
_WORDS = (*_WRITES, "to_sql", *_STORES)


@rule("NBP404", "production-write", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report calls that write to shared places."""
    for cell, tree in facts.trees_with(*_WORDS):
        for node in walk(tree):
            if isinstance(node, ast.Call):
                yield from _in_call(node, cell, facts)


def _in_call(node: ast.Call, cell: int, facts: Facts) -> Iterator[Diagnostic]:
    target = _target(node)
    if target is not None:
        yield Diagnostic(
            facts.span(cell, node.func),
            f"each run of this cell writes to {target}",
            help="take the target from configuration, so that a try writes elsewhere",
        )


def _target(node: ast.Call) -> str | None:
    func = node.func
    if not isinstance(func, ast.Attribute):
        return None
    if func.attr == "to_sql":
        where = node.args[1] if len(node.args) > 1 else None
        where = next((one.value for one in node.keywords if one.arg == "con"), where)
        text = where.value if isinstance(where, ast.Constant) else ""
        return None if str(text).startswith("sqlite") else "a database"
    if func.attr in _WRITES:
        return _WRITES[func.attr]
    if func.attr in ("save", "parquet", "csv", "json", "to_csv", "to_parquet") and node.args:
        first = node.args[0]
        if isinstance(first, ast.Constant) and str(first.value).startswith(_STORES):
            writes = func.attr.startswith("to_") or "write" in ast.unparse(func.value)
            return "an object store" if writes else None
    return None
