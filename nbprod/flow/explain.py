"""Why a read meets no value, and where else the name is bound."""

from __future__ import annotations

import ast

from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.program import Program
from nbprod.flow.types import Failure

__all__ = ["explain"]


def explain(failure: Failure, program: Program, machine: Machine, order: tuple[int, ...]) -> None:
    """Say why the name has no value, and where else it is bound."""
    if failure.reason != "nowhere":
        return
    made = [
        definition for definition in machine.made.get(failure.name, {}) if definition.after is None
    ]
    failure.elsewhere = failure.elsewhere or tuple(made)
    if failure.deletion is not None:
        failure.reason = "deleted"
        return
    position = {cell: rank for rank, cell in enumerate(order)}
    here = position.get(failure.cell, -1)
    later = [definition for definition in made if position.get(definition.cell, -1) >= here]
    static = program.static_bindings()
    statically = [cell for cell, names in enumerate(static) if failure.name in names]
    if later or any(position.get(cell, len(order)) > here for cell in statically):
        failure.reason = "later"
    elif any(cell == failure.cell for cell in statically):
        node = static[failure.cell][failure.name]
        below = _is_bound_after(program, failure, node)
        failure.reason = "later" if below else "skipped"
    elif made or statically:
        failure.reason = "skipped"
    if not failure.elsewhere and statically:
        failure.elsewhere = tuple(
            machine.static_definition(cell, failure.name, static[cell][failure.name])
            for cell in statically
        )


def _is_bound_after(program: Program, failure: Failure, node: ast.AST) -> bool:
    """Whether ``node``, which binds the name, comes after the read: below it, or as its target."""
    place = program.places.span(failure.cell, node).start
    parsed = program.parsed[failure.cell]
    if place > failure.read.start or parsed is None or parsed.tree is None:
        return place > failure.read.start
    for statement in parsed.tree.body:
        if isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            span = program.places.span(failure.cell, statement)
            if span.start <= place <= failure.read.start < span.end:
                return True
    return False
