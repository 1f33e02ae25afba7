"""What joining pieces of a sequence with written-out ones does again: `xs = ["id"] + xs[1:]`."""

from __future__ import annotations

import ast

from nbprod.flow.repeated_methods import reads

__all__ = ["joins_the_same_again"]

_FARTHEST = 20
# A sequence that is long enough for every place up to the farthest to be one of its own.
_ANY: tuple[object, ...] = tuple(range(4 * _FARTHEST))


def joins_the_same_again(node: ast.BinOp, place: str) -> bool:
    """Whether pieces of ``place`` and written-out ones, joined, give the same when done again.

    It is worked out on a sequence of numbers. False where that cannot be done.
    """
    parts = _parts(node)
    # Without anything written out it may be a sum of arrays.
    if not any(isinstance(part, (ast.List, ast.Tuple, ast.Constant)) for part in parts):
        return False
    once = _joined(parts, place, _ANY)
    return once is not None and _joined(parts, place, once) == once


def _parts(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_parts(node.left), *_parts(node.right)]
    return [node]


def _joined(
    parts: list[ast.expr], place: str, value: tuple[object, ...]
) -> tuple[object, ...] | None:
    whole: list[object] = []
    for part in parts:
        piece = _piece(part, place, value)
        if piece is None:
            return None
        whole += piece
    return tuple(whole)


def _piece(node: ast.expr, place: str, value: tuple[object, ...]) -> tuple[object, ...] | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return tuple(node.value)
    if isinstance(node, (ast.List, ast.Tuple)):
        items = [_item(element, place, value) for element in node.elts]
        return None if None in items else tuple(items)
    if not isinstance(node, ast.Subscript) or ast.unparse(node.value) != place:
        return None
    key = node.slice
    if not isinstance(key, ast.Slice) or key.step is not None:
        return None
    lower = _number(key.lower) if key.lower is not None else 0
    upper = _number(key.upper) if key.upper is not None else len(value)
    return value[lower:upper] if lower is not None and upper is not None else None


def _item(node: ast.expr, place: str, value: tuple[object, ...]) -> object:
    """An element of a list that is written out: one of the place's own, or something else."""
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == place:
        index = _number(node.slice)
        return value[index] if index is not None else None
    if isinstance(node, (ast.Starred, ast.Call)) or reads(node, place):
        return None
    return ast.unparse(node)


def _number(node: ast.expr) -> int | None:
    """A whole number that is written out, and small."""
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    inner = node.operand if isinstance(node, ast.UnaryOp) and negative else node
    number = inner.value if isinstance(inner, ast.Constant) else None
    if type(number) is not int or number > _FARTHEST:
        return None
    return -number if negative else number
