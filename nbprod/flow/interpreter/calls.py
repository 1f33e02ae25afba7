"""Calls: the notebook's own functions are followed, known libraries are looked up in tables."""

from __future__ import annotations

import ast
from functools import partial

from nbprod.flow.interpreter.arguments import observe_arguments, offer_functions
from nbprod.flow.interpreter.functions import call_function, construct
from nbprod.flow.interpreter.library_calls import call_library
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.methods import call_method
from nbprod.flow.interpreter.objects import call_special
from nbprod.flow.interpreter.paths import branch
from nbprod.flow.interpreter.values import ANY, Arguments, Keywords, Labels, Value, with_labels
from nbprod.syntax.names import root_of

__all__ = ["call_value", "evaluate_call"]


def evaluate_call(machine: Machine, node: ast.Call) -> Value:
    """Evaluate a call expression."""
    function = node.func
    if type(function) is ast.Name and function.id == "super" and not node.args:
        return _super(machine)
    if type(function) is ast.Attribute:
        base = machine.receive(function.value)
        arguments, keywords = _arguments(machine, node)
        root, root_node = root_of(function.value)
        return call_method(machine, base, function, arguments, keywords, node, root, root_node)
    callee = machine.receive(function)
    arguments, keywords = _arguments(machine, node)
    return machine.call(callee, arguments, keywords, node)


def _arguments(machine: Machine, node: ast.Call) -> tuple[Arguments, Keywords]:
    arguments: list[Value] = []
    for argument in node.args:
        if type(argument) is ast.Starred:
            value = machine.evaluate(argument.value)
            held = machine.contents(value)
            arguments.extend(held if held is not None else (Value("starred"),))
        else:
            arguments.append(machine.receive(argument))
    if not node.keywords:
        return tuple(arguments), ()
    keywords = [(keyword.arg or "**", machine.receive(keyword.value)) for keyword in node.keywords]
    return tuple(arguments), tuple(keywords)


def _super(machine: Machine) -> Value:
    frame = machine.frame
    while frame is not None and frame.kind != "function":
        frame = frame.closure
    if frame is None or frame.function is None or frame.function.owner is None:
        return ANY
    return Value("super", (frame.function.owner, frame.function.receiver or ANY))


def call_value(
    machine: Machine, callee: Value, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """Call a value with evaluated arguments."""
    kind = callee.kind
    if kind == "function":
        return call_function(machine, callee.data, arguments, keywords, node)
    if kind == "library":
        return call_library(machine, callee.data, arguments, keywords, node)
    if kind == "class":
        return construct(machine, callee, arguments, keywords, node)
    if kind == "union":
        functions = [function.data for function in callee.data if function.kind == "function"]
        if (
            len(functions) == len(callee.data)
            and len({id(function.node) for function in functions}) == 1
        ):
            # One piece of code, made several times: what it reads is the same for all.
            return call_function(machine, functions[0], arguments, keywords, node)
        return branch(
            machine,
            [partial(machine.call, choice, arguments, keywords, node) for choice in callee.data],
        )
    if kind == "instance":
        result = call_special(machine, callee, "__call__", arguments, node)
        if result is None and callee.data.is_open:
            for method in ("forward", "call"):
                result = result or call_special(machine, callee, method, arguments, node)
        return result if result is not None else ANY
    return call_unknown(machine, callee, arguments, keywords, node)


def call_unknown(
    machine: Machine, callee: Value, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """A callee that nothing is known of: it looks at its arguments and may call them."""
    labels: Labels | None = None
    if machine.tracker is not None and isinstance(node, ast.Call):
        labels = machine.tracker.unknown(machine, callee, arguments, keywords, node)
    observe_arguments(machine, node, arguments, keywords)
    offer_functions(machine, arguments, keywords, node)
    if isinstance(node, ast.Call):
        for expression, value in zip(node.args, arguments, strict=False):
            if value.objects:
                root, _ = root_of(expression)
                machine.mutate(value, root, node, "call", definite=False)
                machine.forget_contents(value)
    return with_labels(machine.allocate("any"), labels)
