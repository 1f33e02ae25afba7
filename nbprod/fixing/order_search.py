"""Follow orders of cells, and judge them: which cells still fail, and what each read then sees."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Sequence
from functools import cached_property

from nbprod.facts import Facts
from nbprod.fixing.unseen_state import UnseenState
from nbprod.flow.analysis import follow_unless_worse
from nbprod.flow.answers import Flow
from nbprod.flow.types import Definition, Failure

__all__ = ["Candidate", "Reads", "Search", "is_movable", "kept_places", "moves_between"]

Reads = frozenset[tuple[int, str]]
"""Reads, as (cell, name)."""
_Right = dict[int, dict[int, frozenset[Definition]]]


class Candidate:
    """An order that was followed; the fewer reads it leaves to be moved, the better."""

    def __init__(
        self, start: tuple[int, ...], order: tuple[int, ...], flow: Flow, left: Reads
    ) -> None:
        self.order = order
        self.flow = flow
        self.broken = _broken(flow)
        movable = sum(is_movable(failure, left) for failure in flow.failures)
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


class Search:
    """One search: the reads that are right, and a count of the runs that it may still follow."""

    def __init__(self, facts: Facts, out: Reads = frozenset()) -> None:
        self.facts = facts
        self.out = out
        self.program = facts.program
        self.start = tuple(facts.flow.order)
        self.left = facts.options.effort
        self.broken = _broken(facts.flow)
        self.roots = _roots(facts.flow)
        self.place = {cell: rank for rank, cell in enumerate(self.start)}
        self.stop = _first_movable(self.start, facts.flow, out)
        self.right = _right_reads(facts.flow)
        self.seen: set[tuple[int, ...]] = {self.start}

    def follow(self, order: tuple[int, ...], most: int) -> Candidate | None:
        """Follow an order in which at most ``most`` reads fail.

        None when more do, when it was tried before, or when it spoils a read that was right.
        """
        if order in self.seen or self.left <= 0:
            return None
        self.seen.add(order)
        self.left -= 1
        if not self.facts.shared(UnseenState).is_kept(order, _failing_cells(self.facts.flow)):
            return None
        flow = follow_unless_worse(self.program, order, most)
        if flow is None or not self.keeps(flow):
            return None
        return self.candidate(order, flow)

    def candidate(self, order: tuple[int, ...], flow: Flow) -> Candidate:
        """An order with what a run of it showed."""
        return Candidate(self.start, order, flow, self.out)

    def helps(self, candidate: Candidate) -> bool:
        """Whether fewer cells fail, none for a reason that is new, and a run comes further."""
        return (
            candidate.broken < self.broken
            and _roots(candidate.flow) <= self.roots
            and _first_movable(candidate.order, candidate.flow, self.out) > self.stop
        )

    def keeps(self, flow: Flow, cells: Container[int] | None = None) -> bool:
        """Whether each read that has a value, in these cells or in all, still sees the same.

        Those of cells that a failure above keeps from running count: a run would come to them now.
        """
        failing = _broken(flow)
        for cell, reads in self.right.items():
            if cell in failing or (cells is not None and cell not in cells):
                continue
            uses = flow.uses_by_node(cell)
            for node, seen in reads.items():
                use = uses.get(node)
                if use is None:
                    if cell in self.broken:
                        continue
                    return False
                now = _seen(use.definitions | use.mutations)
                if not self.is_same(seen, now) and not self.is_recorded(cell, seen, now):
                    return False
        return True

    def is_same(self, seen: frozenset[Definition], now: frozenset[Definition]) -> bool:
        """Whether a read sees what it was to see, had no cell above it failed.

        Where one failed, its definitions are kept beside those that they were to replace.
        """
        if seen == now:
            return True
        assumed = [made for made in seen if made.after is not None]
        if assumed:
            # What it is made of was missing: no cell could be seen to change it.
            seen, now = _bound(seen), _bound(now)
        old, new = _kinds(seen), _kinds(now)
        if old == new:
            return True
        if not assumed or not new <= old:
            return False
        last = max(self.place[made.cell] for made in assumed)
        return any(self.place.get(made.cell) == last for made in now)

    def is_recorded(
        self, cell: int, seen: frozenset[Definition], now: frozenset[Definition]
    ) -> bool:
        """Whether the execution counts say that a cell saw ``now``, and not ``seen``."""
        counts = self.facts.execution.counts
        ran = counts.get(cell, 0)
        sources = [counts.get(made.cell, 0) for made in now]
        older = [counts.get(made.cell, 0) for made in seen]
        return (
            bool(sources)
            and all(max(older, default=0) < count < ran for count in sources)
            and not self.facts.execution.may_have_run_unseen(max(sources), ran)
        )


def is_movable(failure: Failure, out: Reads = frozenset()) -> bool:
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


def _failing_cells(flow: Flow) -> frozenset[int]:
    """The cells that fail for themselves: what they show is not known yet."""
    return frozenset(failure.cell for failure in flow.failures)


def _first_movable(order: Sequence[int], flow: Flow, out: Reads) -> int:
    """Where in an order the first cell is that fails for want of another order."""
    cells = {failure.cell for failure in flow.failures if is_movable(failure, out)}
    return next((rank for rank, cell in enumerate(order) if cell in cells), len(order))


def _right_reads(flow: Flow) -> _Right:
    """The reads that do not fail, with what they see: also those of cells that fail elsewhere."""
    found: _Right = {}
    for cell in flow.order:
        for node, use in flow.uses_by_node(cell).items():
            seen = _seen(use.definitions | use.mutations)
            if seen:
                found.setdefault(cell, {})[node] = seen
    return found


def _seen(definitions: frozenset[Definition]) -> frozenset[Definition]:
    return frozenset(definition for definition in definitions if not definition.is_unbound)


def _bound(made: frozenset[Definition]) -> frozenset[Definition]:
    """The definitions without the changes of an object in place."""
    return frozenset(each for each in made if each.binding.kind != "mutation")


def _kinds(made: frozenset[Definition]) -> frozenset[object]:
    """What definitions amount to: the same import in two cells is one.

    So is a definition below a read that fails, and the same one once that read is made good.
    """
    return frozenset(
        (definition.binding.name, definition.binding.detail)
        if definition.binding.kind == "import"
        else (definition.cell, definition.binding.name, definition.binding.span)
        for definition in made
    )


def moves_between(start: Sequence[int], order: Sequence[int]) -> int:
    """The fewest cells that have to move from one order to the other."""
    return len(order) - len(kept_places(start, order))


def kept_places(start: Sequence[int], order: Sequence[int]) -> set[int]:
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
