"""The notebook's own functions and classes: making and calling them, what they bind and return."""

from __future__ import annotations

import ast
from functools import partial

from nbprod.flow.interpreter.arguments import given, observe_arguments
from nbprod.flow.interpreter.frames import Dead, Frame
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.objects import bind_method, call_special, class_attribute
from nbprod.flow.interpreter.state import StateEntry
from nbprod.flow.interpreter.values import (
    ANY,
    NONE,
    Arguments,
    ClassValue,
    FunctionValue,
    Keywords,
    Pending,
    Value,
    join_all,
    with_labels,
)
from nbprod.flow.types import CallStep
from nbprod.names.scopes import iter_parameters

__all__ = ["call_function", "construct", "function_value"]

_MAX_CALL_DEPTH = 24

# How often a cell's calls of one function are followed: the names it reads are known by then.
_MOST_CERTAIN = 8
_MOST_POSSIBLE = 3


def function_value(
    machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
) -> Value:
    """Make the function that a ``def`` or a ``lambda`` makes; evaluates its defaults."""
    scope = machine.program.scope(node)
    function = FunctionValue(node, machine.source_cell, machine.capture(), scope)
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    for argument, default in zip(
        positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True
    ):
        function.defaults[argument.arg] = machine.receive(default)
    for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if keyword_default is not None:
            function.defaults[argument.arg] = machine.receive(keyword_default)
    if not machine.uncalled:
        machine.functions.setdefault(scope.identity, function)
    return Value("function", function)


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
    if not function.scope.is_generator and not isinstance(function.node, ast.AsyncFunctionDef):
        return _run_function(machine, function, arguments, keywords, node)

    def resume(machine: Machine, consumer: ast.AST, in_part: bool) -> Value:
        return _run_function(machine, function, arguments, keywords, node, in_part=in_part)

    made = machine.allocate("pending", Pending(resume))
    if machine.tracker is None:
        return made
    # Until it is gone through: as if it gave what it was given.
    return with_labels(made, machine.tracker.built(machine, given(arguments, keywords)))


def _run_function(
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
    if len(begun) > 1 or len(machine.active) > _MAX_CALL_DEPTH:
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
            return machine.receive(function.node.body)
        return _run_body(machine, frame, function.node.body)
    finally:
        machine.active.pop()
        machine.maybe -= frame.relaxed
        machine.frame, machine.source_cell, machine.chain, machine.loops, machine.statement = outer


def _run_body(machine: Machine, frame: Frame, body: list[ast.stmt]) -> Value:
    """Run statements up to their returns; the state afterwards is that of any of them."""
    fell_through = True
    try:
        machine.run(body)
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
        return join_all([value for _, value in frame.yields]) if frame.yields else ANY
    results = [value for _, value in frame.returns]
    return join_all([*results, NONE] if fell_through else results)


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
            elif starred is not None:
                value = with_labels(ANY, arguments[starred].labels)
            elif "**" in named:
                value = ANY
            else:
                value = function.defaults.get(name, ANY)
        definition = machine.definition(parameter, name, "parameter")
        machine.env.set((machine.frame.identity, name), StateEntry(frozenset((definition,)), value))


def construct(
    machine: Machine, cls: Value, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """Make an instance of a class of the notebook."""
    owner: ClassValue = cls.data
    instance = machine.allocate("instance", owner)
    made = class_attribute(machine, owner, "__init__")
    if made is not None and made[0].kind == "function":
        bound = bind_method(made[0], made[1], instance, cls)
        machine.call(bound, arguments, keywords, node)
    elif owner.is_dataclass:
        _fill_fields(machine, owner, instance, arguments, keywords)
        call_special(machine, instance, "__post_init__", (), node)
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
        machine.env.set(("object", identity, "." + name), StateEntry(frozenset(), value))
