"""Which piece of a text an expression picks, and whether the same pick leaves that piece alone.

The first letter of a first letter is the same, and so is what stands before the comma of what
stands before a comma; the second of two parts has no second part.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

__all__ = ["TextPick", "text_pick"]


class TextPick(NamedTuple):
    """A piece of the text ``receiver``. ``is_stable``: picking it again gives the same.

    ``fails``: picking it again raises an exception.
    """

    receiver: ast.expr
    is_stable: bool
    fails: bool = False


def text_pick(node: ast.Subscript) -> TextPick | None:
    """The pick of ``s.str[0]``, ``s.split(",")[0]`` and the like, None for other subscripts."""
    place = _integer(node.slice)
    if place is None:
        return None
    base, is_column = _without_accessor(node.value)
    if isinstance(base, ast.Call) and isinstance(base.func, ast.Attribute):
        pick = _part_picked(base, base.func, place)
        if pick is not None:
            return pick
    if is_column:
        return TextPick(base, place in (0, -1))
    return None


def _part_picked(call: ast.Call, function: ast.Attribute, place: int) -> TextPick | None:
    receiver, is_column = _without_accessor(function.value)
    name, limited = function.attr, _is_limited(call)
    if name == "split":
        stable = place == 0 or (place == -1 and not limited)
    elif name == "rsplit":
        stable = place == -1 or (place == 0 and not limited)
    elif name == "partition":
        stable = place in (0, -3)
    elif name == "rpartition":
        stable = place in (2, -1)
    else:
        return None
    splits = name in ("split", "rsplit")
    return TextPick(receiver, stable, splits and not is_column and not stable and place > 0)


def _without_accessor(node: ast.expr) -> tuple[ast.expr, bool]:
    """The expression without `.str`, and whether it had it: then it is a column of texts."""
    if isinstance(node, ast.Attribute) and node.attr == "str":
        return node.value, True
    return node, False


def _is_limited(call: ast.Call) -> bool:
    """Whether a number of splits is given."""
    return len(call.args) > 1 or any(keyword.arg in ("n", "maxsplit") for keyword in call.keywords)


def _integer(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _integer(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None
