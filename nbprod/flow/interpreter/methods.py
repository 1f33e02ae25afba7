"""Methods of containers and of libraries' objects: what they change, what they return."""

from __future__ import annotations

import ast

from nbprod.flow.interpreter.arguments import (
    call_with_unknowns,
    given,
    observe_arguments,
    offer_functions,
)
from nbprod.flow.interpreter.dynamic_names import call_namespace
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.objects import call_special, read_attribute
from nbprod.flow.interpreter.values import ANY, Arguments, Keywords, Value, constant, part_of
from nbprod.flow.repeated_methods import does_the_same_again
from nbprod.libraries.methods import (
    ARRAY_COPIES,
    ARRAY_VIEWS,
    EAGER_METHODS,
    FRAME_METHODS,
    IDEMPOTENT_METHODS,
    MUTATORS,
    STEPPERS,
    STEPPING_LIBRARIES,
    STRONG_MUTATORS,
    TRAINERS,
)

__all__ = ["call_method"]


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
        callee = read_attribute(machine, base, name, root, root_node, function)
        if callee.kind == "any" and base.kind == "instance" and base.data.is_open:
            _open_method(machine, base, name, arguments, keywords, node, root)
        if callee.kind == "any" and machine.tracker is not None:
            labels = machine.tracker.method(machine, base, name, arguments, keywords, node)
            return machine.call(callee, arguments, keywords, node)._replace(labels=labels)
        return machine.call(callee, arguments, keywords, node)
    if base.kind == "namespace":
        return call_namespace(machine, name, arguments, keywords, node)
    observe_arguments(machine, node, arguments, keywords)
    how = _mutation(base, name, keywords)
    if how == "chain" and name in ("replace", "drop", "reset_index") and does_the_same_again(node):
        how = "reset"
    if name in ("append", "extend") and base.kind in ("any", "object"):
        how = None if _is_result_kept(machine.statement, node) else how
    elif name == "step" and _may_compute(base, machine.statement, node):
        how = None
    if how is None:
        machine.observe(base, root, root_node)
    else:
        _mutate_by(machine, base, name, how, arguments, node, root)
    returned: dict[int, Value] = {}
    if name in EAGER_METHODS or (name == "sort" and base.kind == "list"):
        tracker = machine.tracker
        handed = tracker.handed(machine, base, name, keywords) if tracker is not None else None
        for place, value in enumerate(given(arguments, keywords)):
            if value.kind == "function":
                returned[place] = call_with_unknowns(machine, value, node, handed)
    else:
        offer_functions(machine, arguments, keywords, node)
    result = _method_result(machine, base, name, arguments, how)
    if machine.tracker is None:
        return result
    if returned:
        arguments = tuple(returned.get(place, value) for place, value in enumerate(arguments))
    labels = machine.tracker.method(machine, base, name, arguments, keywords, node)
    return result if labels is result.labels else result._replace(labels=labels)


def _may_compute(base: Value, statement: ast.stmt | None, node: ast.Call) -> bool:
    """Whether `step` may leave its object alone: its result is used, by a library unknown here."""
    library = str(base.data).partition(".")[0] if base.kind == "object" else ""
    is_used = not isinstance(statement, ast.Expr) or statement.value is not node
    return is_used and library not in STEPPING_LIBRARIES


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
            call_special(machine, base, method, (Value("starred"),), node)


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
    if name in TRAINERS:
        return "reset" if base.kind == "object" else None
    if name in STEPPERS:
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
        return part_of(base)
    if base.kind == "object" and base.data in ("pandas.DataFrame", "pandas.Series"):
        return machine.allocate("object", base.data) if name in FRAME_METHODS else ANY
    if base.kind == "object" and name in ("fit", "train"):
        return base
    if base.kind == "object" and base.data == "numpy.ndarray":
        if name in ARRAY_COPIES:
            return machine.allocate("object", base.data)
        if name in ARRAY_VIEWS:
            return Value("object", base.data, frozenset(), base.objects | base.parts)
    if base.kind == "const" or how is not None:
        return ANY
    return machine.allocate("any")
