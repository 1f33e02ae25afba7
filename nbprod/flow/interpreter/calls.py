"""Calls: the notebook's own functions are followed, known libraries are looked up in tables."""

from __future__ import annotations

import ast
from functools import partial
from typing import Any

from nbprod.flow.idempotence import does_the_same_again
from nbprod.flow.interpreter import expressions, objects
from nbprod.flow.interpreter import library_calls as libcalls
from nbprod.flow.interpreter.machine import MAX_CALL_DEPTH, Dead, Frame, Machine
from nbprod.flow.interpreter.state import Entry
from nbprod.flow.interpreter.values import (
    ANY,
    NONE,
    ClassValue,
    FunctionValue,
    Value,
    constant,
    join_values,
)
from nbprod.flow.types import CallStep
from nbprod.libraries.modules import (
    CONTAINERS,
    EAGER_METHODS,
    IDEMPOTENT_METHODS,
    MUTATORS,
    PURE_MODULES,
    STRONG_MUTATORS,
)
from nbprod.names.scopes import iter_parameters

__all__ = ["Arguments", "Pending", "call_value", "consume", "evaluate_call", "pending_nonempty"]

Arguments = tuple[Value, ...]
Keywords = tuple[tuple[str, Value], ...]

_FRAME_METHODS = frozenset(
    [
        "copy",
        "dropna",
        "fillna",
        "drop",
        "drop_duplicates",
        "sort_values",
        "sort_index",
        "reset_index",
        "set_index",
        "rename",
        "merge",
        "join",
        "assign",
        "astype",
        "head",
        "tail",
        "sample",
        "query",
        "groupby",
        "replace",
        "append",
        "filter",
        "loc",
        "iloc",
        "apply",
        "map",
        "round",
        "clip",
        "where",
        "mask",
        "melt",
        "pivot",
        "pivot_table",
        "transpose",
        "reindex",
        "nlargest",
        "nsmallest",
        "sum",
        "mean",
        "describe",
        "isnull",
        "isna",
        "notnull",
        "value_counts",
    ]
)
# How often a cell's calls of one function are followed: the names it reads are known by then.
_MOST_CERTAIN = 8
_MOST_POSSIBLE = 3
# Each of these begins anew, or puts its receiver into a state that is given.
_TRAINERS = frozenset(
    ["fit", "fit_transform", "fit_predict", "train", "compile", "load_state_dict", "load_weights"]
)
_STEPPERS = frozenset(["partial_fit", "step", "backward", "zero_grad", "train_on_batch"])


class Pending:
    """Code that runs when its result is consumed: a generator, a coroutine, a lazy iterator."""

    __slots__ = ("arguments", "cell", "first", "frame", "kind", "node", "ran")

    def __init__(self, kind: str, cell: int, node: Any, frame: Any, first: Any) -> None:
        self.kind = kind
        self.cell = cell
        self.node = node
        self.frame = frame
        self.first = first


def evaluate_call(machine: Machine, node: ast.Call) -> Value:
    """Evaluate a call expression."""
    function = node.func
    if isinstance(function, ast.Name) and function.id == "super" and not node.args:
        return _super(machine)
    if isinstance(function, ast.Attribute):
        base = expressions.receiver(machine, function.value)
        arguments, keywords = _arguments(machine, node)
        root, root_node = expressions.root_of(function.value)
        return call_method(machine, base, function, arguments, keywords, node, root, root_node)
    callee = expressions.receiver(machine, function)
    arguments, keywords = _arguments(machine, node)
    return call_value(machine, callee, arguments, keywords, node)


def _arguments(machine: Machine, node: ast.Call) -> tuple[Arguments, Keywords]:
    arguments: list[Value] = []
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            value = expressions.evaluate(machine, argument.value)
            held = machine.contents(value)
            arguments.extend(held if held is not None else (Value("starred"),))
        else:
            arguments.append(expressions.receiver(machine, argument))
    keywords = [
        (keyword.arg or "**", expressions.receiver(machine, keyword.value))
        for keyword in node.keywords
    ]
    return tuple(arguments), tuple(keywords)


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
            machine.observe(value, *expressions.root_of(expression))
    for keyword, (_, value) in zip(node.keywords, keywords, strict=False):
        if value.objects or value.parts:
            machine.observe(value, *expressions.root_of(keyword.value))


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
        return libcalls.call_library(machine, callee.data, arguments, keywords, node)
    if kind == "class":
        return construct(machine, callee, arguments, keywords, node)
    if kind == "union":
        functions = [one.data for one in callee.data if one.kind == "function"]
        if (
            len(functions) == len(callee.data)
            and len({id(function.node) for function in functions}) == 1
        ):
            # One piece of code, made several times: what it reads is the same for all.
            return call_function(machine, functions[0], arguments, keywords, node)
        return expressions.branch(
            machine,
            [partial(call_value, machine, one, arguments, keywords, node) for one in callee.data],
        )
    if kind == "instance":
        result = objects.call_special(machine, callee, "__call__", arguments, node)
        if result is None and callee.data.is_open:
            for method in ("forward", "call"):
                result = result or objects.call_special(machine, callee, method, arguments, node)
        return result if result is not None else ANY
    return call_unknown(machine, callee, arguments, keywords, node)


def call_unknown(
    machine: Machine, callee: Value, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """A callee that nothing is known of: it looks at its arguments and may call them."""
    observe_arguments(machine, node, arguments, keywords)
    offer_functions(machine, arguments, keywords, node)
    if isinstance(node, ast.Call):
        for expression, value in zip(node.args, arguments, strict=False):
            if value.objects:
                root, _ = expressions.root_of(expression)
                machine.mutate(value, root, node, "call", definite=False)
                machine.forget_contents(value)
    return machine.allocate("any")


def offer_functions(
    machine: Machine, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> None:
    """The callee may call the functions of the notebook that it is given."""
    for value in given(arguments, keywords):
        if value.kind == "function":
            expressions.optional(machine, partial(call_with_unknowns, machine, value, node))


def call_with_unknowns(machine: Machine, value: Value, node: ast.AST) -> Value:
    """Call a function of the notebook with arguments of which nothing is known."""
    if value.kind == "library":
        return ANY
    return consume(machine, call_value(machine, value, (Value("starred"),), (), node), node)


def call_function(
    machine: Machine,
    function: FunctionValue,
    arguments: Arguments,
    keywords: Keywords,
    node: ast.AST,
) -> Value:
    """Call a function of the notebook: run its body now, or when its result is consumed."""
    arguments = function.arguments[0] + arguments
    keywords = function.arguments[1] + keywords
    if function.receiver is not None:
        arguments = (function.receiver, *arguments)
    definition = function.node
    if function.scope.is_generator:
        pending = Pending("function", machine.source_cell, node, function, (arguments, keywords))
        return machine.allocate("pending", pending)
    if isinstance(definition, ast.AsyncFunctionDef):
        pending = Pending("function", machine.source_cell, node, function, (arguments, keywords))
        return machine.allocate("pending", pending)
    return run_function(machine, function, arguments, keywords, node)


def run_function(
    machine: Machine,
    function: FunctionValue,
    arguments: Arguments,
    keywords: Keywords,
    node: ast.AST,
    *,
    in_part: bool = False,
) -> Value:
    """Run the body of a function in a frame of its own.

    ``in_part``: it is a generator of which perhaps only the first elements are taken.
    """
    definition = function.node
    if not machine.uncalled:
        machine.calls.setdefault(function.scope.identity, {})[machine.cell] = None
    begun = [mark for one, mark in machine.active if one is definition]
    if len(begun) > 1 or len(machine.active) > MAX_CALL_DEPTH:
        machine.env.widen(begun[0] if begun else machine.active[0][1])
        return _not_followed(machine, function, arguments, keywords)
    if machine.steps > machine.program.budget:
        return _not_followed(machine, function, arguments, keywords)
    if begun:
        # It calls itself: once more, for any arguments, and so for all the times to come.
        arguments, keywords = _any_of(machine, arguments, keywords)
    if not _is_worth_following(machine, function):
        return _not_followed(machine, function, arguments, keywords)
    frame = Frame(machine.fresh(), "function", function.scope, function.closure)
    frame.function = function
    frame.is_partial = in_part
    frame.mark = machine.env.mark()
    result = _run_in(machine, frame, function, arguments, keywords, node)
    if not frame.is_captured:
        machine.env.discard(frame.mark, frame.identity)
    changed = machine.env.changed_since(frame.mark)
    if changed:
        machine.effects.setdefault(function.scope.identity, set()).update(changed)
    return result


def _any_of(
    machine: Machine, arguments: Arguments, keywords: Keywords
) -> tuple[Arguments, Keywords]:
    """The same objects, with nothing known of what they hold, and any constants."""

    def forgotten(value: Value) -> Value:
        machine.forget_contents(value)
        return ANY if value.kind in ("const", "union") and not value.objects else value

    given = tuple((name, forgotten(value)) for name, value in keywords)
    return tuple(forgotten(value) for value in arguments), given


def _is_worth_following(machine: Machine, function: FunctionValue) -> bool:
    """Whether one more call in this cell can still tell something new."""
    certain = machine.maybe == 0
    key = (function.scope.identity, machine.cell, certain)
    machine.followed[key] = machine.followed.get(key, 0) + 1
    return machine.followed[key] <= (_MOST_CERTAIN if certain else _MOST_POSSIBLE)


def _not_followed(
    machine: Machine, function: FunctionValue, arguments: Arguments, keywords: Keywords
) -> Value:
    """A call that is not followed, because it recurses or the run is long enough already."""
    machine.incomplete = True
    machine.forget_effects(function.scope.identity)
    for value in given(arguments, keywords):
        machine.forget_contents(value)
    return ANY


def _run_in(
    machine: Machine,
    frame: Frame,
    function: FunctionValue,
    arguments: Arguments,
    keywords: Keywords,
    node: ast.AST,
) -> Value:
    outer = (machine.frame, machine.source_cell, machine.chain, machine.loops, machine.statement)
    place = partial(machine.program.places.span, machine.source_cell, node)
    machine.chain = (*machine.chain, CallStep(place, function.name))
    machine.frame, machine.source_cell, machine.loops = frame, function.cell, []
    machine.active.append((function.node, frame.mark))
    try:
        _bind_parameters(machine, function, arguments, keywords)
        if isinstance(function.node, ast.Lambda):
            return expressions.receiver(machine, function.node.body)
        return _run_body(machine, frame, function.node.body)
    finally:
        machine.active.pop()
        machine.maybe -= frame.relaxed
        machine.frame, machine.source_cell, machine.chain, machine.loops, machine.statement = outer


def _run_body(machine: Machine, frame: Frame, body: list[ast.stmt]) -> Value:
    """Run statements up to their returns; the state afterwards is that of any of them."""
    from nbprod.flow.interpreter.statements import run_block

    fell_through = True
    try:
        run_block(machine, body)
    except Dead:
        fell_through = False
    ends = [delta for delta, _ in frame.returns]
    if fell_through and (ends or frame.is_partial):
        ends.append(machine.env.delta(frame.mark))
    if frame.is_partial or not (fell_through or ends):
        # A generator that never ends is left at one of its yields by whoever consumes it.
        ends += [delta for delta, _ in frame.yields]
    if not (fell_through or ends):
        raise Dead
    if ends:
        machine.env.rollback(frame.mark)
        machine.env.join(ends)
    if frame.scope.is_generator:
        return _join_results([value for _, value in frame.yields]) if frame.yields else ANY
    results = [value for _, value in frame.returns]
    return _join_results([*results, NONE] if fell_through else results)


def _join_results(values: list[Value]) -> Value:
    result = values[0]
    for value in values[1:]:
        result = join_values(result, value)
    return result


def _bind_parameters(
    machine: Machine, function: FunctionValue, arguments: Arguments, keywords: Keywords
) -> None:
    spec = function.node.args
    named = dict(keywords)
    positional = [*spec.posonlyargs, *spec.args]
    starred = next((i for i, value in enumerate(arguments) if value.kind == "starred"), None)
    # How many parameters have their value by position.
    placed = min(len(arguments) if starred is None else starred, len(positional))
    assert machine.frame is not None
    for index, parameter in enumerate(iter_parameters(spec)):
        name = parameter.arg
        if parameter is spec.vararg:
            rest = arguments[len(positional) :] if starred is None else None
            value = machine.allocate("tuple", None, rest)
        elif parameter is spec.kwarg:
            value = machine.allocate("dict")
        else:
            if index < placed:
                value = arguments[index]
            elif name in named:
                value = named[name]
            elif starred is not None or "**" in named:
                value = ANY
            else:
                value = function.defaults.get(name, ANY)
        definition = machine.definition(parameter, name, "parameter")
        machine.env.set((machine.frame.identity, name), Entry(frozenset((definition,)), value))


def construct(
    machine: Machine, cls: Value, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """Make an instance of a class of the notebook."""
    owner: ClassValue = cls.data
    instance = machine.allocate("instance", owner)
    made = objects.class_attribute(machine, owner, "__init__")
    if made is not None and made[0].kind == "function":
        bound = objects.bind_method(made[0], made[1], instance, cls)
        call_value(machine, bound, arguments, keywords, node)
    elif owner.is_dataclass:
        _fill_fields(machine, owner, instance, arguments, keywords)
        objects.call_special(machine, instance, "__post_init__", (), node)
    else:
        observe_arguments(machine, node, arguments, keywords)
    return instance


def _fill_fields(
    machine: Machine, owner: ClassValue, instance: Value, arguments: Arguments, keywords: Keywords
) -> None:
    (identity,) = instance.objects
    fields = [
        statement.target.id
        for statement in owner.node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]
    given = dict(zip(fields, arguments, strict=False)) | dict(keywords)
    for name, value in given.items():
        machine.env.set(("object", identity, "." + name), Entry(frozenset(), value))


def call_method(
    machine: Machine,
    base: Value,
    function: ast.Attribute,
    arguments: Arguments,
    keywords: Keywords,
    node: ast.Call,
    root: str,
    root_node: ast.AST,
) -> Value:
    """Call ``base.name(...)``."""
    name = function.attr
    if base.kind in ("library", "instance", "class", "super", "union"):
        callee = objects.attribute(machine, base, name, root, root_node, function)
        if callee.kind == "any" and base.kind == "instance" and base.data.is_open:
            _open_method(machine, base, name, arguments, keywords, node, root)
        return call_value(machine, callee, arguments, keywords, node)
    if base.kind == "namespace":
        return libcalls.call_namespace(machine, name, arguments, keywords, node)
    observe_arguments(machine, node, arguments, keywords)
    how = _mutation(base, name, keywords)
    if how == "chain" and name in ("replace", "drop", "reset_index") and does_the_same_again(node):
        how = "reset"
    if name in ("append", "extend") and base.kind in ("any", "object"):
        how = None if _is_result_kept(machine.statement, node) else how
    if how is None:
        machine.observe(base, root, root_node)
    else:
        _mutate_by(machine, base, name, how, arguments, node, root)
    if name in EAGER_METHODS or (name == "sort" and base.kind == "list"):
        for value in given(arguments, keywords):
            if value.kind == "function":
                call_with_unknowns(machine, value, node)
    else:
        offer_functions(machine, arguments, keywords, node)
    return _method_result(machine, base, name, arguments, how)


def _is_result_kept(statement: ast.stmt | None, node: ast.Call) -> bool:
    """Whether a statement stores what a call gives: `append` in place gives nothing to store."""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return False
    value = statement.value
    while value is not node and isinstance(value, (ast.Call, ast.Attribute)):
        value = value.func if isinstance(value, ast.Call) else value.value
    return value is node


def _open_method(
    machine: Machine,
    base: Value,
    name: str,
    arguments: Arguments,
    keywords: Keywords,
    node: ast.Call,
    root: str,
) -> None:
    """A method inherited from a library class: known trainers change the object."""
    how = _mutation(Value("object", "library"), name, keywords)
    if how is not None:
        machine.mutate(base, root, node, name, chained=how == "chain")
    if name in ("start", "run", "fit"):
        for method in ("run", "forward", "call", "training_step"):
            objects.call_special(machine, base, method, (Value("starred"),), node)


def _mutation(base: Value, name: str, keywords: Keywords) -> str | None:
    """How a method changes its receiver, None when it is not known to."""
    if keywords and any(key == "inplace" and value == constant(True) for key, value in keywords):
        return "reset" if name in IDEMPOTENT_METHODS else "chain"
    kind = base.data if base.kind == "object" else base.kind
    if base.kind in ("const", "function", "pending"):
        return None
    table = MUTATORS.get(kind)
    if table is not None:
        return table.get(name)
    if kind == "generator":
        return "chain"
    if name in _TRAINERS:
        return "reset" if base.kind == "object" else None
    if name in _STEPPERS:
        return "chain" if base.kind == "object" else None
    if base.kind == "any":
        return STRONG_MUTATORS.get(name)
    return STRONG_MUTATORS.get(name) if kind and name in ("append", "extend") else None


def _mutate_by(
    machine: Machine,
    base: Value,
    name: str,
    how: str,
    arguments: Arguments,
    node: ast.Call,
    root: str,
) -> None:
    held = machine.contents(base) if base.kind == "list" else None
    if held is not None and name == "append" and len(arguments) == 1 and len(held) < 64:
        held = (*held, arguments[0])
    elif name == "clear":
        held = ()
    else:
        held = None
    part = None
    if base.kind == "set" and name in ("add", "discard") and arguments[:1]:
        part = repr(arguments[0].data) if arguments[0].kind == "const" else None
    if base.kind == "dict" and name in ("setdefault", "pop") and arguments[:1]:
        part = repr(arguments[0].data[1]) if arguments[0].kind == "const" else None
        if name == "pop" and len(arguments) > 1:
            how = "reset"
    detail = "draw" if base.data == "generator" else name
    machine.mutate(
        base, root, node, detail, part=part, chained=how == "chain", contents=held,
        wipes=name in ("clear", "fill"),
    )  # fmt: skip


def _method_result(
    machine: Machine, base: Value, name: str, arguments: Arguments, how: str | None
) -> Value:
    """What is known of the result of a method of a container or a library's object."""
    if base.kind in ("list", "dict", "set") and name == "copy":
        return machine.allocate(base.kind, None, machine.contents(base))
    if base.kind == "dict" and name in ("keys", "values", "items", "get", "pop"):
        if name == "get" and arguments and arguments[0].kind == "const":
            part = repr(arguments[0].data[1])
            for identity in base.objects:
                entry = machine.env.entries.get(("object", identity, part))
                if entry is not None and len(base.objects) == 1:
                    return entry.value if entry.is_sure else ANY
        if name == "keys":
            return base
        held = machine.contents(base)
        if name in ("values", "items") and held is not None:
            return machine.allocate("tuple", None, (ANY,) * len(held))
        return Value("any", None, frozenset(), base.objects | base.parts)
    if base.kind == "object" and base.data in ("pandas.DataFrame", "pandas.Series"):
        return machine.allocate("object", base.data) if name in _FRAME_METHODS else ANY
    if base.kind == "object" and name in ("fit", "train"):
        return base
    if base.kind == "object" and base.data == "numpy.ndarray":
        if name in ("copy", "astype", "cumsum", "round", "clip", "flatten", "dot"):
            return machine.allocate("object", base.data)
        if name in ("reshape", "ravel", "view", "transpose", "squeeze"):
            return Value("object", base.data, frozenset(), base.objects | base.parts)
    if base.kind == "const" or how is not None:
        return ANY
    return machine.allocate("any")


def consume(machine: Machine, value: Value, node: ast.AST, *, in_part: bool = False) -> Value:
    """Run what a lazy value has been waiting to run; its elements are the result.

    ``in_part``: perhaps only the first ones are taken.
    """
    if value.kind == "union":
        for one in value.data:
            expressions.optional(machine, partial(consume, machine, one, node, in_part=in_part))
        return ANY
    if value.kind != "pending":
        elements, _ = (
            objects.iterate(machine, value, node, in_part=in_part)
            if value.kind == "instance"
            else ((), None)
        )
        return elements[0] if elements else value
    pending: Pending = value.data
    machine.mutate(value, "", node, "iteration", chained=True)
    if pending.kind == "function":
        arguments, keywords = pending.first
        return run_function(
            machine, pending.frame, arguments, keywords, pending.node, in_part=in_part
        )
    if pending.kind == "lazy":
        function, iterable = pending.frame, pending.first
        elements, nonempty = objects.iterate(machine, iterable, node, in_part=in_part)
        if nonempty is False:
            return ANY

        def run() -> Value:
            return call_with_unknowns(machine, function, pending.node)

        return (run() if nonempty else expressions.optional(machine, run)) or ANY
    outer, machine.source_cell = machine.source_cell, pending.cell
    try:
        expressions.run_comprehension(machine, pending.node, pending.frame, pending.first)
    finally:
        machine.source_cell = outer
    return ANY


def pending_nonempty(machine: Machine, value: Value) -> bool | None:
    """Whether a lazy value has a first element; None when that is not known."""
    pending: Pending = value.data
    if pending.kind == "generator" and len(pending.node.generators) == 1:
        if not pending.node.generators[0].ifs:
            held = machine.contents(pending.first)
            return None if held is None else bool(held)
    return None


def is_pure_library(name: str) -> bool:
    """Whether a library leaves the arguments of its functions alone."""
    return name.partition(".")[0] in PURE_MODULES


def container_kind(name: str) -> str | None:
    """Which container a library constructor makes."""
    return CONTAINERS.get(name)
