"""The interface for what follows data through a run and notes on values what it knows of them.

The interpreter calls a tracker at what computes a value; what the tracker returns becomes the
labels of that value, and goes with it through names, containers, functions and branches. A
tracker sees the run and cannot change it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Protocol

from nbprod.flow.interpreter.heap import Heap
from nbprod.flow.interpreter.values import Arguments, Keywords, Labels, Value

__all__ = ["Tracker"]


class Tracker(Protocol):
    """The calls for each step of a run. ``machine`` is the run, for places and contents."""

    def called(
        self, machine: Heap, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
    ) -> Labels | None:
        """Something of a library is called."""

    def unknown(
        self,
        machine: Heap,
        callee: Value,
        arguments: Arguments,
        keywords: Keywords,
        node: ast.Call,
    ) -> Labels | None:
        """Something is called of which only the labels and the words of the call are known."""

    def method(
        self,
        machine: Heap,
        base: Value,
        name: str,
        arguments: Arguments,
        keywords: Keywords,
        node: ast.Call,
    ) -> Labels | None:
        """A method of an object that is not of the notebook's classes is called.

        Functions among the arguments that the method calls are replaced by what they returned.
        """

    def handed(self, machine: Heap, base: Value, name: str, keywords: Keywords) -> Labels | None:
        """A method calls a function with some part of ``base``: the labels of that part."""

    def attribute(self, machine: Heap, base: Value, name: str) -> Labels | None:
        """An attribute of an object is read."""

    def item(self, machine: Heap, base: Value, key: Value, node: ast.Subscript) -> Labels | None:
        """``base[key]`` is read."""

    def combined(self, machine: Heap, operands: Sequence[Value], node: ast.AST) -> Labels | None:
        """An operator is applied."""

    def built(self, machine: Heap, elements: Sequence[Value]) -> Labels | None:
        """A container is made of elements."""

    def element(self, machine: Heap, container: Value) -> Labels | None:
        """A container is gone through: the labels of any of its elements."""

    def unpacked(
        self, machine: Heap, value: Value, targets: Sequence[ast.expr]
    ) -> Sequence[Labels | None]:
        """A value of which no elements are known is unpacked: the labels for each target."""

    def stored(
        self, machine: Heap, base: Value, key: str | None, value: Value, node: ast.AST
    ) -> None:
        """An item or attribute is set; ``key`` is the constant, or the attribute after a dot."""

    def deleted(self, machine: Heap, base: Value, key: str | None) -> None:
        """An item or attribute is deleted."""
