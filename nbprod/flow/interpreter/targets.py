"""Targets of assignments and deletions: names, attributes, items, tuples of those."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nbprod.flow.interpreter.iteration import iterate
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.objects import store_attribute, store_item
from nbprod.flow.interpreter.values import ANY, Labels, Value, part_of
from nbprod.flow.types import BindingKind
from nbprod.syntax.names import root_of

__all__ = ["assign", "delete"]


def assign(
    machine: Machine, target: ast.expr, value: Value, kind: BindingKind = "assignment"
) -> None:
    """Store a value in a target: a name, an attribute, an item, or a tuple of those."""
    if isinstance(target, ast.Name):
        machine.bind(target.id, target, value, kind)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(machine, target, value, kind)
    elif isinstance(target, ast.Attribute):
        base = machine.receive(target.value)
        root, _ = root_of(target.value)
        store_attribute(machine, base, target.attr, value, root, target)
    elif isinstance(target, ast.Subscript):
        base = machine.receive(target.value)
        key = machine.evaluate(target.slice)
        root, _ = root_of(target.value)
        store_item(machine, base, key, value, root, target)
    elif isinstance(target, ast.Starred):
        assign(machine, target.value, machine.allocate("list"), kind)


def _unpack(
    machine: Machine, target: ast.Tuple | ast.List, value: Value, kind: BindingKind
) -> None:
    if value.kind in ("pending", "instance"):
        elements, _ = iterate(machine, value, target)
        for item in target.elts:
            assign(machine, item, elements[0] if elements else ANY, kind)
        return
    held = machine.contents(value)
    labels: Sequence[Labels | None] | None = None
    starred = any(isinstance(item, ast.Starred) for item in target.elts)
    if held is None or starred or len(held) != len(target.elts):
        held = (part_of(value),) * len(target.elts)
        if machine.tracker is not None:
            labels = machine.tracker.unpacked(machine, value, target.elts)
    for place, (item, element) in enumerate(zip(target.elts, held, strict=True)):
        assign(machine, item, element._replace(labels=labels[place]) if labels else element, kind)


def delete(machine: Machine, target: ast.expr) -> None:
    """Delete a target: a name, an attribute, an item, or a tuple of those."""
    if isinstance(target, ast.Name):
        machine.read(target.id, target)
        machine.excuse(target.id, target)
        machine.unbind(target.id, target)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            delete(machine, item)
    elif isinstance(target, ast.Attribute):
        base = machine.receive(target.value)
        root, _ = root_of(target.value)
        machine.mutate(base, root, target, "del", part="." + target.attr, chained=True)
        if machine.tracker is not None:
            machine.tracker.deleted(machine, base, "." + target.attr)
    elif isinstance(target, ast.Subscript):
        base = machine.receive(target.value)
        key = machine.evaluate(target.slice)
        root, _ = root_of(target.value)
        if base.kind == "namespace" and key.kind == "const":
            machine.unbind_global(key.data[1], target)
            return
        part = repr(key.data[1]) if key.kind == "const" else None
        machine.mutate(base, root, target, "del", part=part, chained=True)
        if machine.tracker is not None:
            machine.tracker.deleted(machine, base, part)
