"""Units as a person wants them: stretches of statements that are to become functions."""

from __future__ import annotations

import keyword
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from nbprod.extract.plan.atoms import Atom
from nbprod.extract.plan.automatic import atoms_of, plan_of_stretches, refusals_in_whole
from nbprod.extract.plan.cutting import Stretch, why_not_one
from nbprod.extract.plan.planning import Planner
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.refactor.plan import CellLeft, Function, Plan

__all__ = ["Choices", "UnitChoice"]


class UnitChoice(NamedTuple):
    """Statements that are to become one function, by their places in the notebook; its ``name``,
    None where it is to be found."""

    places: tuple[int, ...]
    name: str | None = None


class Choices:
    """The statements of one notebook, and the plans for units of them."""

    def __init__(self, planner: Planner, cells: Iterable[int], stay: Iterable[CellLeft]) -> None:
        """``cells`` may be extracted but for those that have to ``stay``."""
        self.planner = planner
        self.stay = tuple(stay)
        left = {one.cell for one in self.stay}
        self.atoms, self.usable = atoms_of(planner, [cell for cell in cells if cell not in left])

    def of_plan(self, plan: Plan) -> list[UnitChoice]:
        """The units of a plan that was made for this notebook, in document order."""
        return [
            UnitChoice(self._places(function, plan), function.name) for function in plan.functions
        ]

    def _places(self, function: Function, plan: Plan) -> tuple[int, ...]:
        found = []
        for cell in function.cells:
            piece = plan.cut.pieces[cell] if plan.cut is not None else None
            whole = piece.cell if piece is not None else cell
            start = piece.start if piece is not None else 0
            stop = start + len(
                (plan.cut.facts if plan.cut else self.planner.facts).cell(cell).source
            )
            found += [
                atom.place
                for atom in self.atoms.all
                if atom.cell == whole
                and atom.role in ("work", "drawing", "literal")
                and start <= atom.unit.code < stop
            ]
        return tuple(found)

    def work_of(self, cell: int) -> list[Atom]:
        """The statements of a cell that may go into a function."""
        return [
            atom
            for atom in self.atoms.all
            if atom.cell == cell and atom.role in ("work", "drawing") and cell in self.usable
        ]

    def joined(self, above: UnitChoice, below: UnitChoice) -> UnitChoice:
        """Two units as one, with the work that is between them, under the name of the upper."""
        part = self.atoms.all[above.places[0] : below.places[-1] + 1]
        places = tuple(atom.place for atom in part if atom.role == "work")
        return above._replace(places=places)

    def problem(self, unit: UnitChoice) -> tuple[int, int, str] | None:
        """Why a unit cannot be one function: a cell (from 0), a line, and the reason."""
        part = self._part(unit)
        for atom in part:
            if atom.role == "hard" or atom.cell not in self.usable:
                return (*self.line_of(atom), "this statement cannot be in a function")
            if atom.role == "work" and atom.place not in unit.places:
                return (*self.line_of(atom), "this statement is between its parts")
        reason = why_not_one(part, self.atoms)
        return None if reason is None else (*self.line_of(part[0]), reason)

    def name_problem(self, name: str, others: Collection[str]) -> str | None:
        """Why a function cannot have a name; None where it can. ``others`` have theirs."""
        if not name.isidentifier() or keyword.iskeyword(name):
            return f"`{name}` is not a name of Python; choose another"
        if name in BUILTIN_NAMES:
            return f"`{name}` is a name of Python already; choose another"
        if name in self.planner.names.bindings:
            return f"`{name}` is a name of the notebook already; choose another"
        return (
            f"`{name}` is the name of another function; choose another" if name in others else None
        )

    def _part(self, unit: UnitChoice) -> list[Atom]:
        for place in unit.places:
            if self.atoms.all[place].role == "drawing":
                # It is asked for.
                self.atoms.all[place].role = "work"
        return self.atoms.all[unit.places[0] : unit.places[-1] + 1]

    def line_of(self, atom: Atom, *, last: bool = False) -> tuple[int, int]:
        """The cell (from 0) and the line, from 1, where a statement starts or ends."""
        offset = max(atom.unit.stop - 1, atom.unit.code) if last else atom.unit.code
        return atom.cell, self.planner.facts.index(atom.cell).position(offset)[0]

    def plan_of(self, units: Sequence[UnitChoice]) -> Plan:
        """The plan for some units, with what is refused of them.

        Each unit has been asked for its `problem`.
        """
        stretches = [Stretch(tuple(self._part(unit)), 0.0) for unit in units]
        plan, cut = plan_of_stretches(self.planner, stretches, self.atoms, self.usable)
        if plan.refusals:
            return replace(plan, refusals=refusals_in_whole(cut, plan.refusals))
        names = {unit.places: unit.name for unit in units}
        functions = tuple(
            replace(function, name=names.get(self._places(function, plan)) or function.name)
            for function in plan.functions
        )
        return replace(plan, functions=functions, kept=self.stay)
