"""Chains in which a column becomes the index, or the index a column, and is what it was again."""

from __future__ import annotations

import ast

from nbprod.flow.repeated_methods import Again
from nbprod.syntax.walk import walk

__all__ = ["put_back", "takes_index_back"]

# The columns that an index without a name becomes.
_OLD_INDEXES = ("index", "level_0")


def put_back(node: ast.Call, before: Again) -> Again | None:
    """What a chain does again whose last method (``node``) puts the index back; None if not so.

    Args:
        node: the call of the method.
        before: what the chain before it does again.
    """
    if before is Again.ADDS and takes_index_back(node):
        return Again.SAME
    # The column that became the index is there again.
    return Again.UNKNOWN if before is Again.FAILS and _gives_column_back(node) else None


def takes_index_back(node: ast.Call) -> bool:
    """Whether a method makes a column the index again, or drops the one that an index became."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name == "set_index":
        return True
    constants = (part.value for part in walk(node) if isinstance(part, ast.Constant))
    return name in ("drop", "pop") and any(value in _OLD_INDEXES for value in constants)


def _gives_column_back(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    dropped = any(keyword.arg == "drop" for keyword in node.keywords)
    return (
        name == "reset_index"
        and not dropped
        and any(isinstance(part, ast.Attribute) and part.attr == "set_index" for part in walk(node))
    )
