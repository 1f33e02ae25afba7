"""Find the fewest moves of cells after which a notebook runs from top to bottom.

First the recorded order, which is what the author had; then every single move of a provider above
its reader or of a reader below its provider, and the best of them followed by more; then a stable
topological order of what the reads seem to want. What is found is followed by the analysis itself:
nothing may fail, and no read that was right before may see anything else.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.flow.analysis import follow_unless_worse
from nbprod.flow.answers import Flow
from nbprod.flow.types import Definition, Failure
from nbprod.model import CellEdit

__all__ = ["MOST_MOVES", "find_moves", "runnable_order"]

_DEEPEST = 8
MOST_MOVES = 250
"""A fix that moves more cells than this is not offered: it is another notebook."""
_Right = dict[int, dict[int, frozenset[Definition]]]


class _Candidate(NamedTuple):
    failures: int
    moves: int
    order: tuple[int, ...]
    flow: Flow


class _Search:
    """One search: the reads that are right, and a count of the runs that it may still follow."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.program = facts.program
        self.start = tuple(facts.flow.order)
        self.left = facts.options.effort
        self.broken = _broken(facts.flow)
        self.right = _right_reads(facts.flow, self.broken)
        self.seen: set[tuple[int, ...]] = {self.start}

    def follow(self, order: tuple[int, ...], most: int) -> _Candidate | None:
        """Follow an order in which at most ``most`` reads fail.

        None when more do, when it was tried before, or when it spoils a read that was right.
        """
        if order in self.seen or self.left <= 0:
            return None
        self.seen.add(order)
        self.left -= 1
        flow = follow_unless_worse(self.program, order, most)
        if flow is None or not self.keeps(flow):
            return None
        return _Candidate(len(flow.failures), moves_between(self.start, order), order, flow)

    def keeps(self, flow: Flow) -> bool:
        """Whether each read that was right still sees the same."""
        failing = _broken(flow)
        for cell, reads in self.right.items():
            if cell in failing:
                continue
            uses = flow.uses_by_node(cell)
            for node, seen in reads.items():
                use = uses.get(node)
                if use is None:
                    return False
                now = _seen(use.definitions | use.mutations)
                # A cell that failed made nothing; what it makes now may well be seen.
                old = {definition for definition in now if definition.cell not in self.broken}
                if now != seen and not (old <= seen and len(old) < len(now)):
                    return False
        return True


def runnable_order(facts: Facts) -> list[int] | None:
    """An order of the Python cells in which nothing certainly fails; None when none is found."""
    failures = facts.flow.failures
    if not failures:
        return list(facts.flow.order)
    if any(not _is_movable(failure) for failure in failures):
        return None
    search = _Search(facts)
    for attempt in (_by_counts, _by_moves, _by_wants):
        order = attempt(search)
        if order is not None:
            return list(order)
    return None


def _is_movable(failure: Failure) -> bool:
    """Whether another cell binds the name; what is bound nowhere cannot be moved."""
    return failure.reason in ("later", "deleted") and any(
        definition.cell != failure.cell
        for definition in (*failure.elsewhere, failure.deletion)
        if definition
    )


def _broken(flow: Flow) -> set[int]:
    """The cells that fail, for themselves or because another does."""
    cells = {failure.cell for failure in flow.failures}
    for root in flow.failures:
        cells |= {cell for cell, _ in root.cascade}
    return cells


def _right_reads(flow: Flow, broken: set[int]) -> _Right:
    """The reads of cells that do not fail, with what they see."""
    found: _Right = {}
    for cell in flow.order:
        if cell in broken:
            continue
        for node, use in flow.uses_by_node(cell).items():
            seen = _seen(use.definitions | use.mutations)
            if seen:
                found.setdefault(cell, {})[node] = seen
    return found


def _seen(definitions: frozenset[Definition]) -> frozenset[Definition]:
    return frozenset(
        definition
        for definition in definitions
        if not definition.is_unbound and definition.after is None
    )


def _by_moves(search: _Search) -> tuple[int, ...] | None:
    """Single moves, then the best of them continued."""
    flow = search.facts.flow
    best = _Candidate(len(flow.failures), 0, search.start, flow)
    for _ in range(_DEEPEST):
        found: list[_Candidate] = []
        for order in _moves(best):
            if search.left <= 0:
                break
            candidate = search.follow(order, best.failures)
            if candidate is not None:
                if not candidate.failures:
                    return candidate.order
                found.append(candidate)
        if not found:
            return None
        best = min(found, key=lambda candidate: (candidate.failures, candidate.moves))
    return None


def _moves(candidate: _Candidate) -> Iterator[tuple[int, ...]]:
    """Each provider to directly above its reader, each reader to directly below its provider."""
    order = list(candidate.order)
    there = set(order)
    for failure in candidate.flow.failures:
        if not _is_movable(failure) or failure.cell not in there:
            continue
        providers = sorted(
            {definition.cell for definition in failure.elsewhere if definition.cell in there}
        )
        if failure.deletion is not None and failure.deletion.cell != failure.cell:
            # The cell that deletes the name can go below the one that reads it.
            rest = [cell for cell in order if cell != failure.deletion.cell]
            at = rest.index(failure.cell) + 1
            yield (*rest[:at], failure.deletion.cell, *rest[at:])
        for provider in providers:
            if provider == failure.cell:
                continue
            rest = [cell for cell in order if cell != provider]
            at = rest.index(failure.cell)
            yield (*rest[:at], provider, *rest[at:])
            rest = [cell for cell in order if cell != failure.cell]
            at = rest.index(provider) + 1
            yield (*rest[:at], failure.cell, *rest[at:])


def _by_counts(search: _Search) -> tuple[int, ...] | None:
    """The recorded order, with cells that never ran kept behind the cell above them."""
    execution = search.facts.execution
    if not execution.is_disordered or execution.repeated:
        return None
    left = set(search.start)
    order = [cell for cell in execution.order if cell in left]
    left.difference_update(order)
    # Each cell that never ran, with those below it that did not either, behind the one above.
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
    return tuple(order) if follow_unless_worse(search.program, order, 0) is not None else None


def _by_wants(search: _Search) -> tuple[int, ...] | None:
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
    candidate = search.follow(order, 0)
    return candidate.order if candidate is not None else None


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


def moves_between(start: Sequence[int], order: Sequence[int]) -> int:
    """The fewest cells that have to move from one order to the other."""
    return len(order) - len(_kept(start, order))


def _kept(start: Sequence[int], order: Sequence[int]) -> set[int]:
    """Cells that can stay: a longest rising run of their old places (patience sorting)."""
    place = {cell: rank for rank, cell in enumerate(start)}
    tails: list[int] = []
    links: dict[int, int | None] = {}
    ends: list[int] = []
    for cell in order:
        rank = place[cell]
        at = bisect_left(tails, rank)
        links[cell] = ends[at - 1] if at else None
        if at == len(tails):
            tails.append(rank)
            ends.append(cell)
        else:
            tails[at] = rank
            ends[at] = cell
    kept: set[int] = set()
    current: int | None = ends[-1] if ends else None
    while current is not None:
        kept.add(current)
        current = links[current]
    return kept


def find_moves(facts: Facts) -> tuple[CellEdit, ...] | None:
    """The moves that make a notebook run, notes above a moved cell included; None if none do."""
    order = runnable_order(facts)
    if order is None or list(facts.flow.order) == order:
        return None
    kept = _kept(facts.flow.order, order)
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
        for one in group:
            current.remove(one)
        at = current.index(previous) + 1 if previous is not None else _top(facts, current)
        before = current[at] if at < len(current) else count
        for one in group:
            moves.append(CellEdit("move", one, before))
        current[at:at] = group
    return tuple(moves)


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
