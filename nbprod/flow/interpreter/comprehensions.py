"""Comprehensions and generator expressions: their clauses, run in a frame of their own."""

from __future__ import annotations

import ast
from typing import Any

from nbprod.flow.interpreter.frames import Frame
from nbprod.flow.interpreter.iteration import iterate
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.operators import truth_of
from nbprod.flow.interpreter.paths import optional
from nbprod.flow.interpreter.targets import assign
from nbprod.flow.interpreter.values import ANY, Pending, Value, join_all, with_labels
from nbprod.names.scopes import Scope
from nbprod.syntax.walk import walk

__all__ = ["evaluate_comprehension"]

# Elements are distinguished unless the loops around multiply: 40 loops over two would never end.
_MOST_REPEATED = 64


def evaluate_comprehension(machine: Machine, node: Any) -> Value:
    first = machine.evaluate(node.generators[0].iter)
    scope = Scope(node, 0)
    for generator in node.generators:
        for part in walk(generator.target):
            if isinstance(part, ast.Name):
                scope.local_names.add(part.id)
    frame = Frame(machine.fresh(), "comprehension", scope, machine.frame)
    if isinstance(node, ast.GeneratorExp):
        machine.capture()
        made = machine.allocate("pending", _pending(machine.source_cell, node, frame, first))
        if machine.tracker is None:
            return made
        # Until it is gone through: as if it gave the elements as they are.
        element = with_labels(ANY, machine.tracker.element(machine, first))
        return with_labels(made, machine.tracker.built(machine, [element]))
    return _run_comprehension(machine, node, frame, first)


def _pending(cell: int, node: ast.GeneratorExp, frame: Frame, first: Value) -> Pending:
    """What a generator expression is until something goes through it."""

    def resume(machine: Machine, consumer: ast.AST, in_part: bool) -> Value:
        outer, machine.source_cell = machine.source_cell, cell
        try:
            made = _run_comprehension(machine, node, frame, first)
        finally:
            machine.source_cell = outer
        if machine.tracker is not None:
            return with_labels(ANY, machine.tracker.element(machine, made))
        return ANY

    plain = len(node.generators) == 1 and not node.generators[0].ifs
    return Pending(resume, first if plain else None)


def _run_comprehension(machine: Machine, node: Any, frame: Frame, first: Value) -> Value:
    """Run a comprehension's clauses over its first iterable, in its own frame."""
    outer, machine.frame = machine.frame, frame
    scope_identity = outer.scope.identity if outer else 0
    frame.scope.identity = scope_identity
    kind = {ast.SetComp: "set", ast.DictComp: "dict"}.get(type(node), "list")
    elements: list[Value] = []
    try:
        _clauses(machine, node, 0, elements, first)
    finally:
        machine.frame = outer
    known = ANY if kind == "dict" else join_all(elements)
    result = machine.allocate(kind, None, None, known)
    if machine.tracker is not None:
        return with_labels(result, machine.tracker.built(machine, elements))
    return result


def _clauses(
    machine: Machine, node: Any, depth: int, made: list[Value], iterable: Value | None = None
) -> None:
    """Run the generators from ``depth`` on; ``made`` gets the elements, or a dict's values."""
    if depth == len(node.generators):
        if isinstance(node, ast.DictComp):
            machine.evaluate(node.key)
            made.append(machine.evaluate(node.value))
        else:
            made.append(machine.evaluate(node.elt))
        return
    generator = node.generators[depth]
    value = iterable if iterable is not None else machine.evaluate(generator.iter)
    elements, nonempty = iterate(machine, value, generator.iter)

    def body(element: Value) -> Value:
        assign(machine, generator.target, element, "comprehension")
        _conditions(machine, node, depth, generator.ifs, made)
        return ANY

    if nonempty is False:
        return
    if nonempty and len(elements) <= 6 and machine.repeated * len(elements) <= _MOST_REPEATED:
        outer, machine.repeated = machine.repeated, machine.repeated * len(elements)
        try:
            for element in elements:
                body(element)
        finally:
            machine.repeated = outer
        return
    joined = join_all(elements)
    if nonempty:
        body(joined)
    else:
        optional(machine, lambda: body(joined))


def _conditions(
    machine: Machine, node: Any, depth: int, tests: list[ast.expr], made: list[Value]
) -> None:
    """The ``if`` clauses of one generator, then what is inside it."""
    if not tests:
        _clauses(machine, node, depth + 1, made)
        return
    verdict = truth_of(machine, machine.evaluate(tests[0]))
    if verdict:
        _conditions(machine, node, depth, tests[1:], made)
    elif verdict is None:

        def rest() -> Value:
            _conditions(machine, node, depth, tests[1:], made)
            return ANY

        optional(machine, rest)
