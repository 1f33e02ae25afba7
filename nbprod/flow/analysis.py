"""Run a notebook abstractly in some order, and say what flows where.

`analyse` is the entry: parsed cells in, `Flow` out. A `Flow` answers what rules, fixes, slices
and extraction ask; it is computed once and never changes.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import TypeGuard

from nbprod.flow.interpreter import calls, expressions, objects
from nbprod.flow.interpreter.library_calls import mark_opaque
from nbprod.flow.interpreter.machine import OPAQUE, Dead, Machine, Read
from nbprod.flow.interpreter.magics import NAME, run_cell_magics, run_private
from nbprod.flow.interpreter.state import Entry
from nbprod.flow.interpreter.statements import run_statement
from nbprod.flow.interpreter.values import NONE, ClassValue, FunctionValue, Value
from nbprod.flow.program import FlowOptions, Program
from nbprod.flow.rerun import self_dependences
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
from nbprod.syntax.magic_table import AUTOMAGICS
from nbprod.syntax.types import ParsedCell

__all__ = ["Flow", "analyse", "follow"]

_LIKELY_BINDING = re.compile(
    r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)"
    r"|^[ \t]*(?:for[ \t]+)?([A-Za-z_][\w, \t]*?)[ \t]*(?::[^=\n]+)?(?<![=!<>])=(?!=)"
    r"|^[ \t]*for[ \t]+([\w, \t]+?)[ \t]+in\b"
    r"|^[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+(.+)$"
    r"|\bas[ \t]+(\w+)",
    re.MULTILINE,
)
_DECIDABLE = ("rebinds", "augments", "overwrites")


def analyse(parsed: Sequence[ParsedCell | None], options: FlowOptions = FlowOptions()) -> Flow:
    """Follow a notebook in document order.

    Args:
        parsed: one entry a cell, None for cells that are not Python.
        options: what is known from outside the notebook.
    """
    return follow(Program(parsed, options), range(len(parsed)))


def follow(program: Program, order: Iterable[int]) -> Flow:
    """Follow the cells of a program in any order; cells that are left out do not run."""
    flow = follow_unless_worse(program, order, sys.maxsize)
    assert flow is not None
    return flow


def follow_unless_worse(program: Program, order: Iterable[int], most: int) -> Flow | None:
    """As `follow`, but give up, with None, as soon as there are more than ``most`` failures."""
    machine = Machine(program)
    executed = [index for index in order if program.parsed[index] is not None]
    again: dict[int, tuple[SelfDependence, ...]] = {}
    stops: set[int] = set()
    bound: dict[int, dict[str, Definition]] = {}
    for index in executed:
        mark = machine.env.mark()
        if not _run_cell(machine, index):
            stops.add(index)
        if len(machine.failures) > most:
            return None
        bound[index] = _left_bound(machine, mark, index)
        reasons = self_dependences(machine, index)
        again[index] = _proven(machine, index, reasons) if reasons else ()
        machine.failed = None
        machine.env.forget()
    return Flow(program, machine, executed, again, frozenset(stops), bound)


def _proven(
    machine: Machine, index: int, reasons: tuple[SelfDependence, ...]
) -> tuple[SelfDependence, ...]:
    """Follow the cell a second time: where all values are known, that decides."""
    decidable = [dependence.name for dependence in reasons if dependence.kind in _DECIDABLE]
    first = {dependence.name: machine.env.get(dependence.name) for dependence in reasons}
    shown = machine.shown.get(index, NONE)
    printed = machine.printed.get(index, [])
    if (
        machine.failed is not None
        or not any(_is_constant(first[name]) for name in decidable)
        or shown.kind != "const"
        or None in printed
    ):
        return reasons
    second = machine.twin()
    mark = machine.env.mark()
    completed = _run_cell(second, index) and not second.failures
    after = {name: machine.env.get(name) for name in first}
    machine.env.rollback(mark)
    if not completed:
        return reasons
    again, next_shown = second.printed.get(index, []), second.shown.get(index, NONE)
    known = None not in again and next_shown.kind == "const"
    decided = []
    for dependence in reasons:
        old, new = first[dependence.name], after[dependence.name]
        if dependence.kind in _DECIDABLE and known and _is_constant(old) and _is_constant(new):
            if old.value != new.value or printed != again or shown != next_shown:
                decided.append(dependence._replace(certain=True))
        else:
            decided.append(dependence)
    return tuple(decided)


def _is_constant(entry: Entry | None) -> TypeGuard[Entry]:
    return entry is not None and entry.value.kind == "const"


def _run_cell(machine: Machine, index: int) -> bool:
    """Run one cell; false when it certainly raises before its end."""
    parsed = machine.program.parsed[index]
    assert parsed is not None
    machine.cell = machine.source_cell = index
    if parsed.tree is None:
        _assume_bindings(machine, parsed)
        return machine.failed is None
    try:
        run_cell_magics(machine, parsed)
        if parsed.cell_magic is not None and parsed.cell_magic.scope == "private":
            run_private(machine, parsed.tree.body)
        else:
            _run_top_level(machine, parsed)
    except Dead:
        return False
    except RecursionError:
        # Deeper nesting than this interpreter follows: anything may be bound in there.
        machine.maybe, machine.frame, machine.chain, machine.active = 0, None, (), []
        machine.catches, machine.loops = [], []
        mark_opaque(machine, parsed.tree.body[0], "deeply nested code")
    return machine.failed is None


def _run_top_level(machine: Machine, parsed: ParsedCell) -> None:
    assert parsed.tree is not None
    body = parsed.tree.body
    last = body[-1] if body and not parsed.suppressed_output else None
    for statement in body:
        if statement is last and isinstance(statement, ast.Expr):
            machine.statement = statement
            if _is_bare_magic(machine, statement.value, body):
                continue
            value = expressions.evaluate(machine, statement.value)
            if machine.mandatory:
                machine.shown[machine.cell] = value
            _display(machine, value, statement.value)
            machine.statement = None
        else:
            run_statement(machine, statement)


def _is_bare_magic(machine: Machine, node: ast.expr, body: list[ast.stmt]) -> bool:
    """A cell that is only a word such as ``ls`` or ``pwd``, and no variable has that name."""
    return (
        isinstance(node, ast.Name)
        and len(body) == 1
        and node.id in AUTOMAGICS
        and machine.is_bound(node.id) is False
    )


def _display(machine: Machine, value: Value, node: ast.expr) -> None:
    """Show the last expression of a cell as IPython does: by the object's own methods."""
    if value.kind != "instance":
        return
    for method in ("_ipython_display_", "_repr_mimebundle_", "_repr_html_", "_repr_markdown_"):
        if objects.class_attribute(machine, value.data, method) is not None:
            objects.call_special(machine, value, method, (), node)
            break
    objects.call_special(machine, value, "__repr__", (), node)


def _assume_bindings(machine: Machine, parsed: ParsedCell) -> None:
    """A cell that does not parse binds nothing; what it would have bound fails because of it.

    One that only a newer Python can parse binds what nobody can tell.
    """
    assert parsed.fault is not None
    index = parsed.cell.index
    span = Span(index, parsed.fault.start, parsed.fault.end)
    if parsed.fault.needs is None:
        failure = Failure("NameError", "", index, span, span, True, reason="syntax")
        machine.syntax_failures[index] = machine.failed = failure
    else:
        node = machine.program.places.stand_in(index, "", span.start, span.end)
        mark_opaque(machine, node, "newer syntax")
    for match in _LIKELY_BINDING.finditer(parsed.cell.source):
        for name in NAME.findall(next(group for group in match.groups() if group)):
            machine.assume(name, match.start(), match.end(), "syntax error")


def _left_bound(machine: Machine, mark: int, index: int) -> dict[str, Definition]:
    """The notebook names that a cell leaves with a definition of its own."""
    left: dict[str, Definition] = {}
    for key, entry in machine.env.delta(mark).items():
        if isinstance(key, str):
            for definition in entry.definitions:
                if definition.cell == index and not definition.is_unbound:
                    left[key] = definition
    return left


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
        for failure in (*machine.failures.values(), *machine.possible.values()):
            _explain(failure, program, machine, self.order)

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

    @cached_property
    def uncalled_failures(self) -> tuple[Failure, ...]:
        """Failures that would happen on every call of functions that no cell calls."""
        return tuple(failure for failure in self.possible if not failure.called and failure.certain)

    @property
    def syntax_failures(self) -> dict[int, Failure]:
        """For each cell that does not parse, the reads elsewhere that fail because of it."""
        return self._machine.syntax_failures

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
    def final(self) -> dict[str, Entry]:
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
        for name, span, how, scope, definite, is_global in self._machine.mutations.get(
            index, {}
        ).values():
            yield Mutation(name, span, index, how, scope, definite, is_global)

    @cached_property
    def mutations(self) -> tuple[Mutation, ...]:
        """Every change of an object, in order of the run."""
        return tuple(mutation for index in self.order for mutation in self._mutations(index))

    def again(self, index: int) -> tuple[SelfDependence, ...]:
        """Why a cell is not safe to run twice; empty when it is."""
        return self._again[index]

    def uses_by_node(self, index: int) -> dict[int, Use]:
        """The uses of a cell by the identity of the node that reads, for comparing runs."""
        reads = self._machine.reads.get(index, {})
        return {key: self._use(index, read) for key, read in reads.items()}

    def uses_of(self, names: Container[str]) -> Iterator[Use]:
        """The uses of some names, in order of the run."""
        for index in self.order:
            for read in self._machine.reads.get(index, {}).values():
                if read.name in names:
                    yield self._use(index, read)

    def _use(self, index: int, read: Read) -> Use:
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
            _explain(failure, self.program, self._machine, self.order)
        return machine

    @cached_property
    def uncalled_mutations(self) -> tuple[Mutation, ...]:
        """Changes of objects by functions that no cell calls."""
        return tuple(
            Mutation(name, span, cell, how, scope, definite, is_global)
            for cell, found in self._uncalled.mutations.items()
            for name, span, how, scope, definite, is_global in found.values()
        )


def _try_call(machine: Machine, function: FunctionValue) -> None:
    machine.cell = machine.source_cell = function.cell
    machine.statement = None
    if isinstance(function.owner, ClassValue) and function.receiver is None:
        if function.role != "staticmethod":
            instance = machine.allocate("instance", function.owner)
            function = function.bound(instance)
    try:
        value = calls.call_function(machine, function, (Value("starred"),), (), function.node)
        calls.consume(machine, value, function.node)
    except (Dead, RecursionError):
        pass
    machine.maybe, machine.frame, machine.chain, machine.active = 0, None, (), []
    machine.catches, machine.loops = [], []


def _is_same(left: Entry, right: Entry) -> bool:
    """Whether two entries surely hold equal values."""
    if left.value.kind == "const":
        return left.value == right.value
    plain = left.value.kind in ("function", "class", "library")
    return plain and left.definitions == right.definitions and len(left.definitions) == 1


def _place(definition: Definition) -> Span:
    return definition.binding.span


def _is_bound_after(program: Program, failure: Failure, node: ast.AST) -> bool:
    """Whether ``node``, which binds the name, comes after the read: below it, or as its target."""
    place = program.places.span(failure.cell, node).start
    parsed = program.parsed[failure.cell]
    if place > failure.read.start or parsed is None or parsed.tree is None:
        return place > failure.read.start
    for statement in parsed.tree.body:
        if isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            span = program.places.span(failure.cell, statement)
            if span.start <= place <= failure.read.start < span.end:
                return True
    return False


def _explain(failure: Failure, program: Program, machine: Machine, order: tuple[int, ...]) -> None:
    """Say why the name has no value, and where else it is bound."""
    if failure.reason != "nowhere":
        return
    made = [
        definition for definition in machine.made.get(failure.name, {}) if definition.after is None
    ]
    failure.elsewhere = failure.elsewhere or tuple(made)
    if failure.deletion is not None:
        failure.reason = "deleted"
        return
    position = {cell: rank for rank, cell in enumerate(order)}
    here = position.get(failure.cell, -1)
    later = [definition for definition in made if position.get(definition.cell, -1) >= here]
    static = program.static_bindings()
    statically = [cell for cell, names in enumerate(static) if failure.name in names]
    if later or any(position.get(cell, len(order)) > here for cell in statically):
        failure.reason = "later"
    elif any(cell == failure.cell for cell in statically):
        node = static[failure.cell][failure.name]
        below = _is_bound_after(program, failure, node)
        failure.reason = "later" if below else "skipped"
    elif made or statically:
        failure.reason = "skipped"
    if not failure.elsewhere and statically:
        failure.elsewhere = tuple(
            machine.static_definition(cell, failure.name, static[cell][failure.name])
            for cell in statically
        )
