"""What evaluating each expression does: reads, calls, bindings, and the abstract value it gives."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from nbprod.flow.interpreter.calls import evaluate_call
from nbprod.flow.interpreter.comprehensions import evaluate_comprehension
from nbprod.flow.interpreter.frames import Frame
from nbprod.flow.interpreter.functions import function_value
from nbprod.flow.interpreter.iteration import consume, distinct
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.magics import run_magic
from nbprod.flow.interpreter.objects import display_text, read_attribute, read_subscript
from nbprod.flow.interpreter.operators import (
    evaluate_binary,
    evaluate_bool,
    evaluate_compare,
    evaluate_unary,
    truth_of,
)
from nbprod.flow.interpreter.paths import branch
from nbprod.flow.interpreter.values import ANY, NONE, Value, constant, with_labels
from nbprod.libraries.methods import MUTATORS
from nbprod.syntax.names import root_of

__all__ = ["EVALUATE"]

_MAX_TRACKED = 64


def _constant(machine: Machine, node: ast.Constant) -> Value:
    if node.value == 0 and machine.source_cell >= 0 and machine.program.magics[machine.source_cell]:
        magic = machine.program.magic(machine.source_cell, node)
        if magic is not None:
            return run_magic(machine, magic, node)
    return constant(node.value)


def _attribute(machine: Machine, node: ast.Attribute) -> Value:
    base = machine.receive(node.value)
    name, root = root_of(node.value)
    if node.attr in MUTATORS.get(base.kind, ()):
        # `add = rows.append`: who has it may change the object at any time.
        machine.forget_contents(base)
    result = read_attribute(machine, base, node.attr, name, root, node)
    if machine.tracker is not None and base.kind not in ("library", "class"):
        return with_labels(result, machine.tracker.attribute(machine, base, node.attr))
    return result


def _subscript(machine: Machine, node: ast.Subscript) -> Value:
    base = machine.receive(node.value)
    key = machine.evaluate(node.slice)
    name, root = root_of(node.value)
    result = read_subscript(machine, base, key, node, name, root)
    if machine.tracker is not None:
        return with_labels(result, machine.tracker.item(machine, base, key, node))
    return result


def _slice(machine: Machine, node: ast.Slice) -> Value:
    for part in (node.lower, node.upper, node.step):
        if part is not None:
            machine.evaluate(part)
    return ANY


def _all(machine: Machine, node: ast.AST) -> Value:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            machine.evaluate(child)
    return ANY


def _choose(machine: Machine, node: ast.IfExp) -> Value:
    verdict = truth_of(machine, machine.evaluate(node.test))
    if verdict is not None:
        return machine.evaluate(node.body if verdict else node.orelse)
    return branch(
        machine,
        [lambda: machine.evaluate(node.body), lambda: machine.evaluate(node.orelse)],
    )


def _sequence(machine: Machine, node: ast.List | ast.Tuple | ast.Set) -> Value:
    values: list[Value] | None = []
    for item in node.elts:
        value = machine.receive(item)
        if isinstance(item, ast.Starred) or (values is not None and len(values) >= _MAX_TRACKED):
            values = None
        elif values is not None:
            values.append(value)
    kind = type(node).__name__.lower()
    if kind == "tuple" and values and all(value.kind == "const" for value in values):
        return constant(tuple(value.data[1] for value in values))
    held = None if values is None else tuple(values)
    if kind == "set" and held is not None:
        held = distinct(held)
    result = machine.allocate(kind, None, held)
    if machine.tracker is not None and values:
        return with_labels(result, machine.tracker.built(machine, values))
    return result


def _dict(machine: Machine, node: ast.Dict) -> Value:
    items: list[tuple[Value, Value]] = []
    whole = True
    for key, item in zip(node.keys, node.values, strict=True):
        name = machine.evaluate(key) if key is not None else None
        value = machine.receive(item)
        if name is None or len(items) >= _MAX_TRACKED:
            whole = False
        else:
            items.append((name, value))
    made = machine.allocate_dict(items, whole=whole)
    if machine.tracker is not None:
        for name, value in items:
            if name.kind == "const":
                machine.tracker.stored(machine, made, repr(name.data[1]), value, node)
    return made


def _walrus(machine: Machine, node: ast.NamedExpr) -> Value:
    value = machine.evaluate(node.value)
    machine.bind(node.target.id, node.target, value, "walrus")
    return value


def _await(machine: Machine, node: ast.Await) -> Value:
    return consume(machine, machine.evaluate(node.value), node)


def _yield(machine: Machine, node: ast.Yield | ast.YieldFrom) -> Value:
    value = NONE
    if node.value is not None:
        value = machine.evaluate(node.value)
        if isinstance(node, ast.YieldFrom):
            frame = machine.frame
            consume(machine, value, node, in_part=frame is not None and frame.is_partial)
            value = ANY
    if machine.frame is not None:
        _stop_at(machine, machine.frame, value)
    return ANY


def _stop_at(machine: Machine, frame: Frame, value: Value) -> None:
    """Note a ``yield``: a consumer that takes only what it needs may never come back."""
    frame.yields.append((machine.env.delta(frame.mark), value))
    if frame.is_partial and not frame.relaxed:
        frame.relaxed = 1
        machine.maybe += 1


def _formatted(machine: Machine, node: ast.FormattedValue) -> Value:
    value = machine.evaluate(node.value)
    display_text(machine, value, node, "__repr__" if node.conversion == ord("r") else "__str__")
    if node.format_spec is not None:
        machine.evaluate(node.format_spec)
    return ANY


def _starred(machine: Machine, node: ast.Starred) -> Value:
    return consume(machine, machine.evaluate(node.value), node)


EVALUATE: dict[type[ast.AST], Callable[[Machine, Any], Value]] = {
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.BinOp: evaluate_binary,
    ast.UnaryOp: evaluate_unary,
    ast.BoolOp: evaluate_bool,
    ast.Compare: evaluate_compare,
    ast.IfExp: _choose,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.ListComp: evaluate_comprehension,
    ast.SetComp: evaluate_comprehension,
    ast.DictComp: evaluate_comprehension,
    ast.GeneratorExp: evaluate_comprehension,
    ast.Lambda: function_value,
    ast.NamedExpr: _walrus,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.JoinedStr: _all,
    ast.FormattedValue: _formatted,
    ast.Starred: _starred,
    ast.Call: evaluate_call,
}
