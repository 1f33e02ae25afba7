"""Calls of libraries: what they mutate, draw, read, run and make."""

from __future__ import annotations

import ast
from functools import partial

from nbprod.flow.interpreter import builtin_calls, dynamic_names, ipython_api, symbol_names
from nbprod.flow.interpreter.arguments import (
    call_with_unknowns,
    given,
    observe_arguments,
    offer_functions,
    root_of_argument,
    text_of,
)
from nbprod.flow.interpreter.builtin_calls import Handler
from nbprod.flow.interpreter.iteration import consume, distinct
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.paths import optional
from nbprod.flow.interpreter.values import (
    ANY,
    Arguments,
    Keywords,
    Value,
    constant,
    library,
    with_labels,
)
from nbprod.libraries.functions import (
    ARGUMENT_MUTATORS,
    ARGUMENT_RESETTERS,
    CONTAINERS,
    EAGER_CALLERS,
    EXITS,
    FILE_CHANGES,
    LAZY_CALLERS,
    PRESERVING,
    RUNNERS,
    result_type,
)
from nbprod.libraries.modules import PURE_MODULES
from nbprod.libraries.randomness import generator_of, generators_seeded_by

__all__ = ["call_library"]

# Decorators and wrappers whose result calls the function they are given and nothing more.
_PRESERVED = "nbprod.preserved"


def call_library(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """Call something of a library by its dotted name."""
    if machine.tracker is None:
        return _call(machine, name, arguments, keywords, node)
    # Asked before the call: after it, nothing is known of what a container holds.
    labels = machine.tracker.called(machine, name, arguments, keywords, node)
    result = _call(machine, name, arguments, keywords, node)
    return result if result.labels is not None else with_labels(result, labels)


def _call(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    handler = _HANDLERS.get(name)
    if handler is not None:
        result = handler(machine, name, arguments, keywords, node)
        if result != ANY:
            return result
        return with_labels(_by_tables(machine, name, arguments, keywords, node), result.labels)
    observe_arguments(machine, node, arguments, keywords)
    return _by_tables(machine, name, arguments, keywords, node)


def _by_tables(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """What is known of a call that no handler has answered."""
    if name == _PRESERVED or name in PRESERVING:
        return _preserve(name, arguments)
    _randomness(machine, name, keywords, node)
    if name in ARGUMENT_MUTATORS and arguments:
        root = root_of_argument(node, 0)
        chained = name not in ARGUMENT_RESETTERS
        machine.mutate(arguments[0], root, node, name.rpartition(".")[2], chained=chained)
    _run_given_functions(machine, name, arguments, keywords, node)
    if name.partition(".")[0] not in PURE_MODULES or name in ARGUMENT_MUTATORS:
        for value in arguments:
            machine.forget_contents(value)
    _files(machine, name, arguments, keywords, node)
    if name in CONTAINERS:
        return _container(machine, name, arguments, keywords)
    made = result_type(name)
    return machine.allocate("object", made) if made else machine.allocate("any")


def _preserve(name: str, arguments: Arguments) -> Value:
    """A decorator that keeps the function; with arguments of its own, it is called once more."""
    if name == "functools.wraps":
        return library(_PRESERVED)
    if arguments and arguments[0].kind in ("function", "class"):
        role = name.rpartition(".")[2]
        if arguments[0].kind == "function" and role in ("staticmethod", "classmethod", "property"):
            function = arguments[0].data.copied()
            function.role = role
            return Value("function", function)
        if role == "cached_property":
            function = arguments[0].data.copied()
            function.role = "property"
            return Value("function", function)
        if role == "dataclass" and arguments[0].kind == "class":
            arguments[0].data.is_dataclass = True
        return arguments[0]
    return library(_PRESERVED if name != "dataclasses.dataclass" else name)


def _run_given_functions(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> None:
    if name in EAGER_CALLERS:
        for value in given(arguments, keywords):
            if value.kind in ("function", "union", "class"):
                call_with_unknowns(machine, value, node)
        return
    if name not in LAZY_CALLERS:
        offer_functions(machine, arguments, keywords, node)
    pure = name.partition(".")[0] in PURE_MODULES
    for value in arguments:
        if value.kind == "pending" and name != "builtins.print":
            if pure:
                consume(machine, value, node, in_part=name.startswith("itertools."))
            else:
                optional(machine, partial(consume, machine, value, node))


def _randomness(machine: Machine, name: str, keywords: Keywords, node: ast.AST) -> None:
    seeded = generators_seeded_by(name)
    for generator in seeded:
        machine.touch(generator, node, "seed", resets=True)
    if seeded:
        return
    drawn = generator_of(name)
    if drawn is None:
        return
    last = name.rpartition(".")[2]
    if last != "train_test_split" or not any(key in ("random_state", "**") for key, _ in keywords):
        machine.touch(drawn, node, last)


def _files(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> None:
    path = text_of(arguments[0]) if arguments else None
    if name in FILE_CHANGES:
        if name == "shutil.rmtree" and any(key == "ignore_errors" for key, _ in keywords):
            return
        if machine.catcher("FileNotFoundError") is not None:
            return  # the author knows that it may be gone
        machine.touch(f"file:{path}", node, FILE_CHANGES[name])
    elif name == "os.chdir":
        machine.touch("cwd", node, "chdir", resets=True)
    elif path is not None and name.startswith("pandas.read_"):
        machine.look(f"file:{path}", node)


def _container(machine: Machine, name: str, arguments: Arguments, keywords: Keywords) -> Value:
    kind = CONTAINERS[name]
    if kind == "dict" and keywords and not arguments and all(key != "**" for key, _ in keywords):
        return machine.allocate_dict([(constant(key), value) for key, value in keywords])
    held: tuple[Value, ...] | None = ()
    if arguments:
        held = machine.contents(arguments[0]) if kind in ("list", "set") else None
        if name == "collections.defaultdict":
            held = None
    if keywords or len(arguments) > 1:
        # Keys of a dict, the length of a queue.
        held = None
    if arguments and arguments[0].kind == "range":
        return machine.allocate("list")
    if kind == "set" and held is not None:
        held = distinct(held)
    return machine.allocate(kind, None, held)


def _exit(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    machine.raise_("SystemExit")
    return ANY


def _run_coroutines(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    results = [consume(machine, value, node) for value in arguments]
    return results[0] if len(results) == 1 else ANY


def _copy(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    observe_arguments(machine, node, arguments, keywords)
    if not arguments:
        return ANY
    value = arguments[0]
    if not value.objects:
        return value if value.kind == "const" else machine.allocate("any")
    copied = machine.allocate(value.kind, value.data, machine.contents(value))
    for identity in value.objects:
        (fresh,) = copied.objects
        for key, entry in list(machine.env.entries.items()) if value.kind == "instance" else ():
            if isinstance(key, tuple) and key[:2] == ("object", identity) and len(key) == 3:
                machine.env.set(("object", fresh, key[2]), entry)
    return copied


def _partial(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    if arguments and arguments[0].kind == "function":
        return Value("function", arguments[0].data.partial(arguments[1:], keywords))
    return ANY


_HANDLERS: dict[str, Handler] = {
    **builtin_calls.HANDLERS,
    **dynamic_names.HANDLERS,
    **ipython_api.HANDLERS,
    **symbol_names.HANDLERS,
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "copy.copy": _copy,
    "copy.deepcopy": _copy,
    **dict.fromkeys(EXITS, _exit),
    **dict.fromkeys(RUNNERS, _run_coroutines),
}
