"""Where a run is, how sure it is of what it does, and the record that it leaves."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Hashable, Iterable
from functools import partial
from typing import Any

from nbprod.flow.abridge import abridge
from nbprod.flow.interpreter.frames import Catch, Frame, Loop
from nbprod.flow.interpreter.records import Exposure, ReadRecord
from nbprod.flow.interpreter.state import State
from nbprod.flow.interpreter.values import Value
from nbprod.flow.program import Program
from nbprod.flow.types import Binding, BindingKind, CallStep, Definition, Failure
from nbprod.model import Span

__all__ = ["Recorder", "first_of", "in_order"]


def first_of(definitions: Iterable[Definition]) -> Definition | None:
    """The first on the page: sets of definitions have no order of their own."""
    return min(
        definitions,
        key=lambda definition: (definition.binding.span, definition.cell),
        default=None,
    )


def in_order(definitions: Iterable[Definition]) -> tuple[Definition, ...]:
    """Definitions in document order, by the cells that execute them."""
    return tuple(
        sorted(definitions, key=lambda definition: (definition.binding.span, definition.cell))
    )


class _Perhaps:
    """What a `with` block does may or may not happen; a class, for there are many such blocks."""

    __slots__ = ("machine",)

    def __init__(self, machine: Recorder) -> None:
        self.machine = machine

    def __enter__(self) -> None:
        self.machine.maybe += 1

    def __exit__(self, *_: object) -> None:
        self.machine.maybe -= 1


class Recorder:
    """The state of a run and what it has read, bound and changed so far, by cell."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.env = State()
        self.cell = -1
        self.source_cell = -1
        self.frame: Frame | None = None
        self.loops: list[Loop] = []
        self.catches: list[Catch] = []
        self.maybe = 0
        self.failed: Failure | None = None
        self.chain: tuple[CallStep, ...] = ()
        self.active: list[tuple[Any, int]] = []
        """The definitions of the functions in progress, each with the mark of its beginning."""
        self.stops = False
        self.statement: ast.stmt | None = None
        self.lazy_annotations = program.options.lazy_annotations
        self.annotates = False
        """Whether a variable of the notebook has been annotated."""
        self.files: dict[str, str] = {}
        self.born: dict[Hashable, int] = {}
        self.shown: dict[int, Value] = {}
        self.printed: dict[int, list[str | None]] = {}
        self.history_reads: dict[tuple[int, str], tuple[int, ast.AST]] = {}
        self.unresolved_stars: dict[tuple[int, int], tuple[str, Span]] = {}
        self.star_sources: dict[str, str] = {}
        self.interpolations: dict[tuple[int, int], tuple[str, Span, bool | None]] = {}
        self.cell_failures: dict[int, Failure] = {}
        self.uncalled = False
        self.steps = 0
        self.second_turns = 0
        # How many times the body of comprehensions around is evaluated, each element by itself.
        self.repeated = 1
        self.followed: dict[tuple[int, int, bool], int] = {}
        self.effects: dict[int, set[Hashable]] = {}
        """What calls of a function (by its scope) have changed outside their own frames."""
        self.incomplete = False
        self._identities = 0
        self.reads: defaultdict[int, dict[int, ReadRecord]] = defaultdict(dict)
        self.exposes = True
        """Whether anybody will ask what a second run of a cell does."""
        self.exposures: defaultdict[int, dict[tuple[Hashable, int], Exposure]] = defaultdict(dict)
        self.failures: dict[tuple[int, str], Failure] = {}
        self.possible: dict[tuple[int, str], Failure] = {}
        self.made: dict[str, dict[Definition, None]] = {}
        self.mutations: dict[int, dict[int, tuple[Any, ...]]] = {}
        self.calls: dict[int, dict[int, None]] = {}
        self.functions: dict[int, Any] = {}
        # Where each stands: the cell whose source has it, which another one may call.
        self.builtin_reads: dict[int, dict[str, tuple[int, ast.AST]]] = {}

    # --- identities and certainty ---

    def fresh(self) -> int:
        """A new identity for a frame or an object."""
        self._identities += 1
        return self._identities

    def continue_identities(self, other: Recorder) -> None:
        """Count on from another run, which shares the state: no identity is given twice."""
        self._identities = other._identities

    @property
    def mandatory(self) -> bool:
        """Whether what happens now happens on every path of the cell."""
        return self.maybe == 0 and self.failed is None and not self.uncalled

    def capture(self) -> Frame | None:
        """The frame to close over; it and those around it have to stay."""
        frame = self.frame
        while frame is not None and not frame.is_captured:
            frame.is_captured = True
            frame = frame.closure
        return self.frame

    def perhaps(self) -> _Perhaps:
        """What is done inside may or may not happen."""
        return _Perhaps(self)

    def span(self, node: ast.AST) -> Span:
        """The place of a node of the source that is being read."""
        return self.program.places.span(self.source_cell, node)

    def definition(
        self,
        node: ast.AST,
        name: str,
        kind: BindingKind,
        detail: str = "",
        span: Span | None = None,
    ) -> Definition:
        """The definition that ``node`` makes in the cell that runs now."""
        key = (id(node), name, kind, self.cell, id(self.failed))
        found = self.program.definitions.get(key)
        if found is None:
            place = span or partial(self.program.places.span, self.source_cell, node)
            scope = self.frame.scope.identity if self.frame else 0
            binding = Binding(name, place, kind, scope, detail)
            found = Definition(binding, self.cell, self.failed, self.statement or node)
            self.program.definitions[key] = found
        return found

    def static_definition(self, cell: int, name: str, node: ast.AST) -> Definition:
        """The definition that a piece of code would make, had it run."""
        binding = Binding(name, self.program.places.span(cell, node), "assignment")
        return Definition(binding, cell, None, node)

    # --- the record ---

    def use(
        self, name: str, node: ast.AST, definitions: frozenset[Definition], key: Hashable
    ) -> ReadRecord:
        """Record that ``node`` reads ``definitions`` in the cell that runs."""
        reads = self.reads[self.cell]
        read = reads.get(id(node))
        if read is None:
            read = reads[id(node)] = ReadRecord(name, node, self.source_cell, self.chain)
            read.definitions = definitions
        elif not definitions <= read.definitions:
            read.definitions = abridge(read.definitions | definitions)
        if self.maybe == 0 and self.failed is None:
            read.mandatory = True
        if definitions and self.exposes:
            self.expose(key, name, node, definitions)
        return read

    def expose(
        self, key: Hashable, name: str, node: ast.AST, seen: frozenset[Definition], how: str = ""
    ) -> None:
        """Note a read of something older than the cell, for the question of a second run."""
        if not self.exposes:
            return
        cell = self.cell
        if not isinstance(key, str) and self.born.get(key[1]) == cell:  # type: ignore[index]
            return
        for definition in seen:
            if definition.cell != cell:
                break
        else:
            if seen:
                return
        exposures = self.exposures[cell]
        if (key, id(node)) not in exposures:
            exposure = Exposure(key, name, node, self.source_cell, seen)
            exposure.call = self.chain[0] if self.chain else None
            entry = self.env.entries.get(key)
            exposure.value = entry.value if entry is not None else None
            exposure.how = how
            exposure.mandatory = self.maybe == 0 and self.failed is None and not self.uncalled
            exposures[key, id(node)] = exposure
