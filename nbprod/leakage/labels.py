"""The labels that values carry: tables and estimators, and what gives them when it is taken apart.

A value may have several labels: it may be any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from nbprod.flow.interpreter.values import Labels
from nbprod.leakage.types import Data, Estimator, Rows, Table, Taint

__all__ = [
    "NO_LABELS",
    "Bound",
    "Each",
    "Fold",
    "SearchedSettings",
    "UnpackedLabels",
    "elements_of",
    "estimators_in",
    "joined_table",
    "label",
    "settings_in",
    "tables_in",
    "union",
]

NO_LABELS = Labels(())


class Each:
    """A container: its elements have these labels. Mutable, for elements are added to it."""

    __slots__ = ("inner",)

    def __init__(self, inner: Labels) -> None:
        self.inner = inner


class UnpackedLabels(NamedTuple):
    """What is unpacked into some number of values, with the labels of each, and perhaps names."""

    items: tuple[Labels | None, ...]
    names: tuple[str, ...] = ()

    def named(self, name: object) -> Labels | None:
        """The labels of the value of a name."""
        return self.items[self.names.index(name)] if name in self.names else None


class Fold(NamedTuple):
    """Positions of the rows of one part of a split."""

    step: str
    rows: Rows


class Bound(NamedTuple):
    """A method of an estimator, as a value."""

    estimator: Estimator
    method: str


class SearchedSettings(NamedTuple):
    """SearchedSettings of a model that a search has found, or some of them."""

    search: Taint


def settings_in(labels: Labels | None) -> frozenset[Taint]:
    """The searches whose settings a value is, or has in it."""
    return frozenset(item.search for item in _leaves(labels) if isinstance(item, SearchedSettings))


def label(item: object) -> Labels:
    """One label for a value."""
    return Labels((item,))


def union(labels: Iterable[Labels | None]) -> Labels | None:
    """The labels of what may be any of these values."""
    joined: Labels | None = None
    for one in labels:
        if one is not None and one.items:
            joined = one if joined is None else joined | one
    return joined


def elements_of(labels: Labels | None) -> Labels | None:
    """The labels of any element of what has these labels, tables left out."""
    if labels is None:
        return None
    found: list[Labels | None] = []
    for item in labels.items:
        if isinstance(item, Each):
            found.append(item.inner)
        elif isinstance(item, UnpackedLabels):
            found.append(union(item.items))
    return union(found)


def tables_in(labels: Labels | None) -> list[Table]:
    """The tables that a value is, or that are in it, in a fixed order."""
    found = [item for item in _leaves(labels) if isinstance(item, Table)]
    return sorted(found, key=lambda table: sorted(table.rows)) if len(found) > 1 else found


def estimators_in(labels: Labels | None) -> list[Estimator]:
    """The estimators that a value is, or that are in it, in reading order."""
    found = [item for item in _leaves(labels) if isinstance(item, Estimator)]
    return sorted(found, key=_reading_order) if len(found) > 1 else found


def _reading_order(estimator: Estimator) -> tuple[int, int, int]:
    place: Any = estimator.place
    return place.cell, getattr(place.node, "lineno", 0), getattr(place.node, "col_offset", 0)


def _leaves(labels: Labels | None, depth: int = 0) -> Iterator[object]:
    if labels is None or depth > 4:
        return
    for item in labels.items:
        if isinstance(item, Each):
            yield from _leaves(item.inner, depth + 1)
        elif isinstance(item, UnpackedLabels):
            for part in item.items:
                yield from _leaves(part, depth + 1)
        else:
            yield item


def joined_table(
    tables: list[Table], learn: Callable[[Data], frozenset[Taint]] | None = None
) -> Table | None:
    """One table of what went into several: the rows of all but the statistics.

    ``learn`` gives what a statistic among them takes into the others; without, it takes nothing.
    """
    if not tables:
        return None
    if len(tables) == 1:
        (table,) = tables
        return Table(
            table.rows, table.data.taints, table.is_statistic, table.is_element,
            predicts=table.predicts,
        )  # fmt: skip
    rows = [table for table in tables if not table.is_statistic]
    taints = frozenset[Taint]().union(*(table.data.taints for table in rows or tables))
    if rows and learn is not None:
        for table in tables:
            if table.is_statistic:
                taints |= table.data.taints | learn(table.data)
    return Table(
        frozenset().union(*(table.rows for table in rows or tables)),
        taints,
        is_statistic=not rows,
        is_element=all(table.is_element for table in rows or tables),
        predicts=tuple(dict.fromkeys(score for table in tables for score in table.predicts)),
    )
