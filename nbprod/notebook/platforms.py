"""The names that platforms give their notebooks: `spark` on Databricks, `z` in Zeppelin.

A platform is recognized by what it leaves in the metadata of a notebook, or by the file's format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbprod.notebook.kernels import DATABRICKS_KEY, mapping
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern

__all__ = ["ZEPPELIN", "databricks_names", "is_databricks", "platform_names", "switched_language"]

_DATABRICKS = (
    "spark", "sc", "sqlContext", "dbutils", "display", "displayHTML", "table", "sql", "udf",
    "getArgument",
)  # fmt: skip
ZEPPELIN = ("z", "sc", "spark", "sqlContext", "sqlc", "intp")
# Synapse and Fabric.
_AZURE = (
    "spark", "sc", "sqlContext", "mssparkutils", "notebookutils", "display", "displayHTML", "udf",
)  # fmt: skip
_SPARK = ("spark", "sc", "sqlContext")
_DEEPNOTE = ("_dntk", "_deepnote_execute_sql", "_deepnote_run_altair")
_AZURE_MARKS = frozenset(("trident", "a365ComputeOptions", "saveOutput"))
# Kernels with a session of Spark: those of sparkmagic, Toree, and what clouds call theirs.
_SPARK_KERNEL = lazy_pattern(r"py-?spark|spark-python")
# The first line of a cell of Databricks may give it a language; `%python` in a notebook of SQL.
_SQL_MAGIC = lazy_pattern(r"\s*%{1,2}sql\b")
_SWITCH = lazy_pattern(r"\s*%(md|sql|sh|fs|scala|r|python)\b[-\w]*")


def platform_names(metadata: Mapping[str, Any], cells: Sequence[Cell]) -> tuple[str, ...]:
    """What the platform of a notebook has bound before the first cell runs.

    Args:
        metadata: that of an `.ipynb`.
        cells: its cells; on Snowflake each is a variable by its own name.
    """
    kernel = _kernel(metadata)
    if is_databricks(metadata):
        return databricks_names(cells)
    if kernel == "synapse_pyspark" or not _AZURE_MARKS.isdisjoint(metadata):
        return _AZURE
    if _SPARK_KERNEL.search(kernel) or _language(metadata) == "pyspark":
        return _SPARK
    if kernel == "streamlit":
        names = (cell.metadata.get("name") for cell in cells)
        return tuple(name for name in names if isinstance(name, str) and name.isidentifier())
    if any(key.startswith("deepnote") for key in metadata):
        return _DEEPNOTE
    return ()


def databricks_names(cells: Sequence[Cell]) -> tuple[str, ...]:
    """What Databricks has bound; with cells of SQL also the result of the last of them."""
    if any(cell.language == "sql" or _SQL_MAGIC.match(cell.source) for cell in cells):
        return (*_DATABRICKS, "_sqldf")
    return _DATABRICKS


def is_databricks(metadata: Mapping[str, Any]) -> bool:
    """Whether Databricks has written a notebook; once it left no more than a name and a number."""
    return DATABRICKS_KEY in metadata or (
        isinstance(metadata.get("notebookId"), int) and isinstance(metadata.get("name"), str)
    )


def switched_language(source: str) -> tuple[str, int] | None:
    """The language that the first line of a cell of Databricks gives it, and where that ends."""
    match = _SWITCH.match(source)
    if match is None:
        return None
    return "markdown" if match[1] == "md" else match[1], match.end()


def _language(metadata: Mapping[str, Any]) -> object:
    return mapping(metadata.get("language_info")).get("name")


def _kernel(metadata: Mapping[str, Any]) -> str:
    for key in ("kernelspec", "kernel_info"):
        name = mapping(metadata.get(key)).get("name")
        if isinstance(name, str):
            return name.lower()
    return ""
