"""Definitions of functions and classes, with their decorators and annotations."""

from __future__ import annotations

import ast

from nbprod.flow.interpreter.frames import Frame
from nbprod.flow.interpreter.functions import function_value
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.values import ClassValue, Value

__all__ = ["evaluate_annotation", "run_class", "run_function"]


def evaluate_annotation(machine: Machine, node: ast.expr | None) -> None:
    """Evaluate an annotation where Python does: not under the `annotations` future, nor 3.14."""
    if node is not None and not machine.lazy_annotations:
        machine.evaluate(node)


def run_function(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    decorators = [machine.receive(decorator) for decorator in node.decorator_list]
    value = function_value(machine, node)
    if not getattr(node, "type_params", None):
        arguments = node.args
        for argument in (
            *arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs,
            arguments.kwarg,
        ):  # fmt: skip
            if argument is not None:
                evaluate_annotation(machine, argument.annotation)
        evaluate_annotation(machine, node.returns)
    for expression, decorator in zip(
        reversed(node.decorator_list), reversed(decorators), strict=True
    ):
        value = _decorated(machine, value, decorator, expression)
    machine.bind(node.name, node, value, "function")


def _decorated(machine: Machine, value: Value, decorator: Value, node: ast.expr) -> Value:
    if isinstance(node, ast.Attribute) and node.attr in ("setter", "getter", "deleter"):
        value.data.role = "property"
        return value
    result = machine.call(decorator, (value,), (), node)
    if result.kind not in ("function", "class", "instance", "union", "const", "pending"):
        # A library's decorator: most keep calling what they are given.
        return value
    return result


def run_class(machine: Machine, node: ast.ClassDef) -> None:
    decorators = [machine.receive(decorator) for decorator in node.decorator_list]
    bases = tuple(machine.receive(base) for base in node.bases)
    for keyword in node.keywords:
        machine.evaluate(keyword.value)
    scope = machine.program.scope(node)
    frame = Frame(machine.fresh(), "class", scope, machine.capture())
    cls = ClassValue(node, machine.source_cell, frame.identity, bases)
    cls.is_open = any(
        (base.kind != "class" and not base.is_library("builtins.object")) or
        (base.kind == "class" and base.data.is_open)
        for base in bases
    ) or any(keyword.arg == "metaclass" for keyword in node.keywords)  # fmt: skip
    cls.is_dataclass = any(base.kind == "class" and base.data.is_dataclass for base in bases)
    outer, machine.frame = machine.frame, frame
    try:
        machine.run(node.body)
    finally:
        machine.frame = outer
    for name in scope.local_names:
        entry = machine.env.entries.get((frame.identity, name))
        if entry is not None and entry.value.kind == "function" and entry.value.data.owner is None:
            entry.value.data.owner = cls
    value = Value("class", cls)
    for expression, decorator in zip(
        reversed(node.decorator_list), reversed(decorators), strict=True
    ):
        value = _decorated(machine, value, decorator, expression)
    machine.bind(node.name, node, value, "class")
