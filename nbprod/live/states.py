"""What each cell would do now: run, fail, give a different result; whether its output is old."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from nbprod.facts import Facts
from nbprod.flow import Flow
from nbprod.flow.graph import names_not_found
from nbprod.flow.types import SelfDependence

__all__ = ["CellState", "State", "states_of"]

State = Literal["runs", "fails", "stale", "out-of-order", "unsafe-to-rerun"]
# An import gives the same however often its cell is run.
_STEADY = frozenset(("import", "star-import"))


class CellState(NamedTuple):
    """The state of a cell.

    ``reads`` are the names that it takes from other cells, by cell, imports left out. ``fails`` are
    the names that a run from top to bottom does not find here. ``late`` are the cells that it reads
    from and that ran after it, ``through`` those that are stale themselves, ``edited`` whether its
    text is not the one that ran: for any of them the cell is stale. ``differs`` are the names
    that a run from top to bottom finds with another value than the recorded run. ``again`` is why
    another run of the cell gives a different result.
    """

    cell: int
    reads: Mapping[int, frozenset[str]]
    fails: tuple[str, ...] = ()
    stops: bool = False
    late: tuple[int, ...] = ()
    through: tuple[int, ...] = ()
    edited: bool = False
    differs: tuple[str, ...] = ()
    again: tuple[SelfDependence, ...] = ()

    @property
    def is_stale(self) -> bool:
        """Whether its outputs and values are not what its code would give now."""
        return bool(self.late or self.through or self.edited)

    @property
    def states(self) -> frozenset[State]:
        """The words for the state; ``runs`` where there is nothing against it."""
        found: list[State] = []
        if self.fails or self.stops:
            found.append("fails")
        if self.is_stale:
            found.append("stale")
        if self.differs:
            found.append("out-of-order")
        if self.again:
            found.append("unsafe-to-rerun")
        return frozenset(found or ["runs"])


def states_of(facts: Facts, edited: frozenset[int] = frozenset()) -> dict[int, CellState]:
    """The states of the Python cells that hold code.

    Args:
        facts: what is known of the notebook.
        edited: the cells whose text is not the one that ran.
    """
    flow, execution = facts.flow, facts.execution
    # Counts that occur twice are of several sessions and say nothing of the order.
    counts: Mapping[int, int] = {} if execution.repeated else execution.counts
    failing = names_not_found(flow)
    broken = flow.cell_failures
    differs: dict[int, set[str]] = {}
    for change in facts.order_changes:
        differs.setdefault(change.cell, set()).add(change.name)
    found: dict[int, CellState] = {}
    for index in sorted(flow.order):
        if not flow.program.has_code(index):
            continue
        cell = flow.cells[index]
        reads = _reads(flow, index)
        count = counts.get(index)
        stale = _staleness(reads, counts, count, found) if count else ((), ())
        found[index] = CellState(
            index,
            reads,
            tuple(failing.get(index, ())),
            cell.stops or index in broken,
            *stale,
            edited=count is not None and index in edited,
            differs=tuple(sorted(differs.get(index, ()))),
            again=tuple(reason for reason in cell.again if reason.certain),
        )
    return found


def _reads(flow: Flow, index: int) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for use in flow.cells[index].uses:
        for definition in (*use.definitions, *use.mutations):
            source = definition.cell
            if source < 0 or source == index or definition.is_unbound:
                continue
            if definition.binding.kind not in _STEADY:
                found.setdefault(source, set()).add(use.name or definition.binding.name)
    return {source: frozenset(names) for source, names in sorted(found.items())}


def _staleness(
    reads: Mapping[int, frozenset[str]],
    counts: Mapping[int, int],
    count: int,
    above: Mapping[int, CellState],
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The cells read from that ran after this one, and those that are stale themselves."""
    late = tuple(source for source in reads if counts.get(source, 0) > count)
    through = tuple(
        source
        for source in reads
        if source not in late and source in above and (above[source].late or above[source].through)
    )
    return late, through
