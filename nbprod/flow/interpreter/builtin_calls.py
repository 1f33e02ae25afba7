"""Calls of Python's builtins: those that iterate, print, open, or are lazy."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

from nbprod.flow.interpreter.arguments import (
    call_with_unknowns,
    observe_arguments,
    root_of_argument,
    text_of,
)
from nbprod.flow.interpreter.iteration import consume, iterate
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.objects import call_special, display_text, read_attribute
from nbprod.flow.interpreter.operators import truth_of
from nbprod.flow.interpreter.paths import optional
from nbprod.flow.interpreter.values import (
    ANY,
    NONE,
    Arguments,
    Keywords,
    Pending,
    Value,
    alternatives,
    constant,
    join_all,
    with_labels,
)
from nbprod.libraries.functions import ITERATING_BUILTINS, LAZY_CALLERS, WRAPPING_BUILTINS

__all__ = ["HANDLERS", "Handler"]

_CONVERSIONS: dict[str, Callable[..., object]] = {
    "int": int, "float": float, "bool": bool, "str": str,
}  # fmt: skip
_LONGEST = 40

Handler = Callable[[Machine, str, Arguments, Keywords, ast.AST], Value]


def _open(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    path = text_of(arguments[0]) if arguments else None
    given = dict(keywords)
    mode = text_of(arguments[1] if len(arguments) > 1 else given.get("mode")) or "r"
    resource = f"file:{path}"
    if "a" in mode:
        machine.touch(resource, node, "appends")
    elif "w" in mode or "x" in mode:
        machine.touch(resource, node, "creates" if "x" in mode else "writes", resets="w" in mode)
    elif path is not None:
        machine.look(resource, node)
    return machine.allocate("object", "file")


def _next(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    if arguments:
        value = arguments[0]
        root = root_of_argument(node, 0)
        if value.kind == "instance":
            return call_special(machine, value, "__next__", (), node) or ANY
        machine.mutate(value, root, node, "next", chained=True)
        if value.kind == "pending":
            return consume(machine, value, node, in_part=True)
    return ANY


def _builtin(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """Builtins that look at their arguments, iterate them or turn them into text."""
    observe_arguments(machine, node, arguments, keywords)
    last = name.rpartition(".")[2]
    if last == "print":
        _print(machine, arguments, keywords)
    made: list[Value] = []
    for value in arguments:
        for alternative in alternatives(value):
            if last in ("print", "str", "repr", "format"):
                display_text(
                    machine, alternative, node, "__repr__" if last == "repr" else "__str__"
                )
            elif alternative.kind == "instance":
                _special_of(machine, last, alternative, node)
            elif alternative.kind == "pending" and last in ITERATING_BUILTINS:
                made.append(consume(machine, alternative, node, in_part=last in ("any", "all")))
    if last in WRAPPING_BUILTINS and len(arguments) >= 1:
        held = machine.contents(arguments[0])
        if last == "iter":
            inner = arguments[0]
            if inner.kind == "instance":
                return call_special(machine, inner, "__iter__", (), node) or ANY
            return machine.allocate("iterator")
        if any(value.kind == "pending" for value in arguments):
            for value in arguments:
                consume(machine, value, node, in_part=True)
            return ANY
        sizes = [machine.contents(value) for value in arguments if value.kind != "starred"]
        if held is not None and (last != "zip" or all(size is not None for size in sizes)):
            count = (
                min(len(size) for size in sizes if size is not None) if last == "zip" else len(held)
            )
            return machine.allocate("tuple", None, (ANY,) * count)
        if arguments[0].kind == "range" and last == "enumerate":
            return arguments[0]
        return machine.allocate("any")
    if last in _CONVERSIONS and not keywords:
        return _converted(machine, _CONVERSIONS[last], arguments)
    if last == "len" and arguments:
        held = machine.contents(arguments[0])
        if held is not None and len(held) < 64:
            return constant(len(held))
    if last in ("print", "setattr", "delattr"):
        return NONE
    if machine.tracker is not None and made:
        return with_labels(ANY, machine.tracker.built(machine, made))
    return ANY


def _converted(machine: Machine, make: Callable[..., object], arguments: Arguments) -> Value:
    """``int()``, ``bool(0)``, ``str(3)``: a constant, if the argument is one or there is none."""
    if not arguments:
        return constant(make())
    if len(arguments) > 1 or arguments[0].kind != "const":
        verdict = truth_of(machine, arguments[0]) if make is bool and len(arguments) == 1 else None
        return ANY if verdict is None else constant(verdict)
    given = arguments[0].data[1]
    simple = (int, float) if make in (int, float) else (int, float, str)
    if not isinstance(given, simple) or len(str(given)) > _LONGEST:
        return ANY
    try:
        return constant(make(given))
    except (ArithmeticError, ValueError):
        return ANY


def _print(machine: Machine, arguments: Arguments, keywords: Keywords) -> None:
    """Remember what a cell prints, as far as it is known for sure."""
    texts = [
        str(value.data[1])
        if value.kind == "const" and type(value.data[1]) in (int, str, bool)
        else None
        for value in arguments
    ]
    sure = not keywords and machine.mandatory and machine.frame is None and not machine.loops
    line = " ".join(text for text in texts if text is not None)
    known = sure and None not in texts
    machine.printed.setdefault(machine.cell, []).append(line if known else None)


def _special_of(machine: Machine, builtin: str, value: Value, node: ast.AST) -> None:
    special = {
        "len": "__len__", "bool": "__bool__", "int": "__int__", "float": "__float__",
        "hash": "__hash__", "abs": "__abs__", "round": "__round__", "reversed": "__reversed__",
    }.get(builtin)  # fmt: skip
    if special is not None:
        call_special(machine, value, special, (), node)
    elif builtin in ITERATING_BUILTINS or builtin in ("enumerate", "zip", "map", "filter"):
        iterate(machine, value, node)


def _range(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    numbers = [value.data[1] for value in arguments if value.kind == "const"]
    if len(numbers) != len(arguments) or not all(type(number) is int for number in numbers):
        return Value("range", None)
    try:
        span = range(*numbers)
        if 0 < len(span) <= 4:
            return machine.allocate("tuple", None, tuple(constant(number) for number in span))
        return Value("range", bool(span))
    except (TypeError, ValueError, OverflowError):
        return Value("range", None)


def _lazy(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    observe_arguments(machine, node, arguments, keywords)
    if len(arguments) < 2:
        return ANY
    function, iterable = arguments[0], arguments[1]
    if name.startswith("itertools.") and name != "itertools.starmap":
        function, iterable = iterable, function
    if function.kind not in ("function", "class", "union"):
        return machine.allocate("iterator")

    def resume(machine: Machine, consumer: ast.AST, in_part: bool) -> Value:
        elements, nonempty = iterate(machine, iterable, consumer, in_part=in_part)
        if nonempty is False:
            return ANY
        labels = join_all(elements).labels if machine.tracker is not None else None
        call = partial(call_with_unknowns, machine, function, node, labels)
        return (call() if nonempty else optional(machine, call)) or ANY

    return machine.allocate("pending", Pending(resume))


def _get_attribute(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    part = text_of(arguments[1]) if len(arguments) > 1 else None
    root = root_of_argument(node, 0)
    if part is None or not isinstance(node, ast.Call):
        return ANY
    return read_attribute(machine, arguments[0], part, root, node.args[0], node)


def _ask(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """A person answers, and the prompt is printed with the answer."""
    observe_arguments(machine, node, arguments, keywords)
    machine.doubt_output()
    return ANY


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("builtins.input", "getpass.getpass", "getpass.getuser"), _ask),
    "builtins.open": _open,
    "builtins.next": _next,
    "builtins.range": _range,
    "builtins.getattr": _get_attribute,
    **dict.fromkeys(LAZY_CALLERS, _lazy),
    **{
        f"builtins.{name}": _builtin
        for name in (
            "print str repr format len bool int float hash abs round reversed enumerate zip"
            " iter list tuple set frozenset dict sum sorted max min any all"
        ).split()
    },
}
"""What to do at calls of builtins, by dotted name."""
