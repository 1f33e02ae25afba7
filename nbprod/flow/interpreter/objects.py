"""Objects: attributes, items, and the special methods that Python calls by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.state import StateEntry
from nbprod.flow.interpreter.values import (
    ANY,
    ClassValue,
    FunctionValue,
    Value,
    alternatives,
    constant,
    join_values,
    library,
    part_of,
)
from nbprod.libraries.methods import INDEXERS
from nbprod.libraries.modules import SHELL

__all__ = [
    "bind_method",
    "call_special",
    "class_attribute",
    "display_text",
    "read_attribute",
    "read_subscript",
    "store_attribute",
    "store_item",
]

# The notebook's own names, as attributes of what `get_ipython()` gives.
_NAMESPACES = (f"{SHELL}.user_ns", f"{SHELL}.user_global_ns")
_FRAME = "pandas.DataFrame"
_MOST_KEYS = 64
_MOST_BASES = 64
"""Where more classes are derived from each other, an attribute of those beyond is not known."""


def class_attribute(
    machine: Machine, cls: ClassValue, name: str
) -> tuple[Value, ClassValue] | None:
    """An attribute found on a class or its bases, with the class that has it."""
    for owner in _linearised(cls):
        entry = machine.env.entries.get((owner.frame, name))
        if entry is not None and not entry.is_absent:
            scope = machine.reads.get(machine.cell)
            patched = [
                definition
                for definition in entry.definitions
                if definition.binding.kind == "mutation"
            ]
            if patched and scope is not None:
                for definition in patched:
                    machine.use(
                        owner.name,
                        definition.node or owner.node,
                        frozenset((definition,)),
                        owner.name,
                    )
            return entry.value, owner
    return None


def _linearised(cls: ClassValue) -> Iterator[ClassValue]:
    """The class and its known bases, nearest first (depth first)."""
    seen: set[int] = set()
    stack = [cls]
    while stack and len(seen) < _MOST_BASES:
        owner = stack.pop()
        if id(owner) in seen:
            continue
        seen.add(id(owner))
        yield owner
        stack.extend(base.data for base in reversed(owner.bases) if base.kind == "class")


def bind_method(value: Value, owner: ClassValue, receiver: Value, cls: Value) -> Value:
    """What looking up a function on an instance gives: a bound method, by the function's role."""
    if value.kind != "function":
        return value
    function: FunctionValue = value.data
    if function.role == "staticmethod":
        return value
    bound = function.bound(cls if function.role == "classmethod" else receiver)
    bound.owner = owner
    return Value("function", bound)


def read_attribute(
    machine: Machine, base: Value, name: str, root: str, root_node: ast.AST, node: ast.AST
) -> Value:
    """Read ``base.name``."""
    if base.kind == "library":
        dotted = f"{base.data}.{name}"
        if dotted in _NAMESPACES:
            return Value("namespace")
        patched = machine.env.entries.get(("patch", dotted))
        return patched.value if patched is not None else library(dotted)
    if base.kind == "union":
        values = [
            read_attribute(machine, choice, name, root, root_node, node) for choice in base.data
        ]
        joined = values[0]
        for value in values[1:]:
            joined = join_values(joined, value)
        return joined
    if base.kind == "instance":
        return _instance_attribute(machine, base, name, root, root_node, node)
    if base.kind == "class":
        found = class_attribute(machine, base.data, name)
        if found is None:
            return ANY
        value, owner = found
        if value.kind == "function" and value.data.role == "classmethod":
            return bind_method(value, owner, base, base)
        return value
    if base.kind == "super":
        cls, self_value = base.data
        for parent in cls.bases:
            if parent.kind == "class" and (found := class_attribute(machine, parent.data, name)):
                return bind_method(found[0], found[1], self_value, parent)
        return ANY
    if not base.objects and not base.parts:
        return ANY
    if base.data == _FRAME and name not in INDEXERS:
        machine.observe(base, root, root_node, repr(name))
    elif name not in INDEXERS:
        machine.observe(base, root, root_node)
    kind = base.data if name in INDEXERS else None
    return Value("indexer" if kind else "any", kind, frozenset(), base.objects | base.parts)


def _instance_attribute(
    machine: Machine, base: Value, name: str, root: str, root_node: ast.AST, node: ast.AST
) -> Value:
    if name == "__dict__":
        machine.forget_contents(base)
        return ANY
    part = "." + name
    found: Value | None = None
    entries = [machine.env.entries.get(("object", identity, part)) for identity in base.objects]
    for entry in entries:
        if entry is not None:
            found = entry.value if found is None else join_values(found, entry.value)
    machine.observe(base, root, root_node, part)
    if found is not None and not all(entry is not None and entry.is_sure for entry in entries):
        # Where the instance has none of its own, it is the class's.
        inherited = class_attribute(machine, base.data, name)
        found = found if inherited is None else join_values(found, inherited[0])
    if found is not None:
        # After a call that was not followed, a constant in an object may be another.
        return ANY if machine.incomplete and found.kind == "const" else found
    held = class_attribute(machine, base.data, name)
    if held is None:
        hook = class_attribute(machine, base.data, "__getattr__")
        if hook is not None:
            bound = bind_method(hook[0], hook[1], base, Value("class", base.data))
            return machine.call(bound, (constant(name),), (), node)
        return Value("any", None, frozenset(), base.objects) if base.data.is_open else ANY
    value, owner = held
    if value.kind == "function" and value.data.role == "property":
        bound = bind_method(value, owner, base, Value("class", base.data))
        return machine.call(bound, (), (), node)
    return bind_method(value, owner, base, Value("class", base.data))


def call_special(
    machine: Machine, value: Value, method: str, arguments: tuple[Value, ...], node: ast.AST
) -> Value | None:
    """Call a special method of an instance of the notebook's classes; None when it has none."""
    if value.kind != "instance":
        return None
    found = class_attribute(machine, value.data, method)
    if found is None or found[0].kind != "function":
        return None
    bound = bind_method(found[0], found[1], value, Value("class", value.data))
    return machine.call(bound, arguments, (), node)


def display_text(machine: Machine, value: Value, node: ast.AST, method: str = "__str__") -> None:
    """Turn a value into text, as `print`, f-strings and the display of a result do."""
    for alternative in alternatives(value):
        if alternative.kind != "instance":
            continue
        order = ("__str__", "__repr__") if method == "__str__" else (method, "__repr__")
        for special in order:
            if class_attribute(machine, alternative.data, special) is not None:
                call_special(machine, alternative, special, (), node)
                break


def read_subscript(
    machine: Machine, base: Value, key: Value, node: ast.Subscript, root: str, root_node: ast.AST
) -> Value:
    """Read ``base[key]``."""
    if base.kind == "namespace":
        held = machine.env.entries.get(key.data[1]) if key.kind == "const" else None
        return held.value if held is not None else ANY
    if base.kind == "instance":
        result = call_special(machine, base, "__getitem__", (key,), node)
        return result if result is not None else ANY
    if base.kind == "const" and key.kind == "const":
        try:
            return constant(base.data[1][key.data[1]])
        except (TypeError, IndexError, KeyError):
            return ANY
    if base.is_library("sys.modules"):
        # `sys.modules[__name__]`
        return ANY if key.kind == "const" and key.data[1] != "__main__" else library("__main__")
    if base.is_library("os.environ"):
        if key.kind == "const":
            machine.look(f"env:{key.data[1]}", node)
        return ANY
    if base.kind == "indexer":
        machine.observe(Value("any", None, base.parts), root, root_node)
        return Value("any", None, frozenset(), base.parts, base.labels)
    if not base.objects and not base.parts:
        return ANY
    if isinstance(node.slice, ast.Slice) and base.kind in ("list", "tuple"):
        machine.observe(base, root, root_node)
        return machine.allocate(base.kind)
    if key.kind == "const":
        return _known_item(machine, base, key, root, root_node)
    machine.observe(base, root, root_node)
    if base.data == _FRAME:
        return machine.allocate("object", _FRAME)
    if base.kind in ("list", "tuple"):
        return machine.element(base)
    if base.kind == "dict":
        return _any_item(machine, base)
    return part_of(base)


def _any_item(machine: Machine, base: Value) -> Value:
    """The value of a dict under a key that is not known."""
    joined: Value | None = None
    for identity in base.objects:
        known = machine.env.entries.get(("parts", identity))
        for part in known.contents if known and known.contents else ():
            entry = machine.env.entries.get(("object", identity, part.data))
            if entry is not None:
                joined = entry.value if joined is None else join_values(joined, entry.value)
    if joined is not None and joined.kind != "any":
        return joined
    return part_of(base)


def _known_item(machine: Machine, base: Value, key: Value, root: str, root_node: ast.AST) -> Value:
    name = repr(key.data[1])
    machine.observe(base, root, root_node, name)
    for identity in base.objects:
        entry = machine.env.entries.get(("object", identity, name))
        if entry is not None and len(base.objects) == 1 and entry.value != ANY:
            return entry.value
    held = machine.contents(base) if base.kind in ("list", "tuple") else None
    if held is not None and isinstance(key.data[1], int) and -len(held) <= key.data[1] < len(held):
        return held[key.data[1]]
    if base.kind in ("list", "tuple"):
        return machine.element(base)
    part = part_of(base)
    return part._replace(kind="object", data="pandas.Series") if base.data == _FRAME else part


def store_attribute(
    machine: Machine, base: Value, name: str, value: Value, root: str, node: ast.Attribute
) -> None:
    """Do ``base.name = value``."""
    if base.kind == "class":
        definition = machine.definition(node, base.data.name, "mutation", "." + name)
        machine.env.set((base.data.frame, name), StateEntry(frozenset((definition,)), value))
        machine.record_mutation(root, node, "." + name, True)
        return
    if base.is_library("__main__", "builtins"):
        machine.bind_global(name, node, value)
        return
    if base.kind == "library":
        dotted = f"{base.data}.{name}"
        definition = machine.definition(node, dotted, "mutation", "." + name)
        machine.env.set(("patch", dotted), StateEntry(frozenset((definition,)), value))
        return
    if base.kind == "instance":
        held = class_attribute(machine, base.data, "__setattr__")
        if held is not None:
            call_special(machine, base, "__setattr__", (constant(name), value), node)
    part = repr(name) if base.data == _FRAME else "." + name
    machine.mutate(base, root, node, "." + name, part=part, stored=value)
    if machine.tracker is not None:
        machine.tracker.stored(machine, base, "." + name, value, node)


def store_item(
    machine: Machine, base: Value, key: Value, value: Value, root: str, node: ast.Subscript
) -> None:
    """Do ``base[key] = value``."""
    if base.kind == "namespace":
        name = key.data[1] if key.kind == "const" and isinstance(key.data[1], str) else None
        machine.bind_global(name, node, value)
        return
    if base.kind == "instance":
        call_special(machine, base, "__setitem__", (key, value), node)
        return
    if base.is_library("os.environ"):
        machine.touch(
            f"env:{key.data[1] if key.kind == 'const' else '*'}", node, "[]=", resets=True
        )
        return
    if base.kind == "indexer":
        owner = Value("object", base.data, base.parts)
        column = _last_constant(node.slice)
        machine.mutate(owner, root, node, "[]=", part=column)
        if machine.tracker is not None:
            machine.tracker.stored(machine, base, column, value, node)
        return
    part = repr(key.data[1]) if key.kind == "const" else None
    contents = None
    if base.kind == "dict" and key.kind == "const":
        held = machine.contents(base)
        if held is not None and len(held) < _MOST_KEYS:
            contents = held if key in held else (*held, key)
    wipes = isinstance(node.slice, ast.Slice) and not any(ast.iter_child_nodes(node.slice))
    machine.mutate(base, root, node, "[]=", part=part, stored=value, contents=contents, wipes=wipes)
    if machine.tracker is not None:
        machine.tracker.stored(machine, base, part, value, node)


def _last_constant(node: ast.expr) -> str | None:
    """The column of ``df.loc[rows, 'column']``, as a part."""
    if isinstance(node, ast.Tuple) and node.elts and isinstance(node.elts[-1], ast.Constant):
        return repr(node.elts[-1].value)
    return None
