"""What a run has made so far: trainings, splits, tables and estimators, and where labels are."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nbprod.flow.interpreter.heap import Heap
from nbprod.flow.interpreter.state import StateEntry
from nbprod.flow.interpreter.values import ANY, Labels, Value, with_labels
from nbprod.leakage.labels import Each, label, union
from nbprod.leakage.types import (
    CellNode,
    Columns,
    Data,
    Estimator,
    Table,
    Taint,
    Training,
    UnknownParameter,
)
from nbprod.syntax.names import root_of

__all__ = ["DataRecord"]

_FIXED = frozenset(("const", "function", "class", "library", "range", "namespace", "super"))


class DataRecord:
    """The record of one run, and the labels of objects that had none when they were made."""

    def __init__(self) -> None:
        self.trainings: list[Training] = []
        self.parameters: list[UnknownParameter] = []
        self._splits = 0
        self._frames = 0
        self._objects: dict[int, Labels] = {}
        self._holders: set[int] = set()
        self._made: dict[int, Estimator] = {}
        self._numbers: dict[int, str] = {}

    # --- labels of values ---

    def labels_of(self, machine: Heap, value: Value) -> Labels | None:
        """The labels of a value, those given to its objects later included."""
        labels = value.labels
        if self._objects and value.objects:
            for identity in value.objects:
                later = self._objects.get(identity)
                if later is not None:
                    labels = later if labels is None else labels | later
        return labels if labels is not None and labels.items else None

    def has_labels(self, values: Iterable[Value]) -> bool:
        """Whether some value has labels: the quick answer for most calls."""
        return any(
            value.labels is not None or not self._objects.keys().isdisjoint(value.objects)
            for value in values
        )

    def part(self, machine: Heap, base: Value, key: str) -> Labels | None:
        """The labels of what was stored in an object under a key, or as ``.attribute``."""
        if not self._holders:
            return None
        found = []
        for identity in base.objects & self._holders:
            entry = machine.env.entries.get(("labels", identity, key))
            if entry is not None:
                found.append(entry.value.labels)
        return union(found)

    def store(self, machine: Heap, base: Value, key: str | None, labels: Labels) -> None:
        """Note what is stored in an object: under a key, and as an element of it."""
        for identity in base.objects:
            if key is not None:
                entry = StateEntry(frozenset(), with_labels(ANY, labels))
                machine.env.set(("labels", identity, key), entry)
                self._holders.add(identity)
            if key is None or not key.startswith("."):
                self.add(base, labels)

    def add(self, base: Value, labels: Labels) -> None:
        """Something is put into a container."""
        for item in base.labels.items if base.labels is not None else ():
            if isinstance(item, Each):
                item.inner = item.inner | labels
                return
        for identity in base.objects:
            held = self._objects.get(identity)
            inner = union([*(each.inner for each in _containers(held)), labels])
            self._objects[identity] = label(Each(inner or labels))

    def adopt(self, machine: Heap, node: ast.expr | None, value: Value) -> Labels | None:
        """The labels of what must be data; what nobody saw made is a source of its own."""
        labels = self.labels_of(machine, value)
        if labels is not None or node is None:
            return labels
        name, root = root_of(node)
        entry = machine.env.entries.get(machine.key_of(name)) if name else None
        if entry is None or entry.value.kind in _FIXED or not isinstance(root, ast.Name):
            return None
        if self.labels_of(machine, entry.value) is not None:
            return None
        labels = label(Table(frozenset([f"n{len(machine.chain)}.{name}"])))
        for identity in entry.value.objects:
            self._objects[identity] = labels
        if not entry.value.objects:
            marked = entry._replace(value=with_labels(entry.value, labels))
            machine.env.set(machine.key_of(name), marked)
        return labels

    # --- what is made ---

    def frame(self, path: str) -> Table:
        """A frame that comes from outside, with all of its columns."""
        self._frames += 1
        return Table(frozenset([path]), columns=Columns(self._frames))

    def split_number(self, machine: Heap, node: ast.AST) -> str:
        """A number for a split; a second turn of a loop makes the same one again."""
        if not machine.second_turns or id(node) not in self._numbers:
            self._splits += 1
            self._numbers[id(node)] = str(self._splits)
        return self._numbers[id(node)]

    def estimator(self, machine: Heap, made: Estimator) -> Estimator:
        """A new estimator; a second turn of a loop makes the same one again."""
        key = id(made.place.node)
        if not machine.second_turns or key not in self._made:
            self._made[key] = made
        return self._made[key]

    def train(self, machine: Heap, estimator: Estimator, training: Training) -> Training:
        """An estimator is trained; a second turn of a loop adds what the first has passed on."""
        known = estimator.training
        if machine.second_turns and known is not None and known.place.node is training.place.node:
            known.data = Data(
                known.data.rows | training.data.rows, known.data.taints | training.data.taints
            )
            return known
        estimator.training = training
        self.trainings.append(training)
        return training

    def validate(self, machine: Heap, training: Training) -> None:
        """A copy of an estimator is trained on parts of data and tested on the others."""
        node = training.place.node
        if not machine.second_turns or all(each.place.node is not node for each in self.trainings):
            self.trainings.append(training)

    def learn(self, machine: Heap, statistic: Data, node: ast.AST) -> frozenset[Taint]:
        """What goes into data with a statistic."""
        if not statistic.rows:
            return frozenset()
        place = CellNode(machine.source_cell, node)
        return frozenset([Taint("a statistic", statistic.rows, place, "statistic")])


def _containers(labels: Labels | None) -> list[Each]:
    return [item for item in labels.items if isinstance(item, Each)] if labels is not None else []
