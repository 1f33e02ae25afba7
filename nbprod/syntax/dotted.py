"""Dotted names in expressions."""

from __future__ import annotations

import ast

__all__ = ["dotted_name", "dotted_parts"]


def dotted_parts(node: ast.AST) -> tuple[ast.AST, list[str]]:
    """Return the expression at the root of attribute accesses, and the attributes in order.

    Of ``a.b.c`` these are the node of ``a`` and ``["b", "c"]``.
    """
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    attributes.reverse()
    return node, attributes


def dotted_name(node: ast.AST) -> str:
    """Return ``a.b.c`` as it is written; empty if its root is not a name."""
    root, attributes = dotted_parts(node)
    return ".".join([root.id, *attributes]) if isinstance(root, ast.Name) else ""
