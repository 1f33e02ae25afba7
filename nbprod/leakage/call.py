"""One call as the rules of leakage look at it: what it is given, by position and by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.flow.interpreter.heap import Heap
from nbprod.flow.interpreter.values import Arguments, Keywords, Labels, Value
from nbprod.leakage.labels import joined_table, tables_in, union
from nbprod.leakage.record import DataRecord
from nbprod.leakage.types import CellNode, Table

__all__ = ["TrackedCall"]


class TrackedCall(NamedTuple):
    """A call of a function (its dotted name) or of a method (its name)."""

    record: DataRecord
    machine: Heap
    name: str
    arguments: Arguments
    keywords: Keywords
    node: ast.Call

    @property
    def place(self) -> CellNode:
        return CellNode(self.machine.source_cell, self.node)

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    @property
    def given(self) -> Iterator[Value]:
        """All values that it is given."""
        yield from self.arguments
        for _, value in self.keywords:
            yield value

    def labels(self, value: Value | None) -> Labels | None:
        return None if value is None else self.record.labels_of(self.machine, value)

    @property
    def all_labels(self) -> Labels | None:
        """The labels of all that it is given."""
        return union([self.labels(value) for value in self.given])

    @property
    def tables(self) -> list[Table]:
        """The tables that it is given, those in containers included."""
        return tables_in(self.all_labels)

    def argument(self, place: int, *names: str) -> Value | None:
        """An argument by its position or one of its names."""
        if len(self.arguments) > place:
            return self.arguments[place]
        return next((value for key, value in self.keywords if key in names), None)

    def expression(self, place: int, *names: str) -> ast.expr | None:
        """The expression of an argument."""
        if len(self.node.args) > place:
            return self.node.args[place]
        return next((word.value for word in self.node.keywords if word.arg in names), None)

    def keyword(self, name: str) -> Value | None:
        """A named argument."""
        return next((value for key, value in self.keywords if key == name), None)

    def constant(self, value: Value | None) -> object:
        """The constant that a value is, None where it is none that is known."""
        return value.data[1] if value is not None and value.kind == "const" else None

    def data(self, place: int, *names: str) -> Table | None:
        """The table that an argument is; what nobody saw made is adopted."""
        value = self.argument(place, *names)
        if value is None:
            return None
        expression = self.expression(place, *names)
        return joined_table(tables_in(self.record.adopt(self.machine, expression, value)))

    def names(self, value: Value | None) -> frozenset[str] | None:
        """The strings that a value is or holds, None where they are not all known."""
        if value is None:
            return None
        known = self.constant(value)
        if isinstance(known, str):
            return frozenset([known])
        held = self.machine.contents(value)
        if held is None:
            return None
        texts = [text for item in held if isinstance(text := self.constant(item), str)]
        return frozenset(texts) if len(texts) == len(held) else None

    def goes_along_rows(self, place: int = 0) -> bool:
        """Whether it reduces each row by itself: ``axis=1``."""
        axis = self.constant(self.argument(place, "axis"))
        return type(axis) is not bool and axis in (1, -1, "columns")
