"""Going through what can be iterated, and running what a lazy value has been waiting to run."""

from __future__ import annotations

import ast
from functools import partial

from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.objects import call_special, class_attribute
from nbprod.flow.interpreter.paths import optional
from nbprod.flow.interpreter.values import ANY, Pending, Value, constant, part_of

__all__ = ["consume", "distinct", "iterate", "pending_nonempty"]


def iterate(
    machine: Machine, value: Value, node: ast.AST, *, in_part: bool = False
) -> tuple[tuple[Value, ...], bool | None]:
    """Go through an iterable: its elements, and whether there is at least one (None: unknown).

    The elements are all of them when the second is True and their number is known, else one value
    that stands for any of them. ``in_part``: it may stop before the end.
    """
    found = _elements(machine, value, node, in_part)
    if machine.tracker is None or not found[0] or value.kind == "pending":
        return found
    labels = machine.tracker.element(machine, value)
    marked = tuple(
        element if element.labels is not None and element != part_of(value)
        else element._replace(labels=labels)
        for element in found[0]
    )  # fmt: skip
    return marked, found[1]


def _elements(
    machine: Machine, value: Value, node: ast.AST, in_part: bool
) -> tuple[tuple[Value, ...], bool | None]:
    if value.kind == "instance":
        result = call_special(machine, value, "__iter__", (), node)
        if result is not None and result != value and result.kind != "any":
            return iterate(machine, result, node, in_part=in_part)
        if class_attribute(machine, value.data, "__next__") is not None:
            call_special(machine, value, "__next__", (), node)
        elif result is None:
            call_special(machine, value, "__getitem__", (constant(0),), node)
        return (ANY,), None
    if value.kind == "pending":
        first = consume(machine, value, node, in_part=in_part)
        return (first,), pending_nonempty(machine, value)
    if value.kind == "range":
        return (ANY,), value.data
    held = machine.contents(value)
    if held is not None:
        if not held and value.kind != "union":
            return (), False
        if value.kind != "union":
            return held, True
    if value.kind == "const":
        return (), None
    return (machine.element(value),), None


def consume(machine: Machine, value: Value, node: ast.AST, *, in_part: bool = False) -> Value:
    """Run what a lazy value has been waiting to run; its elements are the result.

    ``in_part``: perhaps only the first ones are taken.
    """
    if value.kind == "union":
        for one in value.data:
            optional(machine, partial(consume, machine, one, node, in_part=in_part))
        return ANY
    if value.kind != "pending":
        elements, _ = (
            iterate(machine, value, node, in_part=in_part)
            if value.kind == "instance"
            else ((), None)
        )
        return elements[0] if elements else value
    pending: Pending = value.data
    machine.mutate(value, "", node, "iteration", chained=True)
    return pending.resume(machine, node, in_part)


def pending_nonempty(machine: Machine, value: Value) -> bool | None:
    """Whether a lazy value has a first element; None when that is not known."""
    pending: Pending = value.data
    held = machine.contents(pending.source) if pending.source is not None else None
    return None if held is None else bool(held)


def distinct(values: tuple[Value, ...]) -> tuple[Value, ...] | None:
    """The elements of a set of these, None when it is not known which are equal."""
    if len(values) < 2:
        return values
    if any(value.kind != "const" for value in values):
        return None
    return tuple({value.data[1]: value for value in values}.values())
