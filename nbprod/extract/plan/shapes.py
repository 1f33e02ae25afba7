"""The shape of statements: what is left of them without names of variables and literals."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable

from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.syntax.walk import walk

__all__ = ["FEWEST_STATEMENTS", "shape_of"]

# Fewer statements, nested ones included, are a coincidence.
FEWEST_STATEMENTS = 3


def shape_of(nodes: Iterable[ast.AST], known: Container[str]) -> str:
    """Statements without the names of variables and without the values of literals.

    Args:
        nodes: the statements.
        known: names that are not variables: of imports and definitions.
    """
    words: list[str] = []
    for node in nodes:
        for part in walk(node):
            words.append(type(part).__name__)
            if isinstance(part, ast.Name):
                words.append(part.id if _is_fixed(part.id, known) else "")
            elif isinstance(part, ast.Attribute):
                words.append(part.attr)
            elif isinstance(part, ast.keyword):
                words.append(part.arg or "")
    return " ".join(words)


def _is_fixed(name: str, known: Container[str]) -> bool:
    return name in known or name in BUILTIN_NAMES
