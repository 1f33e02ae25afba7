"""Bound how many definitions are kept apart for one name, one object or one failing read.

Where hundreds of branches rebind one name, each read of it would hold all of them, and the data
flow of a notebook would grow with the square of its cells. From `MOST` on only the first and the
last are kept. What a verdict rests on stays: whether the name may be unbound, whether it is
bound only after a failure, and whether more than one cell binds it.
"""

from __future__ import annotations

from collections.abc import Collection

from nbprod.flow.types import Definition
from nbprod.model import Span

__all__ = ["MOST", "abridge"]

MOST = 64
"""How many definitions are distinguished; a name of an ordinary notebook has fewer at one read."""

_FIRST = 8
_LAST = 24


def abridge(definitions: frozenset[Definition]) -> frozenset[Definition]:
    """The same definitions, or the first and last of each sort where there are too many."""
    if len(definitions) <= MOST:
        return definitions
    sorts: dict[tuple[bool, bool], list[Definition]] = {}
    for definition in definitions:
        sort = (definition.is_unbound, definition.after is not None)
        sorts.setdefault(sort, []).append(definition)
    return frozenset(kept for group in sorts.values() for kept in _ends(group))


def _ends(group: Collection[Definition]) -> Collection[Definition]:
    if len(group) <= _FIRST + _LAST:
        return group
    ordered = sorted(group, key=_place)
    return (*ordered[:_FIRST], *ordered[-_LAST:])


def _place(definition: Definition) -> tuple[int, Span]:
    return definition.cell, definition.binding.span
