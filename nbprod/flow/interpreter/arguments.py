"""What a call is given, and what a callee that is not followed may do with it."""

from __future__ import annotations

import ast
from functools import partial

from nbprod.flow.interpreter.iteration import consume
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.paths import optional
from nbprod.flow.interpreter.values import ANY, Arguments, Keywords, Labels, Value, with_labels
from nbprod.syntax.names import root_of

__all__ = [
    "call_with_unknowns",
    "given",
    "observe_arguments",
    "offer_functions",
    "root_of_argument",
    "text_of",
]


def given(arguments: Arguments, keywords: Keywords) -> Arguments:
    """The values that a call is given, whatever their names."""
    return (*arguments, *[value for _, value in keywords]) if keywords else arguments


def observe_arguments(
    machine: Machine, node: ast.Call | ast.AST, arguments: Arguments, keywords: Keywords
) -> None:
    """The callee looks at everything that it is given."""
    if not isinstance(node, ast.Call):
        return
    for expression, value in zip(node.args, arguments, strict=False):
        if value.objects or value.parts:
            machine.observe(value, *root_of(expression))
    for keyword, (_, value) in zip(node.keywords, keywords, strict=False):
        if value.objects or value.parts:
            machine.observe(value, *root_of(keyword.value))


def offer_functions(
    machine: Machine, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> None:
    """The callee may call the functions of the notebook that it is given."""
    for value in given(arguments, keywords):
        if value.kind == "function":
            optional(machine, partial(call_with_unknowns, machine, value, node))


def call_with_unknowns(
    machine: Machine, value: Value, node: ast.AST, labels: Labels | None = None
) -> Value:
    """Call a function of the notebook with arguments of which nothing but labels is known."""
    if value.kind == "library":
        return ANY
    unknown = with_labels(Value("starred"), labels)
    return consume(machine, machine.call(value, (unknown,), (), node), node)


def text_of(value: Value | None) -> str | None:
    """The string that a value is, None where it is none that is known."""
    return (
        value.data[1]
        if value and value.kind == "const" and isinstance(value.data[1], str)
        else None
    )


def root_of_argument(node: ast.AST, index: int) -> str:
    if isinstance(node, ast.Call) and len(node.args) > index:
        return root_of(node.args[index])[0]
    return ""
