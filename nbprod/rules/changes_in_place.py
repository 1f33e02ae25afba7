"""What a cell mutates apart from the object that a finding is about."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.flow.types import SelfDependence
from nbprod.syntax.names import root_of, root_of_text
from nbprod.syntax.walk import walk

__all__ = ["scaled_too", "with_what_else_changes"]

_NEUTRAL = {ast.Add: 0, ast.Sub: 0, ast.Mult: 1, ast.Div: 1, ast.Pow: 1}


def with_what_else_changes(reason: SelfDependence, facts: Facts) -> str | None:
    """The name of another object that the same cell mutates and did not create."""
    found = _augmented(reason, facts)
    return root_of(found[0].target)[0] if found else None


def scaled_too(reason: SelfDependence, facts: Facts) -> SelfDependence | None:
    """The change of values by a number, `y[:, i] *= 1e6`, beside what a cell adds to a list.

    None where the data flow knows of the change: then it is a reason of its own.
    """
    known = {one.name for one in facts.flow.again(reason.span.cell) if one.certain}
    for node in _augmented(reason, facts):
        name, number = root_of(node.target)[0], node.value
        if (
            name not in known
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
    # What it made itself, what the finding is about, and what is no variable.
    others = {*_made(parsed.tree.body), root_of_text(reason.name), ""}
    return [
        node
        for node in _always(parsed.tree.body)
        if isinstance(node, ast.AugAssign)
        and isinstance(node.target, ast.Subscript)
        and root_of(node.target)[0] not in others
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
