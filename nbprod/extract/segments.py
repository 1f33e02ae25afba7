"""Which cells belong together after an extraction, and what to look at after them."""

from __future__ import annotations

from collections.abc import Sequence

from nbprod.execution.compare import MatchedCells, names_bound
from nbprod.refactor.plan import Plan

__all__ = ["names_behind", "segments_of_plan"]


def _joined_groups(plan: Plan) -> dict[int, tuple[int, ...]]:
    """For each cell of a group, the cells whose outputs belong together: groups that share a cell
    are one."""
    found: dict[int, tuple[int, ...]] = {}
    for group in plan.groups:
        cells = set(plan.whole_cells(group.cells))
        for cell in tuple(cells):
            cells |= set(found.get(cell, ()))
        found |= dict.fromkeys(cells, tuple(sorted(cells)))
    return found


def segments_of_plan(plan: Plan, old: Sequence[int], new: Sequence[int]) -> list[MatchedCells]:
    """Each group of cells with what came of it; the other cells one by one."""
    group_of = _joined_groups(plan)
    place_old = {cell: place for place, cell in enumerate(old)}
    place_new = {cell: place for place, cell in enumerate(new)}
    installs = [installed.unit.cell for installed in plan.installs if installed.moves]
    installing = set(plan.whole_cells(tuple(installs)))
    found: list[MatchedCells] = []
    seen: set[int] = set()
    for cell in old:
        if cell in seen:
            continue
        cells = group_of.get(cell, (cell,))
        seen.update(cells)
        found.append(
            MatchedCells(
                tuple(place_old[cell] for cell in cells if cell in place_old),
                tuple(place_new[cell] for cell in cells if cell in place_new),
                not installing.isdisjoint(cells),
            )
        )
    return found


def names_behind(plan: Plan, cells: Sequence[int], sources: Sequence[str]) -> dict[str, list[str]]:
    """The names that a comparison may ask for after each cell, by its place.

    Those are the names that the cell binds and, at the end of cells that belong together, the names
    that these bind or that their functions give.
    """
    found = [set(names_bound(source)) for source in sources]
    place_of = {cell: place for place, cell in enumerate(cells)}
    group_of = _joined_groups(plan)
    for group in set(group_of.values()):
        found[place_of[group[-1]]] |= {
            name
            for cell in group
            if cell in place_of
            for name in names_bound(sources[place_of[cell]])
        }
    for function in plan.functions:
        last = group_of[plan.whole_cells(function.cells)[0]][-1]
        found[place_of[last]] |= {variable.name for variable in function.results}
    return {str(place): sorted(names) for place, names in enumerate(found)}
