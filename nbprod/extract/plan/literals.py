"""Literals with a name: those that one function alone reads become its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nbprod.extract.plan.atoms import Atom, Atoms
from nbprod.extract.plan.cutting import Stretch

__all__ = ["Lifted", "lifted_literals"]


class Lifted(NamedTuple):
    """For each stretch, by number from 1, the literals that become its parameters; ``inside`` are
    those that have to be computed where they are: read by a stretch around them, and outside."""

    of_stretch: dict[int, tuple[Atom, ...]]
    inside: tuple[Atom, ...]


def lifted_literals(atoms: Atoms, stretches: Sequence[Stretch], usable: Iterable[int]) -> Lifted:
    """What becomes of the literals of a notebook that is cut.

    A literal that several functions or cells read stays in the notebook and is passed to them.

    Args:
        atoms: the statements.
        stretches: those that become functions.
        usable: the cells that may be changed.
    """
    belongs = {atom.place: number for number, one in enumerate(stretches, 1) for atom in one.work}
    may_change = set(usable)
    sees_all = any(atoms.names.sees_all(cell) is not None for cell in atoms.names.cells)
    lifted: dict[int, list[Atom]] = {}
    inside: list[Atom] = []
    for atom in atoms.all:
        if atom.role != "literal" or atom.cell not in may_change:
            continue
        readers = {
            place for found in atoms.readers.get(atom.place, {}).values() for place in found
        } - {atom.place}
        owners = {belongs.get(place) for place in readers}
        number = owners.pop() if len(owners) == 1 else None
        if number is not None and not sees_all and _reads_all_known(atom, readers, atoms):
            lifted.setdefault(number, []).append(atom)
        elif any(_is_within(atom, one, readers) for one in stretches):
            inside.append(atom)
    return Lifted({key: tuple(found) for key, found in lifted.items()}, tuple(inside))


def _is_within(atom: Atom, stretch: Stretch, readers: set[int]) -> bool:
    places = [one.place for one in stretch.work]
    return places[0] < atom.place < places[-1] and bool(readers & set(places))


def _reads_all_known(atom: Atom, readers: set[int], atoms: Atoms) -> bool:
    """Whether no cell reads a literal in a way that the data flow has no statement for."""
    (name,) = atom.binds
    cells = {atoms.all[place].cell for place in readers}
    if any(name in atoms.names.reads_of(cell) for cell in atoms.names.cells if cell not in cells):
        return False
    word = re.compile(rf"[{{$@]\s*{re.escape(name)}\b")
    return not any(
        word.search(atoms.facts.cell(one.cell).source[one.unit.start : one.unit.end])
        for one in atoms.all
        if one.role in ("setting", "hard", "show") and one.unit.kind == "magic"
    )
