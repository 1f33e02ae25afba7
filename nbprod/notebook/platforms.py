"""The names that platforms give their notebooks: `spark` on Databricks, `z` in Zeppelin.

A platform is told by what it leaves in the metadata of a notebook, or by the format of the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from nbprod.notebook.kernels import mapping
from nbprod.notebook.types import Cell

__all__ = ["DATABRICKS", "ZEPPELIN", "platform_names"]

DATABRICKS = (
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
# Kernels with a session of Spark: those of sparkmagic, Toree, and what clouds call theirs.
_SPARK_KERNEL = re.compile(r"(?:conda_|glue_|apache_toree_)?py-?spark|spark-python")


def platform_names(metadata: Mapping[str, Any], cells: Sequence[Cell]) -> tuple[str, ...]:
    """What the platform of a notebook has bound before the first cell runs.

    Args:
        metadata: that of an `.ipynb`.
        cells: its cells; on Snowflake each is a variable by its own name.
    """
    kernel = _kernel(metadata)
    if "application/vnd.databricks.v1+notebook" in metadata or _is_old_databricks(metadata):
        return DATABRICKS
    if kernel == "synapse_pyspark" or "trident" in metadata or "a365ComputeOptions" in metadata:
        return _AZURE
    if _SPARK_KERNEL.match(kernel):
        return _SPARK
    if kernel == "streamlit":
        names = (cell.metadata.get("name") for cell in cells)
        return tuple(name for name in names if isinstance(name, str) and name.isidentifier())
    if any(key.startswith("deepnote") for key in metadata):
        return _DEEPNOTE
    return ()


def _kernel(metadata: Mapping[str, Any]) -> str:
    for key in ("kernelspec", "kernel_info"):
        name = mapping(metadata.get(key)).get("name")
        if isinstance(name, str):
            return name.lower()
    return ""


def _is_old_databricks(metadata: Mapping[str, Any]) -> bool:
    """Databricks once left no more than a name and a number."""
    return isinstance(metadata.get("notebookId"), int) and isinstance(metadata.get("name"), str)
