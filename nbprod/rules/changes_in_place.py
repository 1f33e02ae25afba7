"""What a cell changes in place besides the object that a finding is about."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.flow.types import SelfDependence
from nbprod.syntax.walk import walk

__all__ = ["scaled_too", "with_what_else_changes"]

_NEUTRAL = {ast.Add: 0, ast.Sub: 0, ast.Mult: 1, ast.Div: 1, ast.Pow: 1}


def with_what_else_changes(reason: SelfDependence, facts: Facts) -> str | None:
    """The name of another object that the same cell changes in place and did not make."""
    found = _augmented(reason, facts)
    return _root(found[0].target) if found else None


def scaled_too(reason: SelfDependence, facts: Facts) -> SelfDependence | None:
    """The change of values by a number, `y[:, i] *= 1e6`, beside what a cell adds to a list.

    None where the data flow knows of the change: then it is a reason of its own.
    """
    known = {one.name for one in facts.flow.again(reason.span.cell) if one.certain}
    for node in _augmented(reason, facts):
        name, number = _root(node.target), node.value
        if (
            name is not None
            and name not in known
            and type(node.op) in _NEUTRAL
            and isinstance(number, ast.Constant)
            and type(number.value) in (int, float)
            and number.value not in (0, _NEUTRAL[type(node.op)])
        ):
            span = facts.span(reason.span.cell, node)
            return SelfDependence("augments", name, span, type(node.op).__name__, True)
    return None


def _augmented(reason: SelfDependence, facts: Facts) -> list[ast.AugAssign]:
    """The changes of parts of other objects that run whenever the cell does."""
    parsed = facts.parsed[reason.span.cell]
    if parsed is None or parsed.tree is None:
        return []
    own = _root_of_text(reason.name)
    made = _made(parsed.tree.body)
    return [
        node
        for node in _always(parsed.tree.body)
        if isinstance(node, ast.AugAssign)
        and isinstance(node.target, ast.Subscript)
        and _root(node.target) not in (None, own)
        and _root(node.target) not in made
    ]


def _always(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a cell and of its loops, not those of branches and functions."""
    found: list[ast.stmt] = []
    for statement in body:
        found.append(statement)
        if isinstance(statement, (ast.For, ast.With)):
            found += _always(statement.body)
    return found


def _made(body: list[ast.stmt]) -> set[str]:
    """The names that a cell binds itself."""
    return {
        node.id
        for statement in body
        for node in walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _root(target: ast.expr) -> str | None:
    while isinstance(target, (ast.Subscript, ast.Attribute)):
        target = target.value
    return target.id if isinstance(target, ast.Name) else None


def _root_of_text(name: str) -> str:
    return name.partition(".")[0].partition("[")[0]
