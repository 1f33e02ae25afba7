"""Abstract values: what the analysis knows of an object without running anything.

A value is a kind, what is known of it, and the identities of the objects that it may be.
`Value.objects` are objects that the value *is*; `Value.parts` are objects that it may be a view
or an element of (a change of the value may change those too).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

__all__ = [
    "ANY",
    "NONE",
    "Arguments",
    "ClassValue",
    "FunctionValue",
    "Keywords",
    "Labels",
    "Pending",
    "Value",
    "alternatives",
    "constant",
    "join_all",
    "join_values",
    "library",
    "part_of",
    "truth",
    "with_labels",
]

_MAX_ALTERNATIVES = 4
_NO_OBJECTS: frozenset[int] = frozenset()


class Labels:
    """What a tracker has noted of a value (see `Tracker`): objects of its own.

    Labels are no part of what a value is: values that differ in them alone are equal, so that
    the interpreter follows a notebook the same way whether or not anybody tracks it.
    They stay in the order in which they were noted, so that each run tells the same.
    """

    __slots__ = ("items",)

    def __init__(self, items: Iterable[Any]) -> None:
        self.items = tuple(dict.fromkeys(items))

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Labels)

    def __hash__(self) -> int:
        return hash(None)

    def __or__(self, other: Labels | None) -> Labels:
        return self if other is None or other is self else Labels((*self.items, *other.items))


class Value(NamedTuple):
    """One abstract value.

    ``kind`` decides what ``data`` is: ``any`` (None), ``const`` (the Python constant with its
    type), ``function`` (`FunctionValue`), ``class`` (`ClassValue`), ``instance`` (its class),
    ``library`` (dotted name of a module or of something in it), ``list`` ``tuple`` ``set``
    ``dict`` (None; elements are in the heap), ``object`` (name of the type), ``pending``
    (a generator, coroutine or lazy iterator: what runs when it is consumed), ``union``
    (a tuple of values), ``super`` (class and self). ``labels`` are those of a tracker.
    """

    kind: str
    data: Any = None
    objects: frozenset[int] = _NO_OBJECTS
    parts: frozenset[int] = _NO_OBJECTS
    labels: Labels | None = None

    def is_library(self, *names: str) -> bool:
        """Whether it is one of these dotted library names."""
        return self.kind == "library" and self.data in names


Arguments = tuple[Value, ...]
Keywords = tuple[tuple[str, Value], ...]


class FunctionValue:
    """A function made by the notebook's code, with what it closes over.

    ``node`` is its definition, ``cell`` the cell of the source, ``closure`` the frame around it,
    ``receiver`` the object it is bound to. ``behaviour``: ``plain``, ``generator``, ``async``.
    ``wrapped`` holds the values of functions that a decorator or `partial` put inside.
    """

    __slots__ = (
        "arguments",
        "behaviour",
        "cell",
        "closure",
        "defaults",
        "node",
        "owner",
        "receiver",
        "role",
        "scope",
    )

    def __init__(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        cell: int,
        closure: Any,
        scope: Any,
    ) -> None:
        self.node = node
        self.cell = cell
        self.closure = closure
        self.scope = scope
        self.receiver: Value | None = None
        self.role = "function"
        self.owner: ClassValue | None = None
        self.defaults: dict[str, Value] = {}
        self.arguments: tuple[tuple[Value, ...], tuple[tuple[str, Value], ...]] = ((), ())

    @property
    def name(self) -> str:
        """Its name as written, ``<lambda>`` for a lambda."""
        return "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name

    def bound(self, receiver: Value) -> FunctionValue:
        """The same function as a method of ``receiver``."""
        copy = self.copied()
        copy.receiver = receiver
        return copy

    def partial(
        self, args: tuple[Value, ...], keywords: tuple[tuple[str, Value], ...]
    ) -> FunctionValue:
        """The same function with leading arguments given."""
        copy = self.copied()
        copy.arguments = (self.arguments[0] + args, self.arguments[1] + keywords)
        return copy

    def copied(self) -> FunctionValue:
        """A copy that can be given a receiver or a role."""
        copy = FunctionValue(self.node, self.cell, self.closure, self.scope)
        copy.receiver = self.receiver
        copy.role = self.role
        copy.owner = self.owner
        copy.defaults = self.defaults
        copy.arguments = self.arguments
        return copy


class ClassValue:
    """A class made by the notebook's code; its attributes live in the environment."""

    __slots__ = ("bases", "cell", "frame", "is_dataclass", "is_open", "name", "node")

    def __init__(self, node: ast.ClassDef, cell: int, frame: int, bases: tuple[Value, ...]) -> None:
        self.node = node
        self.name = node.name
        self.cell = cell
        self.frame = frame
        self.bases = bases
        self.is_open = False
        self.is_dataclass = False


class Pending:
    """Code that runs when its result is consumed: a generator, a coroutine, a lazy iterator.

    ``resume`` runs it, with the machine, the node that consumes it, and whether perhaps only the
    first elements are taken. ``source`` is what it has an element for each element of, if it does.
    """

    __slots__ = ("resume", "source")

    def __init__(
        self, resume: Callable[[Any, ast.AST, bool], Value], source: Value | None = None
    ) -> None:
        self.resume = resume
        self.source = source


ANY = Value("any")
NONE = Value("const", (type(None), None))


def constant(value: object) -> Value:
    """The value of a Python constant (told apart by type: 1, 1.0 and True differ)."""
    return Value("const", (type(value), value))


def library(name: str) -> Value:
    """Something of a library, by its dotted name."""
    return Value("library", name)


def alternatives(value: Value) -> tuple[Value, ...]:
    """The values that it may be, one unless it is a union."""
    return value.data if value.kind == "union" else (value,)


def part_of(value: Value) -> Value:
    """Some part or element of a value, of which nothing else is known."""
    return Value("any", None, _NO_OBJECTS, value.objects | value.parts, value.labels)


def with_labels(value: Value, labels: Labels | None) -> Value:
    """The same value with labels, or as it is where there are none to give."""
    if labels is None:
        return value
    return Value(value.kind, value.data, value.objects, value.parts, labels)


def join_values(left: Value, right: Value) -> Value:
    """What is known when it may be either; loses detail, never invents."""
    if left is right:
        return left
    joined = _join(left, right)
    if left.labels is right.labels:
        return with_labels(joined, left.labels)
    return with_labels(joined, right.labels if left.labels is None else left.labels | right.labels)


def _join(left: Value, right: Value) -> Value:
    if left == right:
        return left
    if left.kind == right.kind and left.data == right.data and left.kind != "union":
        return Value(left.kind, left.data, left.objects | right.objects, left.parts | right.parts)
    merged = list(alternatives(left))
    for value in alternatives(right):
        if value not in merged:
            merged.append(value)
    if len(merged) > _MAX_ALTERNATIVES:
        objects = frozenset().union(*(value.objects | value.parts for value in merged))
        return Value("any", None, _NO_OBJECTS, objects)
    return Value(
        "union",
        tuple(merged),
        frozenset().union(*(value.objects for value in merged)),
        frozenset().union(*(value.parts for value in merged)),
    )


def join_all(values: Iterable[Value]) -> Value:
    """What is known when it may be any of these; anything when there are none."""
    joined: Value | None = None
    for value in values:
        joined = value if joined is None else join_values(joined, value)
    return ANY if joined is None else joined


def truth(value: Value) -> bool | None:
    """Whether the value counts as true, None when that is not known."""
    if value.kind == "const":
        return bool(value.data[1])
    if value.kind in ("function", "class", "pending"):
        return True
    if value.kind == "library":
        # Only type checkers see it as true.
        return False if value.data.endswith(".TYPE_CHECKING") else None
    if value.kind == "union":
        verdicts = {truth(choice) for choice in value.data}
        return verdicts.pop() if len(verdicts) == 1 else None
    return None
