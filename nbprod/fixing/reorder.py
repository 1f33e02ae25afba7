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
from functools import cached_property
from heapq import heappop, heappush
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.fixing.filled_later import filled_in
from nbprod.fixing.unseen_state import UnseenState
from nbprod.flow.analysis import follow_unless_worse
from nbprod.flow.answers import Flow
from nbprod.flow.types import Definition, Failure
from nbprod.model import CellEdit

__all__ = ["MOST_MOVES", "Reordering", "find_moves", "runnable_order"]

_DEEPEST = 8
MOST_MOVES = 250
"""A fix that moves more cells than this is not offered: it is another notebook."""
_Left = frozenset[tuple[int, str]]
_Right = dict[int, dict[int, frozenset[Definition]]]


class Reordering(NamedTuple):
    """The moves that fix what an order can fix.

    ``order`` are the Python cells as they then run, ``moved`` those that move for it. ``failing``
    are the reads that fail in that order, too, as (cell, name); ``doubtful`` are names with a read
    that may fail.
    """

    moves: tuple[CellEdit, ...]
    order: tuple[int, ...]
    moved: tuple[int, ...]
    failing: frozenset[tuple[int, str]]
    doubtful: tuple[str, ...]


class _Candidate:
    """An order that was followed; the fewer reads it leaves to be moved, the better."""

    def __init__(
        self, start: tuple[int, ...], order: tuple[int, ...], flow: Flow, left: _Left
    ) -> None:
        self.order = order
        self.flow = flow
        self.broken = _broken(flow)
        movable = sum(_is_movable(failure, left) for failure in flow.failures)
        self.rank = (movable, len(self.broken), moves_between(start, order))

    @property
    def is_done(self) -> bool:
        """Whether no further move can help."""
        return self.rank[0] == 0

    @cached_property
    def doubtful(self) -> tuple[str, ...]:
        """The names bound in the notebook that a read may miss."""
        names = (
            failure.name
            for failure in self.flow.possible
            if failure.called and failure.elsewhere and failure.dynamic is None
        )
        return tuple(dict.fromkeys(names))


class _Search:
    """One search: the reads that are right, and a count of the runs that it may still follow."""

    def __init__(self, facts: Facts, out: _Left = frozenset()) -> None:
        self.facts = facts
        self.out = out
        self.program = facts.program
        self.start = tuple(facts.flow.order)
        self.left = facts.options.effort
        self.broken = _broken(facts.flow)
        self.roots = _roots(facts.flow)
        self.right = _right_reads(facts.flow)
        self.seen: set[tuple[int, ...]] = {self.start}

    def follow(self, order: tuple[int, ...], most: int) -> _Candidate | None:
        """Follow an order in which at most ``most`` reads fail.

        None when more do, when it was tried before, or when it spoils a read that was right.
        """
        if order in self.seen or self.left <= 0:
            return None
        self.seen.add(order)
        self.left -= 1
        if not self.facts.shared(UnseenState).is_kept(order, self.broken):
            return None
        flow = follow_unless_worse(self.program, order, most)
        if flow is None or not self.keeps(flow):
            return None
        return self.candidate(order, flow)

    def candidate(self, order: tuple[int, ...], flow: Flow) -> _Candidate:
        """An order with what a run of it showed."""
        return _Candidate(self.start, order, flow, self.out)

    def helps(self, candidate: _Candidate) -> bool:
        """Whether fewer cells fail, and none for a reason that is new."""
        return candidate.broken < self.broken and _roots(candidate.flow) <= self.roots

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
                    if _kinds(now) != _kinds(seen) and not self.is_recorded(cell, seen, now):
                        return False
        return True

    def is_recorded(
        self, cell: int, seen: frozenset[Definition], now: frozenset[Definition]
    ) -> bool:
        """Whether the execution counts say that a cell saw ``now``, and not ``seen``."""
        counts = self.facts.execution.counts
        ran = counts.get(cell, 0)
        sources = [counts.get(made.cell, 0) for made in now]
        older = [counts.get(made.cell, 0) for made in seen]
        return bool(sources) and all(max(older, default=0) < count < ran for count in sources)


def runnable_order(facts: Facts) -> list[int] | None:
    """An order of the Python cells in which nothing certainly fails; None when none is found."""
    failures = facts.flow.failures
    if not failures:
        return list(facts.flow.order)
    if not all(map(_is_movable, failures)):
        return None
    best = _best_order(facts)
    return None if best is None or best.broken else list(best.order)


def _best_order(facts: Facts, out: _Left = frozenset()) -> _Candidate | None:
    """The order that leaves the fewest cells failing; None when none is better than the present."""
    if not any(_is_movable(failure, out) for failure in facts.flow.failures):
        return None
    search = _Search(facts, out)
    found: list[_Candidate] = []
    for attempt in (_by_counts, _by_moves, _by_wants):
        candidate = attempt(search)
        if candidate is not None and search.helps(candidate):
            if not candidate.broken:
                return candidate
            found.append(candidate)
    return min(found, key=lambda candidate: candidate.rank, default=None)


def _is_movable(failure: Failure, out: _Left = frozenset()) -> bool:
    """Whether another cell binds the name; what is bound nowhere cannot be moved.

    ``out`` are the reads, as (cell, name), that want another definition than those that exist.
    """
    if (failure.cell, failure.name) in out:
        return False
    return failure.reason in ("later", "deleted") and any(
        definition.cell != failure.cell
        for definition in (*failure.elsewhere, failure.deletion)
        if definition
    )


def _roots(flow: Flow) -> set[tuple[int, str, str]]:
    return {(failure.cell, failure.name, failure.reason) for failure in flow.failures}


def _broken(flow: Flow) -> set[int]:
    """The cells that fail, for themselves or because another does."""
    cells = {failure.cell for failure in flow.failures}
    for root in flow.failures:
        cells |= {cell for cell, _ in root.cascade}
    return cells


def _right_reads(flow: Flow) -> _Right:
    """The reads that do not fail, with what they see: those of cells that fail elsewhere, too."""
    found: _Right = {}
    for cell in flow.order:
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


def _kinds(made: frozenset[Definition]) -> frozenset[object]:
    """What definitions amount to: the same import in two cells is one."""
    return frozenset(
        (definition.binding.name, definition.binding.detail)
        if definition.binding.kind == "import"
        else definition
        for definition in made
    )


def _by_moves(search: _Search) -> _Candidate | None:
    """Single moves, then the best of them continued."""
    current = search.candidate(search.start, search.facts.flow)
    best = current
    for _ in range(_DEEPEST):
        found: list[_Candidate] = []
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


def _moves(candidate: _Candidate, search: _Search) -> Iterator[tuple[int, ...]]:
    """Each provider to directly above its reader, each reader to directly below its provider.

    What other cells fill is provided by the last of them.
    """
    order = list(candidate.order)
    there = set(order)
    for failure in candidate.flow.failures:
        if not _is_movable(failure, search.out) or failure.cell not in there:
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


def _by_counts(search: _Search) -> _Candidate | None:
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
    flow = follow_unless_worse(search.program, order, len(search.broken))
    return None if flow is None else search.candidate(tuple(order), flow)


def _by_wants(search: _Search) -> _Candidate | None:
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


def find_moves(facts: Facts, out: _Left = frozenset()) -> Reordering | None:
    """The moves after which the fewest cells fail, notes above a moved cell included.

    ``out`` are the reads, as (cell, name), for which no cell is to move.
    """
    best = _best_order(facts, out)
    if best is None:
        return None
    order = best.order
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
