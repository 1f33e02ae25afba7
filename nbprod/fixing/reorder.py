"""Find the fewest moves of cells after which a notebook runs from top to bottom.

First the recorded order, which is what the author had; then every single move of a provider above
its reader or of a reader below its provider, and the best of them followed by more; then a stable
topological order of what the reads seem to want. What is found is followed by the analysis itself:
no read that was right before may fail or see anything else. Where no order runs whole, the one that
leaves the fewest cells failing is taken, and the names that it leaves undefined are given with it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.fixing.filled_later import filled_in
from nbprod.fixing.order_search import Candidate, Reads, Search, is_movable, kept_places
from nbprod.fixing.stored_data import swaps_stored_data
from nbprod.flow.analysis import follow_unless_worse
from nbprod.flow.answers import Flow
from nbprod.flow.types import Definition
from nbprod.model import CellEdit

__all__ = ["MOST_MOVES", "Moves", "Reordering", "find_moves", "runnable_order"]

_DEEPEST = 8
MOST_MOVES = 250
"""A fix that moves more cells than this is not offered: it is another notebook."""


class Reordering(NamedTuple):
    """The moves that fix what an order can fix.

    ``order`` are the Python cells as they then run, ``moved`` those that move for it. ``failing``
    are the reads that also fail in that order, as (cell, name); ``doubtful`` are names with a read
    that may fail.
    """

    moves: tuple[CellEdit, ...]
    order: tuple[int, ...]
    moved: tuple[int, ...]
    failing: frozenset[tuple[int, str]]
    doubtful: tuple[str, ...]


def runnable_order(facts: Facts) -> list[int] | None:
    """An order of the Python cells in which nothing certainly fails; None when none is found."""
    failures = facts.flow.failures
    if not failures:
        return list(facts.flow.order)
    if not all(map(is_movable, failures)):
        return None
    best = _best_order(facts)
    return None if best is None or best.broken else list(best.order)


class Moves:
    """Single moves of a notebook, each followed once: whether other cells see what they saw."""

    def __init__(self, facts: Facts) -> None:
        self._search = Search(facts)
        self._known: dict[tuple[int, int], bool] = {}

    def is_kept_by(self, cell: int, above: int) -> bool:
        """Whether all is seen as before when a cell goes above another one; no, where unknown."""
        key = (cell, above)
        if key not in self._known:
            rest = [other for other in self._search.start if other != cell]
            at = rest.index(above) if above in rest else -1
            order = (*rest[:at], cell, *rest[at:])
            most = len(self._search.broken)
            self._known[key] = (
                at >= 0
                and self._search.follow(order, most) is not None
                and not swaps_stored_data(self._search.start, order, self._search.facts)
            )
        return self._known[key]


def _best_order(facts: Facts, out: Reads = frozenset()) -> Candidate | None:
    """The order that leaves the fewest cells failing; None when none is better than the present."""
    if not any(is_movable(failure, out) for failure in facts.flow.failures):
        return None
    search = Search(facts, out)
    found: list[Candidate] = []
    for attempt in (_by_counts, _by_moves, _by_wants):
        candidate = attempt(search)
        if candidate is not None and search.helps(candidate):
            if not candidate.broken:
                return candidate
            found.append(candidate)
    return min(found, key=lambda candidate: candidate.rank, default=None)


def _by_moves(search: Search) -> Candidate | None:
    """Single moves, then the best of them continued."""
    current = search.candidate(search.start, search.facts.flow)
    best = current
    for _ in range(_DEEPEST):
        found: list[Candidate] = []
        for order in _moves(current, search):
            if search.left <= 0:
                # Making the others costs the square of the cells.
                break
            candidate = search.follow(order, len(current.broken))
            if candidate is not None:
                if not candidate.broken and not candidate.doubtful:
                    return candidate
                found.append(candidate)
        whole = [candidate for candidate in found if not candidate.broken]
        if whole:
            return min(whole, key=lambda candidate: (len(candidate.doubtful), candidate.rank))
        if not found:
            break
        current = min(found, key=lambda candidate: candidate.rank)
        if current.rank < best.rank and search.helps(current):
            best = current
        if current.is_done:
            break
    return best


def _moves(candidate: Candidate, search: Search) -> Iterator[tuple[int, ...]]:
    """Each provider to directly above its reader, each reader to directly below its provider.

    What other cells fill is provided by the last of them.
    """
    order = list(candidate.order)
    there = set(order)
    for failure in candidate.flow.failures:
        if not is_movable(failure, search.out) or failure.cell not in there:
            continue
        made = {source.cell: source for source in failure.elsewhere if source.cell in there}
        if failure.deletion is not None and failure.deletion.cell != failure.cell:
            # The cell that deletes the name can go below the one that reads it.
            rest = [cell for cell in order if cell != failure.deletion.cell]
            at = rest.index(failure.cell) + 1
            yield (*rest[:at], failure.deletion.cell, *rest[at:])
        for provider in sorted(made):
            if provider == failure.cell:
                continue
            last = filled_in(made[provider], failure.cell, search.facts)
            if last is None:
                rest = [cell for cell in order if cell != provider]
                at = rest.index(failure.cell)
                yield (*rest[:at], provider, *rest[at:])
            rest = [cell for cell in order if cell != failure.cell]
            at = rest.index(provider if last not in rest else last) + 1
            yield (*rest[:at], failure.cell, *rest[at:])


def _by_counts(search: Search) -> Candidate | None:
    """The recorded order, with cells that never ran kept after the cell above them."""
    execution = search.facts.execution
    if not execution.is_disordered or execution.repeated:
        return None
    left = set(search.start)
    order = [cell for cell in execution.order if cell in left]
    left.difference_update(order)
    # Each cell that never ran, with those below it that did not either, after the one above.
    behind: dict[int | None, list[int]] = {}
    above: int | None = None
    for cell in search.start:
        if cell in left:
            behind.setdefault(above, []).append(cell)
        else:
            above = cell
    order = [
        *behind.get(None, ()),
        *(each for cell in order for each in (cell, *behind.get(cell, ()))),
    ]
    # This is the order that the author had: what it shows is what was meant.
    flow = follow_unless_worse(search.program, order, len(search.broken))
    # Of cells that never ran it shows nothing: they are to see what they see now.
    if flow is None or not search.keeps(flow, set(search.start) - execution.counts.keys()):
        return None
    return search.candidate(tuple(order), flow)


def _by_wants(search: Search) -> Candidate | None:
    """A stable topological order: providers before their readers."""
    flow = search.facts.flow
    after: dict[int, set[int]] = {cell: set() for cell in search.start}
    for provider, readers in flow.edges.items():
        for reader in readers:
            if provider in after and reader in after:
                after[reader].add(provider)
    bound = {name: _cells_of(made) for name, made in flow.definitions.items()}
    wanted = [(failure.cell, failure.name) for failure in flow.failures]
    for failure in flow.failures:
        wanted += list(failure.cascade)
    for reader, name in wanted:
        nearest = _nearest(bound.get(name, ()), reader)
        if nearest is not None and reader in after:
            after[reader].add(nearest)
            after.get(nearest, set()).discard(reader)
    order = _stable(search.start, after)
    if order is None:
        return None
    return search.follow(order, len(search.broken))


def _stable(cells: Sequence[int], after: dict[int, set[int]]) -> tuple[int, ...] | None:
    """Kahn's algorithm, the cell that is highest on the page first; None for a cycle."""
    place = {cell: rank for rank, cell in enumerate(cells)}
    waits = {cell: len(place.keys() & after[cell] - {cell}) for cell in cells}
    readers: dict[int, list[int]] = {}
    for cell in cells:
        for provider in after[cell] - {cell}:
            readers.setdefault(provider, []).append(cell)
    ready = [rank for rank, cell in enumerate(cells) if not waits[cell]]
    order: list[int] = []
    while ready:
        cell = cells[heappop(ready)]
        order.append(cell)
        for reader in readers.get(cell, ()):
            waits[reader] -= 1
            if not waits[reader]:
                heappush(ready, place[reader])
    return tuple(order) if len(order) == len(cells) else None


def _cells_of(definitions: Sequence[Definition]) -> list[int]:
    return sorted({definition.cell for definition in definitions})


def _nearest(cells: Sequence[int], reader: int) -> int | None:
    """Of the cells that bind a name, the next below the reader, or else the next above it."""
    below = bisect_right(cells, reader)
    if below < len(cells):
        return cells[below]
    above = bisect_left(cells, reader)
    return cells[above - 1] if above else None


def find_moves(facts: Facts, out: Reads = frozenset()) -> Reordering | None:
    """The moves after which the fewest cells fail, notes above a moved cell included.

    ``out`` are the reads, as (cell, name), for which no cell is to move.
    """
    best = _best_order(facts, out)
    if best is None:
        return None
    order = best.order
    if swaps_stored_data(facts.flow.order, order, facts):
        return None
    kept = kept_places(facts.flow.order, order)
    if len(order) - len(kept) > MOST_MOVES:
        return None
    count = len(facts.notebook.cells)
    current = list(range(count))
    moves: list[CellEdit] = []
    for rank, cell in enumerate(order):
        if cell in kept:
            continue
        group = [*_notes_above(facts, cell), cell]
        previous = order[rank - 1] if rank else None
        for member in group:
            current.remove(member)
        at = current.index(previous) + 1 if previous is not None else _top(facts, current)
        before = current[at] if at < len(current) else count
        for member in group:
            moves.append(CellEdit("move", member, before))
        current[at:at] = group
    moved = tuple(cell for cell in order if cell not in kept)
    return Reordering(tuple(moves), order, moved, _failing(best.flow), best.doubtful)


def _failing(flow: Flow) -> frozenset[tuple[int, str]]:
    """The reads that fail for themselves, and those that do because of them."""
    roots = {(failure.cell, failure.name) for failure in flow.failures}
    return frozenset(roots.union(*(failure.cascade for failure in flow.failures)))


def _top(facts: Facts, current: Sequence[int]) -> int:
    """Where a cell goes that becomes the first: above the first code cell, below the title."""
    for place, cell in enumerate(current):
        if facts.notebook.cells[cell].kind == "code":
            return place
    return 0


def _notes_above(facts: Facts, cell: int) -> list[int]:
    """The markdown directly above a cell that speaks of it: paragraphs, but no heading."""
    notes: list[int] = []
    for index in range(cell - 1, -1, -1):
        above = facts.notebook.cells[index]
        if above.kind != "markdown" or above.source.lstrip().startswith("#"):
            break
        notes.insert(0, index)
    return notes
