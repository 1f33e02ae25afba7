"""Operators: arithmetic, comparisons, truth, with the special methods that they call."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import partial
from typing import Any

from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.objects import call_special
from nbprod.flow.interpreter.paths import optional
from nbprod.flow.interpreter.values import (
    ANY,
    NONE,
    Value,
    constant,
    join_values,
    truth,
    with_labels,
)
from nbprod.names.guards import guarded_name

__all__ = [
    "apply_binary",
    "apply_in_place",
    "evaluate_binary",
    "evaluate_bool",
    "evaluate_compare",
    "evaluate_unary",
    "truth_of",
]

_BIG = 10**12
_LONGEST = 10_000
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_SPECIAL: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv",
    ast.Mod: "mod", ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and", ast.BitOr: "or",
    ast.BitXor: "xor", ast.LShift: "lshift", ast.RShift: "rshift",
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
    ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert",
}  # fmt: skip


def evaluate_binary(machine: Machine, node: ast.BinOp) -> Value:
    left = machine.evaluate(node.left)
    right = machine.evaluate(node.right)
    return apply_binary(machine, node.op, left, right, node)


def _tracked(machine: Machine, result: Value, operands: tuple[Value, ...], node: ast.AST) -> Value:
    """The result of an operator, with what a tracker notes of it."""
    tracker = machine.tracker
    if tracker is None or result.labels is not None:
        return result
    return with_labels(result, tracker.combined(machine, operands, node))


def apply_binary(
    machine: Machine, op: ast.operator, left: Value, right: Value, node: ast.AST
) -> Value:
    """The value of ``left op right``, special methods of the notebook's classes included."""
    return _tracked(machine, _binary(machine, op, left, right, node), (left, right), node)


def _binary(machine: Machine, op: ast.operator, left: Value, right: Value, node: ast.AST) -> Value:
    if left.kind == "const" and right.kind == "const":
        return _fold(_BINARY.get(type(op)), left.data[1], right.data[1])
    special = _SPECIAL[type(op)]
    for value, method, other in (
        (left, f"__{special}__", right),
        (right, f"__r{special}__", left),
    ):
        if value.kind == "instance":
            result = call_special(machine, value, method, (other,), node)
            if result is not None:
                return result
    if left.kind in ("list", "set", "tuple", "dict"):
        return machine.allocate(left.kind)
    if right.kind == "list":
        return machine.allocate("list" if left.kind == "const" else "any")
    if left.kind == "object" and str(left.data).startswith(("pandas.", "numpy.")):
        return machine.allocate("object", left.data)
    return ANY


def apply_in_place(
    machine: Machine, op: ast.operator, left: Value, right: Value, node: ast.AST
) -> Value | None:
    """Call the special method of ``left op= right``; None when the class has none."""
    return call_special(machine, left, f"__i{_SPECIAL[type(op)]}__", (right,), node)


def _fold(function: Callable[[Any, Any], Any] | None, left: Any, right: Any) -> Value:
    """Compute with small constants; anything that could be big or fails is not known."""
    simple = (int, float, bool)
    if function is None:
        return ANY
    numbers = isinstance(left, simple) and isinstance(right, simple)
    if numbers and not (abs(left) < _BIG and abs(right) < _BIG):
        return ANY
    if not numbers and not (
        function is operator.add and isinstance(left, str) and isinstance(right, str)
    ):
        return ANY
    if not numbers and len(left) + len(right) > _LONGEST:
        return ANY
    try:
        return constant(function(left, right))
    except (ArithmeticError, TypeError, ValueError):
        return ANY


def evaluate_unary(machine: Machine, node: ast.UnaryOp) -> Value:
    value = machine.evaluate(node.operand)
    return _tracked(machine, _unary(machine, node, value), (value,), node)


def _unary(machine: Machine, node: ast.UnaryOp, value: Value) -> Value:
    if isinstance(node.op, ast.Not):
        verdict = truth_of(machine, value)
        return ANY if verdict is None else constant(not verdict)
    if value.kind == "const" and isinstance(value.data[1], (int, float)):
        number = value.data[1]
        if isinstance(node.op, ast.USub):
            return constant(-number)
        return constant(+number) if isinstance(node.op, ast.UAdd) else ANY
    if value.kind == "instance":
        method = f"__{_SPECIAL[type(node.op)]}__"
        return call_special(machine, value, method, (), node) or ANY
    return ANY


def truth_of(machine: Machine, value: Value) -> bool | None:
    """Whether a value counts as true; asks the heap for containers."""
    verdict = truth(value)
    if verdict is None and value.kind in ("list", "tuple", "set", "dict"):
        contents = machine.contents(value)
        return None if contents is None else bool(contents)
    if verdict is None and value.kind == "instance":
        for method in ("__bool__", "__len__"):
            result = call_special(machine, value, method, (), value.data.node)
            if result is not None:
                return truth(result)
        return None if value.data.is_open else True
    return verdict


def evaluate_bool(machine: Machine, node: ast.BoolOp) -> Value:
    stops_at = isinstance(node.op, ast.Or)
    value = machine.evaluate(node.values[0])
    for operand in node.values[1:]:
        verdict = truth_of(machine, value)
        if verdict is stops_at:
            return value
        if verdict is None:
            left = value
            right = optional(machine, partial(machine.evaluate, operand))
            value = left if right is None else join_values(left, right)
        else:
            value = machine.evaluate(operand)
    return value


def evaluate_compare(machine: Machine, node: ast.Compare) -> Value:
    guarded = guarded_name(node)
    if guarded is not None:
        bound = machine.is_bound(guarded)
        negated = isinstance(node.ops[0], ast.NotIn)
        return ANY if bound is None else constant(bound is not negated)
    left = machine.evaluate(node.left)
    result: Value | None = None
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        right = machine.evaluate(comparator)
        outcome = _tracked(
            machine, _compare_one(machine, op, left, right, node), (left, right), node
        )
        result = outcome if result is None or truth(result) else result
        left = right
    return result if result is not None and len(node.ops) == 1 else ANY


def _is_same_object(left: object, right: object) -> bool | None:
    """Whether two constants are one object; None where that is for the interpreter to choose."""
    if type(left) is not type(right) or left != right:
        return False
    return True if isinstance(left, (bool, type(None), type(...))) else None


def _compare_one(
    machine: Machine, op: ast.cmpop, left: Value, right: Value, node: ast.AST
) -> Value:
    if left.kind == "union" and right.kind == "const":
        outcomes = {_compare_one(machine, op, choice, right, node) for choice in left.data}
        return outcomes.pop() if len(outcomes) == 1 else ANY
    if left.kind == "const" and right.kind == "const":
        if isinstance(op, (ast.Is, ast.IsNot)):
            same = _is_same_object(left.data[1], right.data[1])
            return ANY if same is None else constant(same is isinstance(op, ast.Is))
        try:
            return constant(bool(_COMPARE[type(op)](left.data[1], right.data[1])))
        except TypeError:
            return ANY
    if left.kind == "instance" and type(op) in _SPECIAL:
        result = call_special(machine, left, f"__{_SPECIAL[type(op)]}__", (right,), node)
        return result or ANY
    if right.kind == "instance" and isinstance(op, (ast.In, ast.NotIn)):
        call_special(machine, right, "__contains__", (left,), node)
    none = next((v for v in (left, right) if v == NONE), None)
    other = right if none is left else left
    if none is not None and isinstance(op, (ast.Is, ast.IsNot)):
        known = other.kind in ("function", "class", "instance", "list", "dict", "set", "tuple")
        return constant(isinstance(op, ast.IsNot)) if known else ANY
    return ANY
