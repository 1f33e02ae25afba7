"""Calls by which Spark reads files. Pure."""

from __future__ import annotations

import ast

__all__ = ["FORMATS_OF_SPARK", "reads_by_spark"]

# The methods of readers and writers that are called as formats; `load` and `save` are others.
FORMATS_OF_SPARK = frozenset(["csv", "parquet", "json", "orc", "text"])


def reads_by_spark(func: ast.expr) -> bool:
    """Whether what is called is as `spark.read.option(...).csv`."""
    if not (isinstance(func, ast.Attribute) and func.attr in FORMATS_OF_SPARK):
        return False
    node = func.value
    while isinstance(node, (ast.Call, ast.Attribute)):
        if isinstance(node, ast.Attribute) and node.attr == "read":
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return False
