"""Tests of whether a name is bound."""

from __future__ import annotations

import ast

__all__ = ["guarded_name"]


def guarded_name(node: ast.Compare) -> str | None:
    """The name in ``'x' in globals()`` and its like, None for another comparison."""
    if len(node.ops) != 1 or not isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return None
    left, right = node.left, node.comparators[0]
    if not (isinstance(left, ast.Constant) and isinstance(left.value, str)):
        return None
    if isinstance(right, ast.Call) and isinstance(right.func, ast.Attribute):
        right = right.func.value if right.func.attr == "keys" else right
    if (
        isinstance(right, ast.Call)
        and isinstance(right.func, ast.Name)
        and right.func.id in ("globals", "locals", "vars", "dir")
        and not right.args
    ):
        return left.value
    return None
