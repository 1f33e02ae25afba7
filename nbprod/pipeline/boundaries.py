"""Where a notebook is cut into tasks: the cheapest row of stretches, by dynamic programming.

All statements go into some task, in the notebook's order, so the graph of tasks has no cycle. A
cut costs what has to be stored for it, and is worth having under a heading or where the purpose of
the code changes. Where something crosses that no format carries, there is no cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from nbprod.extract.plan.atoms import Atom, Atoms
from nbprod.pipeline.carried import why_not_carried
from nbprod.pipeline.spark_use import SessionTie, session_ties

__all__ = ["CutWishes", "ModelChoice", "TaskBoundary", "TaskCuts", "TaskStretch"]

_TASK = 1.0
_VALUE = 0.75
_PASSED_ON = 0.25
_NO_HEADING = 2.0
_IN_CELL = 3.0
_HEADING = -7.0
_LOWER_HEADING = -3.0
_PURPOSE = -5.5
_SMALL, _SMALL_SIZE = 1.5, 3
_HEADING_INSIDE = 0.5
_MIXED_PURPOSES = 0.5
_MOST_ATOMS = 400
# Purposes that begin a part of an application of their own.
_TELLING = frozenset(["load", "split", "fit", "evaluate", "plot", "save"])


class ModelChoice(NamedTuple):
    """An estimator that may be the application's model: its name, and the number of the cell in
    which it predicts; without one, the last. An empty name: no model is wanted."""

    estimator: str
    cell: int | None = None


class CutWishes(NamedTuple):
    """What a person asks of the cut.

    ``level``: the depth of the headings that are tasks, None: the first that has two. ``most``: how
    many tasks at most. ``starts``: the cells at which tasks have to begin, where the person gives
    the cut themselves, and ``names`` those of the tasks by their first cell; or ``places``, the
    statements at which tasks have to begin, with the names in ``named``. ``model``: which of the
    estimators is the application's.
    """

    level: int | None = None
    most: int = 9
    starts: tuple[int, ...] = ()
    names: Mapping[int, str] = MappingProxyType({})
    places: tuple[int, ...] | None = None
    named: Mapping[int, str] = MappingProxyType({})
    model: ModelChoice | None = None

    @property
    def is_given(self) -> bool:
        """Whether the person gives the cut themselves."""
        return bool(self.starts) or self.places is not None


class TaskBoundary(NamedTuple):
    """A place between two statements: ``before`` is the statement that would begin a task."""

    before: int
    crossing: tuple[str, ...]
    blocked: str | None
    price: float
    heading: int


class TaskStretch(NamedTuple):
    """Consecutive statements that become one task: the places of the first and after the last."""

    start: int
    end: int


class TaskCuts:
    """The possible cuts of a notebook and the cheapest choice among them."""

    def __init__(
        self, atoms: Atoms, ignored: frozenset[str], wishes: CutWishes = CutWishes()
    ) -> None:
        """``ignored`` are names that every task has without its being stored: settings."""
        self.atoms = atoms
        self.ignored = ignored
        self.wishes = wishes

    # --- boundaries ---------------------------------------------------------------------------

    @cached_property
    def boundaries(self) -> dict[int, TaskBoundary]:
        """Every place at which a task may be wanted, by the statement after it."""
        every = self.atoms.all
        found = {}
        for before, after in zip(every, every[1:], strict=False):
            if self._may_begin(before, after):
                found[after.place] = self._boundary(after)
        return found

    def _may_begin(self, before: Atom, after: Atom) -> bool:
        if self.wishes.places is not None:
            return after.place in self.wishes.places
        if self.wishes.starts:
            return before.cell != after.cell and any(
                before.cell < cell <= after.cell for cell in self.wishes.starts
            )
        if before.cell != after.cell:
            return True
        if after.shares_line or not after.unit.start or before.draws:
            return False
        return after.purpose in _TELLING and after.purpose != before.purpose

    def _boundary(self, after: Atom) -> TaskBoundary:
        crossing = self._crossing(after.place)
        blocked = next(
            (why for name, maker in crossing.items() if (why := self._why_not(name, maker))), None
        )
        if blocked is None:
            tied = (tie for tie in self._ties if tie.first < after.place <= tie.last)
            blocked = next((tie.reason for tie in tied), None)
        heading = self._heading_above(after)
        price = 0.0
        if heading:
            price += _HEADING if heading <= self._level else _LOWER_HEADING
        else:
            price += _NO_HEADING
            price += _IN_CELL if self._is_inside_cell(after) else 0.0
            price += _PURPOSE if self._begins_purpose(after) else 0.0
        return TaskBoundary(after.place, tuple(crossing), blocked, price, heading)

    def _crossing(self, place: int) -> dict[str, Atom]:
        """The names that are made before a place and read from there on, with the last maker."""
        found: dict[str, int] = {}
        for maker, reader, name in self._edges:
            if maker < place <= reader:
                found[name] = max(maker, found.get(name, 0))
        return {name: self.atoms.all[maker] for name, maker in found.items()}

    @cached_property
    def _edges(self) -> list[tuple[int, int, str]]:
        """Who makes or changes what is read where: the places of the two, and the name."""
        return [
            (source, atom.place, name)
            for atom in self.atoms.all
            for name, sources in atom.sources.items()
            if not self._is_everywhere(name)
            for source in sources
            if source < atom.place
        ]

    @cached_property
    def _ties(self) -> list[SessionTie]:
        return session_ties(self.atoms.all)

    def _is_everywhere(self, name: str) -> bool:
        return name in self.ignored or self.atoms.is_module_level(name)

    def _why_not(self, name: str, maker: Atom) -> str | None:
        why = why_not_carried(name, maker.unit.node, self.atoms.modules)
        return f"`{name}` is {why}" if why else None

    def _heading_above(self, atom: Atom) -> int:
        """The depth of the heading between an atom and the one before it, 0: none."""
        if not atom.place or atom.section == self.atoms.all[atom.place - 1].section:
            return 0
        return self._depths.get(atom.section, 0)

    @cached_property
    def _depths(self) -> dict[int, int]:
        """The depth of the highest heading in each markdown cell that has one."""
        found: dict[int, int] = {}
        for cell in self.atoms.facts.notebook.cells:
            if cell.kind == "markdown":
                lines = [line.strip() for line in cell.source.splitlines()]
                depths = [len(line) - len(line.lstrip("#")) for line in lines if line[:1] == "#"]
                if depths:
                    found[cell.index] = min(depths)
        return found

    @cached_property
    def _level(self) -> int:
        """The depth of headings whose parts are tasks: the first that has two or more."""
        if self.wishes.level is not None:
            return self.wishes.level
        used = {atom.section for atom in self.atoms.all if atom.role == "work"}
        depths = [depth for section, depth in self._depths.items() if section in used]
        for depth in sorted(set(depths)):
            if sum(other <= depth for other in depths) > 1:
                return depth
        return max(depths, default=1)

    def _is_inside_cell(self, atom: Atom) -> bool:
        return atom.place > 0 and self.atoms.all[atom.place - 1].cell == atom.cell

    def _begins_purpose(self, atom: Atom) -> bool:
        """Whether another telling purpose begins than that of the work before."""
        if atom.purpose not in _TELLING:
            return False
        earlier = (a for a in reversed(self.atoms.all[: atom.place]) if a.purpose is not None)
        return next(earlier, atom).purpose != atom.purpose

    # --- the choice ---------------------------------------------------------------------------

    def cheapest(self, without: frozenset[int] = frozenset()) -> list[TaskStretch]:
        """The tasks of the cheapest cut.

        Args:
            without: boundaries that turned out not to do.
        """
        count = len(self.atoms.all)
        starts = [
            place for place, boundary in self.boundaries.items()
            if place not in without and boundary.blocked is None
        ]  # fmt: skip
        if self.wishes.is_given:
            return [*_stretches([0, *starts], count)]
        edges = [0, *starts, count]
        best: list[dict[int, tuple[float, int]]] = [{0: (0.0, -1)}]
        for right in range(1, len(edges)):
            best.append(self._best_ending(right, edges, best))
        return [*_stretches(self._chosen(best, edges), count)]

    def _best_ending(
        self, right: int, edges: Sequence[int], best: Sequence[dict[int, tuple[float, int]]]
    ) -> dict[int, tuple[float, int]]:
        """For each number of tasks that end at an edge: the lowest price, and the edge before."""
        found: dict[int, tuple[float, int]] = {}
        for left in range(right - 1, -1, -1):
            price = self._price(edges[left], edges[right])
            for tasks, (before, _) in best[left].items():
                total = before + price
                if tasks < self.wishes.most and (
                    tasks + 1 not in found or total < found[tasks + 1][0]
                ):
                    found[tasks + 1] = total, left
            if edges[right] - edges[left] > _MOST_ATOMS and found:
                break
        return found

    @staticmethod
    def _chosen(
        best: Sequence[dict[int, tuple[float, int]]], edges: Sequence[int]
    ) -> Iterator[int]:
        """The starts of the cheapest tasks, the last one first."""
        right = len(edges) - 1
        if not best[right]:
            return iter([0])
        tasks = min(best[right], key=lambda number: best[right][number][0])
        found = []
        while right > 0:
            right, tasks = best[right][tasks][1], tasks - 1
            found.append(edges[right])
        return iter(found)

    def _price(self, start: int, end: int) -> float:
        """What one task costs: itself, the cut above it, and what it passes on."""
        part = self.atoms.all[start:end]
        work = [atom for atom in part if atom.role == "work"]
        if not work and (start or end < len(self.atoms.all)):
            return float("inf")
        size = sum(atom.size for atom in work)
        loads = bool(part) and part[-1].purpose == "load"
        price = _TASK + (0.0 if loads else _SMALL * max(0, _SMALL_SIZE - size))
        if start:
            price += self.boundaries[start].price
            price += _PASSED_ON * len(self.boundaries[start].crossing)
        price += _VALUE * len(self._made(part, end))
        price += _HEADING_INSIDE * (len({atom.section for atom in work}) - 1 if work else 0)
        purposes = {atom.purpose for atom in work} & _TELLING
        price += _MIXED_PURPOSES * max(0, len(purposes) - 1)
        return price

    def _made(self, part: Sequence[Atom], end: int) -> set[str]:
        """The names that a stretch binds or changes and that something after it reads."""
        return {
            name
            for atom in part
            for name, readers in self.atoms.readers.get(atom.place, {}).items()
            if not self._is_everywhere(name) and any(reader >= end for reader in readers)
        }


def _stretches(starts: Iterator[int] | Sequence[int], count: int) -> Iterator[TaskStretch]:
    ordered = sorted(starts)
    for start, end in zip(ordered, [*ordered[1:], count], strict=True):
        yield TaskStretch(start, end)
