"""Calls of builtins and libraries: what they bind, mutate, draw, read or run."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache, partial

from nbprod.flow.interpreter import calls, expressions, objects
from nbprod.flow.interpreter.machine import OPAQUE, Machine
from nbprod.flow.interpreter.state import Entry
from nbprod.flow.interpreter.values import ANY, NONE, Value, alternatives, constant, library
from nbprod.libraries.modules import (
    CONTAINERS,
    EAGER_CALLERS,
    LAZY_CALLERS,
    PURE_MODULES,
    result_type,
)

__all__ = ["call_library"]

Arguments = tuple[Value, ...]
Keywords = tuple[tuple[str, Value], ...]
Handler = Callable[[Machine, str, Arguments, Keywords, ast.AST], Value]

_SEEDS = frozenset(
    [
        "random.seed",
        "numpy.random.seed",
        "torch.manual_seed",
        "tensorflow.random.set_seed",
        "tensorflow.set_random_seed",
        "torch.cuda.manual_seed",
        "torch.cuda.manual_seed_all",
        "keras.utils.set_random_seed",
        "tensorflow.keras.utils.set_random_seed",
    ]
)
_NOT_DRAWS = frozenset(
    ["Random", "SystemRandom", "default_rng", "RandomState", "Generator", "get_state"]
)
_EXITS = frozenset(["sys.exit", "builtins.exit", "builtins.quit", "os._exit", "os.abort"])
_CONSUMERS = frozenset(
    [
        "list",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "sum",
        "sorted",
        "max",
        "min",
        "any",
        "all",
        "len",
        "str",
        "bytes",
    ]
)
_WRAPPERS = frozenset(["enumerate", "zip", "reversed", "iter"])
_REMOVERS = {
    "os.remove": "removes", "os.unlink": "removes", "os.rename": "removes", "os.rmdir": "removes",
    "shutil.move": "removes", "shutil.rmtree": "removes", "os.replace": "removes",
    "os.mkdir": "creates",
}  # fmt: skip
_RUNNERS = frozenset(
    [
        "asyncio.run",
        "asyncio.gather",
        "asyncio.wait",
        "asyncio.wait_for",
        "asyncio.create_task",
        "asyncio.ensure_future",
    ]
)
_ARGUMENT_MUTATORS = {
    "random.shuffle": 0, "numpy.random.shuffle": 0, "heapq.heappush": 0, "heapq.heappop": 0,
    "heapq.heapify": 0, "bisect.insort": 0, "bisect.insort_left": 0, "bisect.insort_right": 0,
    "numpy.put": 0, "numpy.copyto": 0, "numpy.fill_diagonal": 0,
}  # fmt: skip
_RESETTERS = frozenset(("heapq.heapify", "numpy.put", "numpy.copyto", "numpy.fill_diagonal"))
# Decorators and wrappers whose result calls the function they are given and nothing more.
_PRESERVED = "nbprod.preserved"
_PRESERVING = frozenset(
    [
        "nbprod.preserved",
        "functools.lru_cache",
        "functools.cache",
        "functools.wraps",
        "numba.njit",
        "numba.jit",
        "tensorflow.function",
        "torch.no_grad",
        "torch.inference_mode",
        "contextlib.contextmanager",
        "functools.singledispatch",
        "builtins.staticmethod",
        "builtins.classmethod",
        "builtins.property",
        "functools.cached_property",
        "abc.abstractmethod",
        "typing.no_type_check",
        "typing.overload",
        "jax.jit",
        "dataclasses.dataclass",
        "functools.total_ordering",
        "typing.final",
        "ipywidgets.interact_manual",
    ]
)


def call_library(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """Call something of a library by its dotted name."""
    handler = _HANDLERS.get(name)
    if handler is None and name.startswith("IPython."):
        from nbprod.flow.interpreter.ipython_api import HANDLERS

        handler = HANDLERS.get(name)
    if handler is not None:
        result = handler(machine, name, arguments, keywords, node)
        if result is not ANY:
            return result
    else:
        calls.observe_arguments(machine, node, arguments, keywords)
    if name in _PRESERVING:
        return _preserve(name, arguments)
    _randomness(machine, name, keywords, node)
    if name in _ARGUMENT_MUTATORS and arguments:
        root = _root_of_argument(node, 0)
        chained = name not in _RESETTERS
        machine.mutate(arguments[0], root, node, name.rpartition(".")[2], chained=chained)
    _run_given_functions(machine, name, arguments, keywords, node)
    if name.partition(".")[0] not in PURE_MODULES or name in _ARGUMENT_MUTATORS:
        for value in arguments:
            machine.forget_contents(value)
    _files(machine, name, arguments, keywords, node)
    if name in CONTAINERS:
        return _container(machine, name, arguments, keywords)
    made = result_type(name)
    return machine.allocate("object", made) if made else machine.allocate("any")


def _root_of_argument(node: ast.AST, index: int) -> str:
    if isinstance(node, ast.Call) and len(node.args) > index:
        return expressions.root_of(node.args[index])[0]
    return ""


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
        for value in calls.given(arguments, keywords):
            if value.kind in ("function", "union", "class"):
                calls.call_with_unknowns(machine, value, node)
        return
    if name not in LAZY_CALLERS:
        calls.offer_functions(machine, arguments, keywords, node)
    pure = name.partition(".")[0] in PURE_MODULES
    for value in arguments:
        if value.kind == "pending" and name != "builtins.print":
            if pure:
                calls.consume(machine, value, node, in_part=name.startswith("itertools."))
            else:
                expressions.optional(machine, partial(calls.consume, machine, value, node))


@cache
def _draws_from(name: str) -> str | None:
    """The generator of random numbers that a library call draws from, None for most calls."""
    last = name.rpartition(".")[2]
    if name.startswith(("random.", "numpy.random.")):
        return None if last in _NOT_DRAWS else _generator_of(name)
    if name.startswith(("torch.rand", "tensorflow.random.")):
        return _generator_of(name)
    return "numpy.random" if last == "train_test_split" else None


def _randomness(machine: Machine, name: str, keywords: Keywords, node: ast.AST) -> None:
    generator = _draws_from(name)
    if generator is None and name not in _SEEDS:
        return
    last = name.rpartition(".")[2]
    if name in _SEEDS:
        machine.touch(_generator_of(name), node, "seed", resets=True)
    elif generator is not None and not (
        last == "train_test_split" and any(key in ("random_state", "**") for key, _ in keywords)
    ):
        machine.touch(generator, node, last)


def _generator_of(name: str) -> str:
    if name.startswith("numpy."):
        return "numpy.random"
    return "random" if name.startswith("random.") else name.partition(".")[0] + ".random"


def text_of(value: Value | None) -> str | None:
    """The string that a value is, None where it is none that is known."""
    return (
        value.data[1]
        if value and value.kind == "const" and isinstance(value.data[1], str)
        else None
    )


def _files(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> None:
    path = text_of(arguments[0]) if arguments else None
    if name in _REMOVERS:
        if name == "shutil.rmtree" and any(key == "ignore_errors" for key, _ in keywords):
            return
        if machine.catcher("FileNotFoundError") is not None:
            return  # the author knows that it may be gone
        machine.touch(f"file:{path}", node, _REMOVERS[name])
    elif name == "os.chdir":
        machine.touch("cwd", node, "chdir", resets=True)
    elif path is not None and name.startswith("pandas.read_"):
        machine.look(f"file:{path}", node)


def _container(machine: Machine, name: str, arguments: Arguments, keywords: Keywords) -> Value:
    kind = CONTAINERS[name]
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
        held = objects.distinct(held)
    return machine.allocate(kind, None, held)


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
    from nbprod.flow.interpreter.statements import run_block

    text = text_of(arguments[0]) if arguments else None
    if len(arguments) > 1 and arguments[1].kind != "namespace":
        return machine.allocate("any")
    if text is None:
        if name == "builtins.exec":
            mark_opaque(machine, node, "exec")
        return machine.allocate("any")
    number, tree = machine.program.foreign(text, machine.span(node))
    if tree is None:
        return machine.allocate("any")
    outer, machine.source_cell = machine.source_cell, number
    try:
        if name == "builtins.exec":
            run_block(machine, tree.body)
            return NONE
        if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
            return expressions.evaluate(machine, tree.body[0].value)
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
            bind_global(machine, name if name != "**" else None, node, ANY)
    elif method in ("setdefault", "__setitem__", "pop", "get") and arguments:
        name = text_of(arguments[0])
        if method == "pop" and name is not None:
            unbind_global(machine, name, node)
        elif method in ("setdefault", "__setitem__"):
            bind_global(machine, name, node, arguments[1] if len(arguments) > 1 else NONE)
    return machine.allocate("any")


def bind_global(machine: Machine, name: str | None, node: ast.AST, value: Value) -> None:
    """Do ``globals()[name] = value``; a name that is not known may be any."""
    if name is None:
        mark_opaque(machine, node, "globals()")
        return
    definition = machine.definition(node, name, "dynamic", "globals()")
    machine.env.set(name, Entry(frozenset((definition,)), value))
    machine.made.setdefault(name, {})[definition] = None


def unbind_global(machine: Machine, name: str, node: ast.AST) -> None:
    """Do ``del globals()[name]``."""
    definition = machine.definition(node, name, "deletion", "globals()")
    machine.env.set(name, Entry(frozenset((definition,))))


def mark_opaque(machine: Machine, node: ast.AST, how: str) -> None:
    """From here on any name may be bound."""
    definition = machine.definition(node, "", "dynamic", how)
    old = machine.env.entries.get(OPAQUE)
    definitions = frozenset((definition,)) | (old.definitions if old else frozenset())
    machine.env.set(OPAQUE, Entry(definitions))


def _next(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    if arguments:
        value = arguments[0]
        root = _root_of_argument(node, 0)
        if value.kind == "instance":
            return objects.call_special(machine, value, "__next__", (), node) or ANY
        machine.mutate(value, root, node, "next", chained=True)
        if value.kind == "pending":
            return calls.consume(machine, value, node, in_part=True)
    return ANY


def _builtin(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """Builtins that look at their arguments, iterate them or turn them into text."""
    calls.observe_arguments(machine, node, arguments, keywords)
    last = name.rpartition(".")[2]
    if last == "print":
        _print(machine, arguments, keywords)
    for value in arguments:
        for alternative in alternatives(value):
            if last in ("print", "str", "repr", "format"):
                objects.display_text(
                    machine, alternative, node, "__repr__" if last == "repr" else "__str__"
                )
            elif alternative.kind == "instance":
                _special_of(machine, last, alternative, node)
            elif alternative.kind == "pending" and last in _CONSUMERS:
                calls.consume(machine, alternative, node, in_part=last in ("any", "all"))
    if last in _WRAPPERS and len(arguments) >= 1:
        held = machine.contents(arguments[0])
        if last == "iter":
            inner = arguments[0]
            if inner.kind == "instance":
                return objects.call_special(machine, inner, "__iter__", (), node) or ANY
            return machine.allocate("iterator")
        if any(value.kind == "pending" for value in arguments):
            for value in arguments:
                calls.consume(machine, value, node, in_part=True)
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
    if last == "len" and arguments:
        held = machine.contents(arguments[0])
        if held is not None and len(held) < 64:
            return constant(len(held))
    if last in ("print", "setattr", "delattr"):
        return NONE
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
        objects.call_special(machine, value, special, (), node)
    elif builtin in _CONSUMERS or builtin in ("enumerate", "zip", "map", "filter"):
        objects.iterate(machine, value, node)


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
    calls.observe_arguments(machine, node, arguments, keywords)
    if len(arguments) < 2:
        return ANY
    function, iterable = arguments[0], arguments[1]
    if name.startswith("itertools.") and name != "itertools.starmap":
        function, iterable = iterable, function
    if function.kind not in ("function", "class", "union"):
        return machine.allocate("iterator")
    pending = calls.Pending("lazy", machine.source_cell, node, function, iterable)
    return machine.allocate("pending", pending)


def _partial(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    if arguments and arguments[0].kind == "function":
        return Value("function", arguments[0].data.partial(arguments[1:], keywords))
    return ANY


def _exit(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    machine.raise_("SystemExit")
    return ANY


def _run_coroutines(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    results = [calls.consume(machine, value, node) for value in arguments]
    return results[0] if len(results) == 1 else ANY


def _get_attribute(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    attribute = text_of(arguments[1]) if len(arguments) > 1 else None
    root = _root_of_argument(node, 0)
    if attribute is None or not isinstance(node, ast.Call):
        return ANY
    return objects.attribute(machine, arguments[0], attribute, root, node.args[0], node)


def _set_attribute(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    if len(arguments) == 3:
        target, attribute = arguments[0], text_of(arguments[1])
        if target.is_library("__main__", "builtins"):
            bind_global(machine, attribute, node, arguments[2])
        elif target.objects:
            part = "." + attribute if attribute is not None else None
            root = _root_of_argument(node, 0)
            how = part or "setattr"
            machine.mutate(target, root, node, how, part=part, stored=arguments[2])
    return NONE


def _copy(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    calls.observe_arguments(machine, node, arguments, keywords)
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


_HANDLERS: dict[str, Handler] = {
    "builtins.open": _open,
    "builtins.globals": _namespace,
    "builtins.locals": _namespace,
    "builtins.vars": _namespace,
    "builtins.dir": _namespace,
    "builtins.exec": _execute,
    "builtins.eval": _execute,
    "builtins.next": _next,
    "builtins.range": _range,
    "builtins.getattr": _get_attribute,
    "builtins.setattr": _set_attribute,
    "functools.partial": _partial,
    "functools.partialmethod": _partial,
    "copy.copy": _copy,
    "copy.deepcopy": _copy,
    **dict.fromkeys(_EXITS, _exit),
    **dict.fromkeys(_RUNNERS, _run_coroutines),
    **dict.fromkeys(LAZY_CALLERS, _lazy),
    **{
        f"builtins.{name}": _builtin
        for name in (
            *[
                "print",
                "str",
                "repr",
                "format",
                "len",
                "bool",
                "int",
                "float",
                "hash",
                "abs",
                "round",
                "reversed",
                "enumerate",
                "zip",
            ],
            *[
                "iter",
                "list",
                "tuple",
                "set",
                "frozenset",
                "dict",
                "sum",
                "sorted",
                "max",
                "min",
                "any",
                "all",
            ],
        )
    },
}
