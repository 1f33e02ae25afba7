"""Why a read meets no value, and where else the name is bound."""

from __future__ import annotations

import ast
from functools import cached_property

from nbprod.flow.abridge import MOST, abridge
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.program import Program
from nbprod.flow.types import Definition, Failure

__all__ = ["Explainer"]


class Explainer:
    """Explains the failures of one run; what it looks up for a name serves all of its reads."""

    def __init__(self, program: Program, machine: Machine, order: tuple[int, ...]) -> None:
        self.program = program
        self.machine = machine
        self.order = order
        self._made: dict[str, tuple[tuple[Definition, ...], int]] = {}
        self._last: dict[str, int] = {}
        self._static: dict[str, tuple[Definition, ...]] = {}

    @cached_property
    def _position(self) -> dict[int, int]:
        return {cell: rank for rank, cell in enumerate(self.order)}

    @cached_property
    def _binding_cells(self) -> dict[str, list[int]]:
        """For each name the cells whose code could bind it, run or not."""
        found: dict[str, list[int]] = {}
        for cell, names in enumerate(self.program.static_bindings()):
            for name, node in names.items():
                if not self._only_deletes(cell, name, node):
                    found.setdefault(name, []).append(cell)
        return found

    def _only_deletes(self, cell: int, name: str, node: ast.AST) -> bool:
        """Whether `del name` is all that makes a name one of a cell: no value comes of that."""
        if not isinstance(getattr(node, "ctx", None), ast.Del):
            return False
        parsed = self.program.parsed[cell]
        return parsed is None or not any(
            isinstance(other, ast.Name) and other.id == name and isinstance(other.ctx, ast.Store)
            for other in parsed.nodes
        )

    def explain(self, failure: Failure) -> None:
        """Say why the name has no value, and where else it is bound."""
        if failure.reason != "nowhere":
            return
        made, latest = self._definitions(failure.name)
        failure.elsewhere = failure.elsewhere or made
        if failure.deletion is not None:
            failure.reason = "deleted"
            return
        here = self._position.get(failure.cell, -1)
        cells = self._binding_cells.get(failure.name, [])
        if (made and latest >= here) or self._last_binding(failure.name) > here:
            failure.reason = "later"
            failure.elsewhere = (*self._in_own_cell(failure), *failure.elsewhere)
        elif failure.cell in cells:
            node = self.program.static_bindings()[failure.cell][failure.name]
            below = _is_bound_after(self.program, failure, node)
            failure.reason = "later" if below else "skipped"
        elif made or cells:
            failure.reason = "skipped"
        if not failure.elsewhere and cells:
            failure.elsewhere = self._unexecuted(failure.name)

    def _in_own_cell(self, failure: Failure) -> tuple[Definition, ...]:
        """The bindings below the read in its own cell, which did not run: the cell stops before."""
        node = self.program.static_bindings()[failure.cell].get(failure.name)
        if node is None or failure.chain or not _is_bound_after(self.program, failure, node):
            return ()
        if any(made.cell == failure.cell for made in failure.elsewhere):
            return ()
        unexecuted = self._unexecuted(failure.name)
        return tuple(made for made in unexecuted if made.cell == failure.cell)

    def _definitions(self, name: str) -> tuple[tuple[Definition, ...], int]:
        """The definitions of a name that ran, and where in the run the last of them is."""
        known = self._made.get(name)
        if known is None:
            made = [
                definition
                for definition in self.machine.made.get(name, {})
                if definition.after is None
            ]
            latest = max(
                (self._position.get(definition.cell, -1) for definition in made), default=-1
            )
            kept = abridge(frozenset(made))
            known = tuple(definition for definition in made if definition in kept), latest
            self._made[name] = known
        return known

    def _last_binding(self, name: str) -> int:
        """Where in the run the last cell is that could bind a name (at the end if it never ran)."""
        last = self._last.get(name)
        if last is None:
            never = len(self.order)
            places = (self._position.get(cell, never) for cell in self._binding_cells.get(name, ()))
            last = self._last[name] = max(places, default=-1)
        return last

    def _unexecuted(self, name: str) -> tuple[Definition, ...]:
        """The definitions of a name that the code would make, had it run."""
        found = self._static.get(name)
        if found is None:
            static = self.program.static_bindings()
            found = self._static[name] = tuple(
                self.machine.static_definition(cell, name, static[cell][name])
                for cell in self._binding_cells[name][:MOST]
            )
        return found


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
