"""Lists, dicts and tuples that hold data and models: what is read from them and what is put in."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from nbprod.flow.interpreter.heap import Heap
from nbprod.flow.interpreter.values import Labels, Value
from nbprod.leakage.call import TrackedCall
from nbprod.leakage.estimators import fold
from nbprod.leakage.labels import Each, UnpackedLabels, elements_of, joined_table, label
from nbprod.leakage.rows import below, roles, step_of
from nbprod.leakage.types import Table
from nbprod.libraries.methods import ADDING_METHODS

__all__ = [
    "KNOWN_OF_ALL",
    "call_container_method",
    "call_unlabelled",
    "container_subscript",
    "contents_of_each",
    "unpack",
]

KNOWN_OF_ALL = ADDING_METHODS | {"split", "join"}
"""Methods that also matter on objects without labels."""
_TAKING = frozenset("get pop popitem popleft".split())


def call_container_method(container: Each | UnpackedLabels, call: TrackedCall) -> Labels | None:
    """A method of a container of data or models."""
    inner = elements_of(label(container))
    if call.name in ADDING_METHODS:
        given = _added(call)
        if given is not None and isinstance(container, Each):
            container.inner = container.inner | given
        return inner if call.name == "setdefault" else None
    if call.name == "items":
        return label(Each(label(UnpackedLabels((None, inner)))))
    if call.name in _TAKING:
        known = _named(container, call.constant(call.argument(0)))
        return known if known is not None else inner
    return label(container) if call.name in ("values", "copy") else None


def _added(call: TrackedCall) -> Labels | None:
    """The labels of the elements that a call adds to a container."""
    given = call.all_labels
    return elements_of(given) if call.name in ("extend", "update", "extendleft") else given


def _named(container: object, name: object) -> Labels | None:
    return container.named(name) if isinstance(container, UnpackedLabels) else None


def call_unlabelled(base: Value, call: TrackedCall) -> Labels | None:
    """A method of something that nothing is noted of."""
    if base.kind == "const" and call.name == "join":
        table = joined_table(call.tables)
        return label(table) if table is not None else None
    if call.name == "split" and call.arguments and base.kind != "const":
        # Folds by a splitter that nobody saw made.
        return fold(call)
    if call.name in ADDING_METHODS and base.objects:
        given = _added(call)
        if given is not None:
            call.record.add(base, given)
    return None


def contents_of_each(machine: Heap, value: Value) -> Iterator[tuple[Value, ...]]:
    """The elements of each container that a value may be, where they are known."""
    for identity in value.objects:
        entry = machine.env.entries.get(("object", identity))
        if entry is not None and entry.contents is not None:
            yield entry.contents


def container_subscript(item: object, key: Value, node: ast.Subscript) -> Labels | None:
    """An element of a container, or some of them."""
    if isinstance(item, Each) and (key.kind == "const" or isinstance(node.slice, ast.Slice)):
        part = _part(item.inner, step_of(node.slice))
        return label(Each(part)) if isinstance(node.slice, ast.Slice) else part
    if isinstance(item, UnpackedLabels) and key.kind == "const":
        place = key.data[1]
        if isinstance(place, int) and -len(item.items) <= place < len(item.items):
            return item.items[place]
        if place in item.names:
            return item.named(place)
    return elements_of(label(item))


def _part(labels: Labels, step: str) -> Labels:
    """One of many elements: of their rows, those that are taken by this key."""
    return Labels(
        item.derived(rows=below(item.rows, f"[{step}]")) if isinstance(item, Table) else item
        for item in labels.items
    )


def unpack(item: object, targets: Sequence[ast.expr]) -> Sequence[Labels | None]:
    """The labels for each of some targets that a value with a label is unpacked into."""
    if isinstance(item, UnpackedLabels) and len(item.items) == len(targets):
        return item.items
    if isinstance(item, Table):
        parts = roles(targets)
        if parts:
            # A loader that gives the parts of a split which it has made itself.
            return [label(item.derived(rows=below(item.rows, part))) for part in parts]
        return [label(item)] * len(targets)
    inner = elements_of(label(item))
    starred = [isinstance(target, ast.Starred) for target in targets]
    return [label(Each(inner)) if is_rest and inner is not None else inner for is_rest in starred]
