"""Which rows an expression takes: parts of splits, selections. By syntax alone."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nbprod.leakage.types import Rows
from nbprod.patterns import lazy_pattern
from nbprod.syntax.walk import walk

__all__ = ["below", "chooses_rows", "roles", "step_of"]

_ROLE = lazy_pattern(r"train|test|val|dev|eval")


def below(rows: Rows, step: str) -> Rows:
    """A part of some rows."""
    return frozenset(f"{path}/{step}" for path in rows)


def step_of(node: ast.AST) -> str:
    """The step of a path that the text of an expression makes."""
    return ast.unparse(node).replace("/", "|")


def roles(targets: Sequence[ast.expr]) -> list[str]:
    """The parts of data that names stand for, where they stand for several; else nothing."""
    found = []
    for target in targets:
        words = [part.id for part in walk(target) if isinstance(part, ast.Name)]
        match = _ROLE.search(" ".join(words).lower())
        found.append(match[0] if match else "rest")
    return found if len(set(found)) > 1 and "rest" not in found else []


def chooses_rows(node: ast.expr, *, is_indexed: bool) -> bool:
    """Whether a subscript takes some of the rows, by its form or the word for it."""
    if isinstance(node, ast.Slice):
        return node.lower is not None or node.upper is not None
    if isinstance(node, (ast.Compare, ast.BoolOp)):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return True
    if is_indexed and isinstance(node, ast.Constant) and isinstance(node.value, int):
        return True
    if isinstance(node, ast.Name):
        word = node.id.lower()
        return any(part in word for part in ("idx", "index", "mask", "indices", "msk")) or (
            is_indexed and ("train" in word or "test" in word)
        )
    return False
