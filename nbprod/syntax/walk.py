"""Walk a tree: as `ast.walk`, but without the nodes that hold nothing, and several times faster."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator

__all__ = ["CHILDREN", "CHOICES", "children", "dead_parts", "walk", "walk_outside"]

# Marks of the grammar, and the strings and numbers that are parts of nodes.
_LEAVES = frozenset((ast.Load, ast.Store, ast.Del, str, int, type(None)))
_MARKS = frozenset(("ctx", "op", "ops", "kind", "type_comment", "conversion", "is_async"))


CHOICES = (ast.If, ast.IfExp, ast.While)
"""The classes of nodes that may hold parts which never run."""


class _Children(dict[type, tuple[str, ...]]):
    """The fields of each class of nodes that can hold other nodes."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        fields = self[kind] = tuple(field for field in kind._fields if field not in _MARKS)
        return fields


CHILDREN = _Children(
    {
        ast.Constant: (),
        ast.MatchSingleton: (),
        ast.Name: (),
        ast.Global: (),
        ast.Nonlocal: (),
        ast.alias: (),
    }
)
"""For each class of nodes the fields to look into; operators and contexts are left out."""


def walk(tree: ast.AST) -> list[ast.AST]:
    """A node and all below it, those above first; no operators, no contexts."""
    found = [tree]
    for node in found:
        # What `children` does, without a call for each node: every cell of every run comes here.
        for field in CHILDREN[type(node)]:
            value = getattr(node, field, None)
            if type(value) is list:
                found += [one for one in value if type(one) not in _LEAVES]
            elif type(value) not in _LEAVES:
                found.append(value)  # type: ignore[arg-type]
    return found


def walk_outside(tree: ast.AST, skipped: Container[type]) -> Iterator[ast.AST]:
    """As `walk`, but nodes of some classes are skipped with all that is in them."""
    left = [tree]
    while left:
        node = left.pop()
        if type(node) not in skipped:
            yield node
            left += children(node)


def dead_parts(node: ast.AST) -> list[ast.stmt] | list[ast.expr]:
    """What a statement or expression directly holds and never runs, as the body of `if False:`."""
    if not isinstance(node, CHOICES):
        return []
    verdict = _constant_truth(node.test)
    if isinstance(node, ast.While):
        return node.body if verdict is False else []
    if verdict is None:
        return []
    dead = node.orelse if verdict else node.body
    return dead if isinstance(dead, list) else [dead]


def _constant_truth(node: ast.expr) -> bool | None:
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _constant_truth(node.operand)
        return None if inner is None else not inner
    if isinstance(node, ast.BoolOp):
        verdicts = [_constant_truth(value) for value in node.values]
        decisive = isinstance(node.op, ast.Or)
        if decisive in verdicts:
            return decisive
        return None if None in verdicts else not decisive
    return None


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes that a node directly holds, by field; no operators, no contexts."""
    found: list[ast.AST] = []
    for field in CHILDREN[type(node)]:
        value = getattr(node, field, None)
        if type(value) is list:
            found += [one for one in value if type(one) not in _LEAVES]
        elif type(value) not in _LEAVES:
            found.append(value)  # type: ignore[arg-type]
    return found
