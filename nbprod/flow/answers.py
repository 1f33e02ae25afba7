"""The data flow of one run: what rules, fixes, slices and extraction ask of it.

A `Flow` is worked out from the record of a machine, when it is asked; it never changes.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cached_property, partial

from nbprod.flow.explain import Explainer
from nbprod.flow.interpreter.frames import Dead
from nbprod.flow.interpreter.functions import call_function
from nbprod.flow.interpreter.imports import unsure_exports
from nbprod.flow.interpreter.iteration import consume
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.namespace import OPAQUE
from nbprod.flow.interpreter.records import ReadRecord
from nbprod.flow.interpreter.state import StateEntry
from nbprod.flow.interpreter.values import ClassValue, FunctionValue, Value
from nbprod.flow.program import Program
from nbprod.flow.types import (
    CellFlow,
    Definition,
    Failure,
    FunctionFlow,
    Mutation,
    SelfDependence,
    Use,
)
from nbprod.model import Span

__all__ = ["Flow"]


class Flow:
    """The data flow of one run over a notebook. ``order`` are the cells that ran, in that order.

    ``failures`` are the reads that certainly fail, ``possible`` those that may; ``cells`` what
    each cell does; ``edges`` who feeds whom; ``functions`` the notebook's own functions.
    """

    def __init__(
        self,
        program: Program,
        machine: Machine,
        order: Sequence[int],
        again: dict[int, tuple[SelfDependence, ...]],
        stops: frozenset[int],
        bound: dict[int, dict[str, Definition]],
    ) -> None:
        self.program = program
        self.order = tuple(order)
        self._machine = machine
        self._again = again
        self._stops = stops
        self._bound = bound
        self._uses: dict[int, dict[int, Use]] = {}
        self._explainer = Explainer(program, machine, self.order)
        for failure in (*machine.failures.values(), *machine.possible.values()):
            self._explainer.explain(failure)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Reads that certainly fail, in order of the cells; one for each cell and name."""
        return tuple(self._machine.failures.values())

    @cached_property
    def possible(self) -> tuple[Failure, ...]:
        """Reads that may fail, functions that no cell calls included."""
        called = self._machine.possible
        uncalled = self._uncalled.possible
        return (
            *called.values(),
            *(failure for key, failure in uncalled.items() if key not in called),
        )

    @property
    def cell_failures(self) -> dict[int, Failure]:
        """For each cell that does not parse or run, the reads elsewhere that fail because of it."""
        return self._machine.cell_failures

    @property
    def interpolations(self) -> tuple[tuple[int, str, Span, bool | None], ...]:
        """Names in shell lines and magics: (cell, name, place, bound then)."""
        return tuple(
            (cell, name, span, bound)
            for (cell, _), (name, span, bound) in self._machine.interpolations.items()
        )

    @property
    def history_reads(self) -> tuple[tuple[int, str, Span], ...]:
        """Reads of the kernel's history (`_`, `Out`, `In`): (cell, name, place)."""
        return tuple(
            (cell, name, self.program.places.span(*place))
            for (cell, name), place in self._machine.history_reads.items()
        )

    @property
    def builtin_reads(self) -> dict[int, dict[str, Span]]:
        """For each cell, the builtins that it reads as such."""
        return {
            cell: {name: self.program.places.span(*place) for name, place in names.items()}
            for cell, names in self._machine.builtin_reads.items()
        }

    def shown(self, cell: int) -> str | None:
        """The text of a cell's result where it is a constant that is known for sure."""
        value = self._machine.shown.get(cell)
        if value is None or value.kind != "const":
            return None
        constant = value.data[1]
        if isinstance(constant, (bool, int, float)) or (
            isinstance(constant, str) and len(constant) < 60
        ):
            return repr(constant)
        return None

    def printed(self, cell: int) -> str | None:
        """The text that a cell prints where all of it is known for sure."""
        lines = self._machine.printed.get(cell)
        if not lines or any(line is None for line in lines) or cell in self._stops:
            return None
        return "\n".join(line for line in lines if line is not None)

    @cached_property
    def function_nodes(
        self,
    ) -> tuple[tuple[int, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda], ...]:
        """The definitions of functions that ran: (cell of the source, node)."""
        return tuple(
            (function.cell, function.node)
            for function in self._machine.functions.values()
            if function.cell >= 0
        )

    def shows_the_same(self, other: Flow) -> bool:
        """Whether it is known for sure that two runs print the same and leave the same values."""
        mine, theirs = self._machine, other._machine
        if self.failures or other.failures or self._stops or other._stops:
            return False
        for cell in self.order:
            printed = mine.printed.get(cell, [])
            if None in printed or printed != theirs.printed.get(cell, []):
                return False
            shown = mine.shown.get(cell)
            if shown != theirs.shown.get(cell) or (
                shown and shown.kind not in ("const", "function")
            ):
                return False
        if self.final.keys() != other.final.keys():
            return False
        return all(_is_same(entry, other.final[name]) for name, entry in self.final.items())

    @property
    def unresolved_stars(self) -> tuple[tuple[str, Span], ...]:
        """Star imports that could not be expanded: (module, place)."""
        return tuple(self._machine.unresolved_stars.values())

    def unsure_exports(self, module: str) -> frozenset[str]:
        """The names that a file of the project binds on some paths only, for star imports."""
        return unsure_exports(self._machine.star_sources.get(module, ""))

    @property
    def dynamic(self) -> tuple[Definition, ...]:
        """The places that may have bound any name."""
        entry = self._machine.env.get(OPAQUE)
        return tuple(sorted(entry.definitions, key=_place)) if entry else ()

    @cached_property
    def definitions(self) -> dict[str, tuple[Definition, ...]]:
        """Every definition of every notebook name, in order of the run."""
        return {name: tuple(made) for name, made in self._machine.made.items()}

    @cached_property
    def final(self) -> dict[str, StateEntry]:
        """What each notebook name holds at the end, names without a value left out."""
        return {
            key: entry
            for key, entry in self._machine.env.entries.items()
            if isinstance(key, str) and not entry.is_absent
        }

    @cached_property
    def cells(self) -> dict[int, CellFlow]:
        """What each cell that ran does."""
        return {index: self._cell(index) for index in self.order}

    def _cell(self, index: int) -> CellFlow:
        return CellFlow(
            index,
            tuple(self.uses_by_node(index).values()),
            self._bound[index],
            tuple(self._mutations(index)),
            self._again[index],
            index in self._stops,
        )

    def _mutations(self, index: int) -> Iterator[Mutation]:
        return self._mutations_of(self._machine, index)

    def _mutations_of(self, machine: Machine, index: int) -> Iterator[Mutation]:
        for name, place, how, scope, definite, is_global in machine.mutations.get(
            index, {}
        ).values():
            span = self.program.places.span(*place)
            yield Mutation(name, span, index, how, scope, definite, is_global)

    @cached_property
    def mutations(self) -> tuple[Mutation, ...]:
        """Every change of an object, in order of the run."""
        return tuple(mutation for index in self.order for mutation in self._mutations(index))

    def again(self, index: int) -> tuple[SelfDependence, ...]:
        """Why a cell is not safe to run twice; empty when it is."""
        return self._again[index]

    def uses_by_node(self, index: int) -> Mapping[int, Use]:
        """The uses of a cell by the identity of the node that reads, for comparing runs."""
        found = self._uses.get(index)
        if found is None:
            reads = self._machine.reads.get(index, {})
            found = self._uses[index] = {key: self._use(index, read) for key, read in reads.items()}
        return found

    def reads(self, index: int) -> Iterator[ReadRecord]:
        """The reads of a cell as they were recorded: what `CellFlow.uses` is made of."""
        yield from self._machine.reads.get(index, {}).values()

    def uses_of(self, names: Container[str]) -> Iterator[Use]:
        """The uses of some names, in order of the run."""
        for index in self.order:
            for read in self._machine.reads.get(index, {}).values():
                if read.name in names:
                    yield self._use(index, read)

    def _use(self, index: int, read: ReadRecord) -> Use:
        return Use(
            read.name,
            partial(self.program.places.span, read.source, read.node),
            index,
            read.definitions,
            read.mutations,
            read.mandatory,
            read.chain,
        )

    def constant_at(self, cell: int, node: int) -> object:
        """The constant that a read sees, with its type; None where none is known for sure."""
        read = self._machine.reads.get(cell, {}).get(node)
        if read is None or read.value is None or read.value.kind != "const":
            return None
        return read.value.data

    @cached_property
    def edges(self) -> dict[int, dict[int, frozenset[str]]]:
        """Provider cell to reader cell to the names that flow between them."""
        found: dict[int, dict[int, set[str]]] = {}
        for index in self.order:
            for use in self.cells[index].uses:
                for definition in (*use.definitions, *use.mutations):
                    source = definition.cell
                    if source >= 0 and source != index and not definition.is_unbound:
                        found.setdefault(source, {}).setdefault(index, set()).add(
                            use.name or definition.binding.name
                        )
        return {
            source: {target: frozenset(names) for target, names in sorted(targets.items())}
            for source, targets in sorted(found.items())
        }

    @cached_property
    def early_reads(self) -> dict[int, dict[int, frozenset[str]]]:
        """Where names would come from that are read too early: the next cell below, to the reader.

        As `edges`, and against the order of the run.
        """
        found: dict[int, dict[int, set[str]]] = {}
        for failure in self.failures:
            below = [made.cell for made in failure.elsewhere if made.cell > failure.cell]
            if failure.reason == "later" and below:
                readers = found.setdefault(min(below), {})
                readers.setdefault(failure.cell, set()).add(failure.name)
        return {
            source: {target: frozenset(names) for target, names in sorted(targets.items())}
            for source, targets in sorted(found.items())
        }

    @cached_property
    def functions(self) -> tuple[FunctionFlow, ...]:
        """The notebook's functions, lambdas and methods, in order of definition."""
        machine = self._machine
        found = []
        for identity, function in machine.functions.items():
            if function.cell < 0:
                continue
            found.append(self._function(identity, function, tuple(machine.calls.get(identity, {}))))
        return tuple(found)

    def _function(
        self, identity: int, function: FunctionValue, called_by: tuple[int, ...]
    ) -> FunctionFlow:
        scope = function.scope
        enclosing: set[str] = set()
        frame = function.closure
        while frame is not None:
            if frame.kind != "class":
                enclosing |= frame.scope.local_names
            frame = frame.closure
        reads: dict[str, list[Span]] = {}
        for node in scope.reads:
            if node.id not in enclosing:
                reads.setdefault(node.id, []).append(self.program.places.span(function.cell, node))
        writes: dict[str, list[Span]] = {}
        for name, node in scope.global_stores:
            writes.setdefault(name, []).append(self.program.places.span(function.cell, node))
        node = function.node
        return FunctionFlow(
            identity,
            function.name,
            self.program.places.span(function.cell, node),
            function.cell,
            scope.parameters,
            frozenset(scope.local_names),
            {name: tuple(spans) for name, spans in reads.items()},
            {name: tuple(spans) for name, spans in writes.items()},
            called_by,
        )

    @cached_property
    def _uncalled(self) -> Machine:
        """A machine that went through the functions no cell calls, against the state at the end."""
        machine = self._machine.twin()
        machine.uncalled = True
        mark = machine.env.mark()
        for identity, function in self._machine.functions.items():
            if identity not in self._machine.calls and function.cell >= 0:
                _try_call(machine, function)
        machine.env.rollback(mark)
        for failure in machine.possible.values():
            self._explainer.explain(failure)
        return machine

    @cached_property
    def uncalled_mutations(self) -> tuple[Mutation, ...]:
        """Changes of objects by functions that no cell calls."""
        machine = self._uncalled
        return tuple(
            mutation for cell in machine.mutations for mutation in self._mutations_of(machine, cell)
        )


def _try_call(machine: Machine, function: FunctionValue) -> None:
    machine.cell = machine.source_cell = function.cell
    machine.statement = None
    if isinstance(function.owner, ClassValue) and function.receiver is None:
        if function.role != "staticmethod":
            instance = machine.allocate("instance", function.owner)
            function = function.bound(instance)
    try:
        value = call_function(machine, function, (Value("starred"),), (), function.node)
        consume(machine, value, function.node)
    except (Dead, RecursionError):
        pass
    machine.maybe, machine.frame, machine.chain, machine.active = 0, None, (), []
    machine.catches, machine.loops = [], []


def _is_same(left: StateEntry, right: StateEntry) -> bool:
    """Whether two entries surely hold equal values."""
    if left.value.kind == "const":
        return left.value == right.value
    plain = left.value.kind in ("function", "class", "library")
    return plain and left.definitions == right.definitions and len(left.definitions) == 1


def _place(definition: Definition) -> Span:
    return definition.binding.span
