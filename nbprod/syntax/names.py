"""Names in expressions."""

from __future__ import annotations

import ast

from nbprod.syntax.walk import walk

__all__ = ["last_name", "mentioned_names", "root_of", "root_of_text"]

_PARTS = frozenset((ast.Attribute, ast.Subscript, ast.Starred))


def last_name(node: ast.AST) -> str:
    """What a function is called at its place: ``fit`` of ``model.fit``; empty if it has no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def root_of(node: ast.expr) -> tuple[str, ast.expr]:
    """The variable at the root of `a.b[c].d`, and its node; no name when the root is no name."""
    while type(node) in _PARTS:
        node = node.value  # type: ignore[attr-defined]
    return (node.id if isinstance(node, ast.Name) else "", node)


def root_of_text(text: str) -> str:
    """The variable at the root of an expression that is a text: `a` of ``a.b[c]``."""
    return text.partition("[")[0].partition(".")[0]


def mentioned_names(node: ast.AST) -> set[str]:
    """The names that code reads, binds or deletes, in whatever scope."""
    return {part.id for part in walk(node) if isinstance(part, ast.Name)}
