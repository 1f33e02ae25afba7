"""What running each statement does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from nbprod.flow.idempotence import is_wiping
from nbprod.flow.interpreter.definitions import evaluate_annotation, run_class, run_function
from nbprod.flow.interpreter.exceptions import run_assert, run_raise, run_try, run_with
from nbprod.flow.interpreter.frames import Dead
from nbprod.flow.interpreter.imports import run_import, run_import_from
from nbprod.flow.interpreter.loops import run_break, run_continue, run_for, run_while
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.matching import run_match
from nbprod.flow.interpreter.objects import (
    read_attribute,
    read_subscript,
    store_attribute,
    store_item,
)
from nbprod.flow.interpreter.operators import apply_binary, apply_in_place, truth_of
from nbprod.flow.interpreter.paths import branch
from nbprod.flow.interpreter.targets import assign, delete
from nbprod.flow.interpreter.values import ANY, NONE, Value
from nbprod.syntax.names import root_of

__all__ = ["RUN"]

_MUTABLE = ("list", "dict", "set")
_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.Div: "/=", ast.FloorDiv: "//=",
    ast.Mod: "%=", ast.Pow: "**=", ast.MatMult: "@=", ast.BitAnd: "&=", ast.BitOr: "|=",
    ast.BitXor: "^=", ast.LShift: "<<=", ast.RShift: ">>=",
}  # fmt: skip


def _assign(machine: Machine, node: ast.Assign) -> None:
    value = machine.receive(node.value)
    if value.kind == "const" and machine.program.is_input(machine.source_cell, node):
        # The value on the page is only the one that nobody has changed yet.
        value = ANY
    for target in node.targets:
        assign(machine, target, value)


def _annotated(machine: Machine, node: ast.AnnAssign) -> None:
    if node.value is not None:
        value = machine.receive(node.value)
    if machine.frame is None or machine.frame.kind == "class":
        machine.annotates = True
        evaluate_annotation(machine, node.annotation)
    if node.value is not None:
        assign(machine, node.target, value)
    elif not isinstance(node.target, ast.Name):
        machine.evaluate(node.target.value)


def _augmented(machine: Machine, node: ast.AugAssign) -> None:
    target = node.target
    if isinstance(target, ast.Name):
        wiped = is_wiping(node)
        old = machine.receive(target) if wiped else machine.evaluate(target)
        operand = machine.evaluate(node.value)
        if old.kind in _MUTABLE or old.data == "numpy.ndarray":
            sign = _SIGNS[type(node.op)]
            machine.mutate(old, target.id, target, sign, chained=not wiped, wipes=wiped)
            if machine.tracker is not None:
                machine.tracker.stored(machine, old, None, operand, node)
            machine.bind(target.id, target, old, "augmented", "+=")
            return
        if old.kind == "instance":
            result = apply_in_place(machine, node.op, old, operand, node)
        else:
            result = None
        value = result or apply_binary(machine, node.op, old, operand, node)
        if value.kind == "any" and not value.objects and old.kind == "any":
            value = value._replace(objects=old.objects, parts=old.parts)
        machine.bind(target.id, target, value, "augmented", type(node.op).__name__)
        return
    base = machine.receive(target.value)
    root, root_node = root_of(target.value)
    if isinstance(target, ast.Attribute):
        old = read_attribute(machine, base, target.attr, root, root_node, target)
        operand = machine.evaluate(node.value)
        value = apply_binary(machine, node.op, old, operand, node)
        store_attribute(machine, base, target.attr, value, root, target)
    else:
        key = machine.evaluate(target.slice)
        old = read_subscript(machine, base, key, target, root, root_node)
        operand = machine.evaluate(node.value)
        value = apply_binary(machine, node.op, old, operand, node)
        store_item(machine, base, key, value, root, target)


def _delete(machine: Machine, node: ast.Delete) -> None:
    for target in node.targets:
        delete(machine, target)


def _expression(machine: Machine, node: ast.Expr) -> None:
    machine.evaluate(node.value)


def _scope_statement(machine: Machine, node: ast.stmt) -> None:
    """``pass``, ``global``, ``nonlocal``: nothing happens when they run."""


def _if(machine: Machine, node: ast.If) -> None:
    verdict = truth_of(machine, machine.evaluate(node.test))
    if verdict is not None:
        machine.run(node.body if verdict else node.orelse)
        return
    branch(machine, [_block(machine, node.body), _block(machine, node.orelse)])


def _block(machine: Machine, body: Sequence[ast.stmt]) -> Callable[[], Value]:
    def run() -> Value:
        machine.run(body)
        return ANY

    return run


def _return(machine: Machine, node: ast.Return) -> None:
    value = machine.receive(node.value) if node.value is not None else NONE
    frame = machine.frame
    while frame is not None and frame.kind != "function":
        frame = frame.closure
    if frame is not None:
        frame.returns.append((machine.env.delta(frame.mark), value))
    raise Dead


def _type_alias(machine: Machine, node: Any) -> None:
    machine.bind(node.name.id, node.name, ANY, "type-alias")


RUN: dict[type[ast.AST], Callable[[Machine, Any], None]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.Pass: _scope_statement,
    ast.Global: _scope_statement,
    ast.Nonlocal: _scope_statement,
    ast.If: _if,
    ast.While: run_while,
    ast.For: run_for,
    ast.AsyncFor: run_for,
    ast.Break: run_break,
    ast.Continue: run_continue,
    ast.Return: _return,
    ast.Raise: run_raise,
    ast.Assert: run_assert,
    ast.Try: run_try,
    ast.With: run_with,
    ast.AsyncWith: run_with,
    ast.FunctionDef: run_function,
    ast.AsyncFunctionDef: run_function,
    ast.ClassDef: run_class,
    ast.Import: run_import,
    ast.ImportFrom: run_import_from,
    ast.Match: run_match,
    # Python 3.11 and later.
    getattr(ast, "TryStar", ast.Try): run_try,
}
