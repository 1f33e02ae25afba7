"""Names in expressions."""

from __future__ import annotations

import ast

__all__ = ["last_name"]


def last_name(node: ast.AST) -> str:
    """What a function is called at its place: ``fit`` of ``model.fit``; empty if it has no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
