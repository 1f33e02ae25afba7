"""What a run records of its reads, for the questions that come after it."""

from __future__ import annotations

import ast
from collections.abc import Hashable

from nbprod.flow.interpreter.values import Value
from nbprod.flow.types import CallStep, Definition

__all__ = ["Exposure", "ReadRecord"]


class ReadRecord:
    """The record of one place that reads, as executed by one cell; it grows while the run goes.

    ``source`` is the cell whose code it is, or that of a string or file that runs.
    """

    __slots__ = (
        "chain", "definitions", "mandatory", "mutations", "name", "node", "source", "value",
    )  # fmt: skip

    def __init__(self, name: str, node: ast.AST, source: int, chain: tuple[CallStep, ...]) -> None:
        self.name = name
        self.node = node
        self.source = source
        self.chain = chain
        self.definitions: frozenset[Definition] = frozenset()
        self.mutations: frozenset[Definition] = frozenset()
        self.mandatory = False
        self.value: Value | None = None


class Exposure:
    """A read of something that was there before the cell: what a second run may find changed.

    ``call`` is the outermost call on the way to it, if it is in a function.
    """

    __slots__ = (
        "call", "definitions", "how", "key", "mandatory", "name", "node", "source", "value",
    )  # fmt: skip

    def __init__(
        self, key: Hashable, name: str, node: ast.AST, source: int, seen: frozenset[Definition]
    ) -> None:
        self.key = key
        self.name = name
        self.node = node
        self.source = source
        self.call: CallStep | None = None
        self.value: Value | None = None
        self.definitions = seen
        self.how = ""
        self.mandatory = True
