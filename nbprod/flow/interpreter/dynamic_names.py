"""Names that code binds by text: `globals()`, `exec`, `setattr` on the notebook's module."""

from __future__ import annotations

import ast

from nbprod.flow.interpreter.arguments import root_of_argument, text_of
from nbprod.flow.interpreter.builtin_calls import Handler
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.values import ANY, NONE, Arguments, Keywords, Value

__all__ = ["HANDLERS", "call_namespace"]


def _namespace(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    if name in ("builtins.vars", "builtins.dir") and arguments:
        if name == "builtins.vars":
            # Its attributes may be set through the dict.
            machine.forget_contents(arguments[0])
        return ANY
    in_function = machine.frame is not None and name != "builtins.globals"
    return machine.allocate("any") if in_function else Value("namespace")


def _execute(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """`exec` and `eval`: literal code is read like any other, the rest may bind anything."""
    text = text_of(arguments[0]) if arguments else None
    if len(arguments) > 1 and arguments[1].kind != "namespace":
        return machine.allocate("any")
    if text is None:
        if name == "builtins.exec":
            machine.mark_opaque(node, "exec")
        return machine.allocate("any")
    number, tree = machine.program.foreign(text, machine.span(node))
    if tree is None:
        return machine.allocate("any")
    outer, machine.source_cell = machine.source_cell, number
    try:
        if name == "builtins.exec":
            machine.run(tree.body)
            return NONE
        if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
            return machine.evaluate(tree.body[0].value)
        return machine.allocate("any")
    finally:
        machine.source_cell = outer


def call_namespace(
    machine: Machine, method: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """Call a method of ``globals()``: some of them bind and unbind names."""
    if method == "update":
        held = machine.contents(arguments[0]) if arguments else ()
        names = [text_of(value) for value in held] if held is not None else [None]
        for name in (*names, *(key for key, _ in keywords)):
            machine.bind_global(name if name != "**" else None, node, ANY)
    elif method in ("setdefault", "__setitem__", "pop", "get") and arguments:
        name = text_of(arguments[0])
        if method == "pop" and name is not None:
            machine.unbind_global(name, node)
        elif method in ("setdefault", "__setitem__"):
            machine.bind_global(name, node, arguments[1] if len(arguments) > 1 else NONE)
    return machine.allocate("any")


def _set_attribute(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    if len(arguments) == 3:
        target, attribute = arguments[0], text_of(arguments[1])
        if target.is_library("__main__", "builtins"):
            machine.bind_global(attribute, node, arguments[2])
        elif target.objects:
            part = "." + attribute if attribute is not None else None
            root = root_of_argument(node, 0)
            how = part or "setattr"
            machine.mutate(target, root, node, how, part=part, stored=arguments[2])
    return NONE


HANDLERS: dict[str, Handler] = {
    "builtins.globals": _namespace,
    "builtins.locals": _namespace,
    "builtins.vars": _namespace,
    "builtins.dir": _namespace,
    "builtins.exec": _execute,
    "builtins.eval": _execute,
    "builtins.setattr": _set_attribute,
}
"""What to do at calls that may bind names by text, by dotted name."""
