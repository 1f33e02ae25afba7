"""Sources, the stretches of them that are alike, and what differs between those."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal, NamedTuple

__all__ = ["ClonableStatement", "CloneGroup", "Copy", "Fragment", "Source", "Variation"]


class ClonableStatement(NamedTuple):
    """A statement: what it is hashed to, how many nodes it has, its tree and its first line.

    ``names`` are those of variables, parameters, functions and classes in it, each as often as it
    is there; equal digests have their names in the same order.
    """

    digest: int
    weight: int
    node: ast.stmt
    line: int
    names: tuple[str, ...] = ()


class Source(NamedTuple):
    """A run of statements that stand one after another: a cell, or the body of a module.

    ``cell`` counts from 1; None for a module.
    """

    path: str
    cell: int | None
    statements: tuple[ClonableStatement, ...]


class Fragment(NamedTuple):
    """A stretch of a source: the first statement and the one after the last."""

    source: Source
    start: int
    end: int

    @property
    def first_line(self) -> int:
        """The line, in the cell or module, where it starts."""
        return self.source.statements[self.start].line

    @property
    def last_line(self) -> int:
        """The line where it ends."""
        node = self.source.statements[self.end - 1].node
        return node.end_lineno or node.lineno

    @property
    def nodes(self) -> tuple[ast.stmt, ...]:
        """Its statements' trees."""
        return tuple(statement.node for statement in self.source.statements[self.start : self.end])


class Variation(NamedTuple):
    """Something that is not the same in all places: each place's text, in order."""

    kind: Literal["name", "literal"]
    texts: tuple[str, ...]
    argument: str | None = None


@dataclass(frozen=True)
class CloneGroup:
    """Fragments that are alike.

    ``kind``: 1 the same, 2 except for names and literals, 3 with statements that only some have.
    ``signature`` is that of a function which could stand for all of them.
    """

    kind: Literal[1, 2, 3]
    fragments: tuple[Fragment, ...]
    differences: tuple[Variation, ...]
    signature: str
    weight: int


class Copy(NamedTuple):
    """Files that are copies of each other: their paths."""

    paths: tuple[str, ...]
