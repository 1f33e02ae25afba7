"""Follow the data of a notebook from where it is read to where it is tested.

A tracker of the data flow: what it notes on values goes with them through names, functions and
containers. The classes of leakage are those of Yang, Brower-Sinning, Lewis and Kästner, "Data
Leakage in Notebooks: Static Detection and Better Processes" (ASE 2022): preprocessing, overlap.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nbprod.flow.interpreter.heap import Heap
from nbprod.flow.interpreter.values import Arguments, Keywords, Labels, Value
from nbprod.leakage import containers, estimators, frames, functions
from nbprod.leakage.call import TrackedCall
from nbprod.leakage.labels import (
    NO_LABELS,
    Bound,
    Each,
    SearchedSettings,
    UnpackedLabels,
    elements_of,
    joined_table,
    label,
    tables_in,
    union,
)
from nbprod.leakage.leaks import find_leaks
from nbprod.leakage.record import DataRecord
from nbprod.leakage.types import Estimator, Evaluation, Table
from nbprod.syntax.dotted import dotted_name

__all__ = ["DataTracker"]


class DataTracker:
    """What a run says of the data and the models of a notebook."""

    def __init__(self) -> None:
        self.record = DataRecord()

    @property
    def evaluation(self) -> Evaluation:
        """What is trained on what, and how test data reached it."""
        unknown = {(each.place.node, each.name): each for each in self.record.parameters}
        return find_leaks(self.record.trainings)._replace(parameters=tuple(unknown.values()))

    # --- calls ---

    def called(
        self, machine: Heap, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
    ) -> Labels | None:
        if not isinstance(node, ast.Call):
            # A decorator, or what Python calls by itself.
            return None
        if not functions.makes_something(name) and not self.record.has_labels(
            (*arguments, *(value for _, value in keywords))
        ):
            return None
        return functions.call(TrackedCall(self.record, machine, name, arguments, keywords, node))

    def unknown(
        self,
        machine: Heap,
        callee: Value,
        arguments: Arguments,
        keywords: Keywords,
        node: ast.Call,
    ) -> Labels | None:
        for item in callee.labels.items if callee.labels is not None else ():
            if isinstance(item, Bound):
                call = TrackedCall(self.record, machine, item.method, arguments, keywords, node)
                return estimators.call_estimator_method(item.estimator, call)
            if isinstance(item, Estimator):
                # Keras: a layer or model is called to build another.
                return label(item)
        return self.called(machine, dotted_name(node.func), arguments, keywords, node)

    def method(
        self,
        machine: Heap,
        base: Value,
        name: str,
        arguments: Arguments,
        keywords: Keywords,
        node: ast.Call,
    ) -> Labels | None:
        labels = self.record.labels_of(machine, base)
        if labels is None and name not in containers.KNOWN_OF_ALL:
            return None
        call = TrackedCall(self.record, machine, name, arguments, keywords, node)
        if labels is None:
            return containers.call_unlabelled(base, call)
        results = []
        for item in labels.items:
            if isinstance(item, Estimator):
                results.append(estimators.call_estimator_method(item, call))
            elif isinstance(item, Table):
                results.append(frames.call_frame_method(item, call))
            elif isinstance(item, SearchedSettings):
                results.append(label(item))
            elif isinstance(item, (Each, UnpackedLabels)):
                results.append(containers.call_container_method(item, call))
        return union(results)

    def handed(self, machine: Heap, base: Value, name: str, keywords: Keywords) -> Labels | None:
        tables = tables_in(self.record.labels_of(machine, base))
        if not tables or name == "pipe":
            return base.labels
        by_row = any(
            key == "axis" and value.kind == "const" and value.data[1] in (1, "columns")
            for key, value in keywords
        )
        return Labels(
            table.derived(
                is_element=by_row or name in ("applymap", "map") or table.column is not None,
                is_statistic=table.is_statistic and not table.is_grouped,
            )
            for table in tables
        )

    # --- parts ---

    def attribute(self, machine: Heap, base: Value, name: str) -> Labels | None:
        stored = self.record.part(machine, base, "." + name)
        if stored is not None:
            return stored
        labels = self.record.labels_of(machine, base)
        if labels is None:
            return None
        found = []
        for item in labels.items:
            if isinstance(item, Table):
                found.append(frames.frame_attribute(item, name))
            elif isinstance(item, Estimator):
                found.append(estimators.estimator_attribute(item, name))
            elif isinstance(item, UnpackedLabels):
                found.append(item.named(name))
        return union(found) or NO_LABELS

    def item(self, machine: Heap, base: Value, key: Value, node: ast.Subscript) -> Labels | None:
        if key.kind == "const":
            stored = self.record.part(machine, base, repr(key.data[1]))
            if stored is not None:
                return stored
        labels = self.record.labels_of(machine, base)
        if labels is None:
            return None
        if base.kind in ("list", "tuple") and not isinstance(node.slice, ast.Slice):
            if key.kind == "const" and machine.contents(base) is not None:
                return None  # the element itself is known, with its labels
        found: list[Labels | None] = []
        for item in labels.items:
            if isinstance(item, Table):
                found.append(label(frames.frame_subscript(item, key, node, machine)))
            elif isinstance(item, (Estimator, SearchedSettings)):
                found.append(label(item))
            else:
                found.append(containers.container_subscript(item, key, node))
        return union(found) or NO_LABELS

    def combined(self, machine: Heap, operands: Sequence[Value], node: ast.AST) -> Labels | None:
        labels = [self.record.labels_of(machine, value) for value in operands]
        joined = union(labels)
        if joined is None:
            return None
        tables = tables_in(joined)
        if not tables:
            return label(Each(inner)) if (inner := elements_of(joined)) is not None else None
        if isinstance(node, ast.Compare):
            # Against a statistic it is a threshold: rows are separated, no value is changed.
            table = joined_table(tables)
        else:
            table = joined_table(tables, lambda data: self.record.learn(machine, data, node))
        assert table is not None
        table.is_mask = isinstance(node, ast.Compare) or all(each.is_mask for each in tables)
        valued = [each for each in tables if not each.is_statistic]
        if len(valued) == 1 and all(
            value.kind == "const" or known is not None
            for value, known in zip(operands, labels, strict=True)
        ):
            table.origin = valued[0].origin
        return label(table)

    # --- containers ---

    def built(self, machine: Heap, elements: Sequence[Value]) -> Labels | None:
        inner = union(self.record.labels_of(machine, element) for element in elements)
        return None if inner is None else label(Each(inner))

    def element(self, machine: Heap, container: Value) -> Labels | None:
        labels = self.record.labels_of(machine, container)
        if labels is None:
            return None
        found = [elements_of(labels)]
        for item in labels.items:
            if isinstance(item, Table) and (item.columns is None or item.column is not None):
                found.append(label(frames.element(item)))
        return union(found)

    def unpacked(
        self, machine: Heap, value: Value, targets: Sequence[ast.expr]
    ) -> Sequence[Labels | None]:
        labels = self.record.labels_of(machine, value)
        found: list[list[Labels | None]] = [[] for _ in targets]
        for contents in containers.contents_of_each(machine, value):
            if len(contents) == len(targets):
                for place, element in enumerate(contents):
                    found[place].append(self.record.labels_of(machine, element))
        if any(known for known in found):
            return [union(known) for known in found]
        for item in labels.items if labels is not None else ():
            for place, part in enumerate(containers.unpack(item, targets)):
                found[place].append(part)
        return [union(known) for known in found]

    # --- mutations ---

    def stored(
        self, machine: Heap, base: Value, key: str | None, value: Value, node: ast.AST
    ) -> None:
        labels = self.record.labels_of(machine, base)
        given = self.record.labels_of(machine, value)
        tables = [item for item in labels.items if isinstance(item, Table)] if labels else []
        names = frames.stored_columns(key, node)
        put = tables_in(given)
        origin = put[0].origin if len(put) == 1 and not put[0].is_statistic else None
        for table in tables:
            for name in names or ():
                table.gain(name, origin)
        new = joined_table(put)
        if tables and new is not None:
            taints = new.data.taints
            if new.is_statistic:
                taints |= self.record.learn(machine, new.data, node)
            for table in tables:
                for column in names or (None,):
                    table.absorb(taints, column)
        elif not tables and given is not None:
            self.record.store(machine, base, key, given)

    def deleted(self, machine: Heap, base: Value, key: str | None) -> None:
        for table in tables_in(self.record.labels_of(machine, base)):
            table.lose(frames.column_names(key))
