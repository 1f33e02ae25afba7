"""Extraction of all that can be: cells that cannot go stay, with the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nbprod.extract.plan.planning import Planner
from nbprod.extract.plan.select import sections
from nbprod.refactor.display import draws
from nbprod.refactor.module_level import imports_of
from nbprod.refactor.plan import CellLeft, Group, Plan

__all__ = ["extracted_already", "plan_what_can_be"]

_MOST_ROUNDS = 60
# A function that hands more than this from hand to hand is no help to a reader.
_MOST_RESULTS = 12


def plan_what_can_be(planner: Planner, cells: Iterable[int], stay: Iterable[CellLeft] = ()) -> Plan:
    """A plan for as many of some cells as possible, but for those that have to ``stay``.

    The cells are taken as they stand under headings. Whatever is refused leaves the selection,
    and the plan is made again without it, until nothing is refused.
    """
    kept = {cell_left.cell: cell_left for cell_left in stay}
    done = extracted_already(planner)
    remaining = [
        cell
        for cell in cells
        if planner.facts.cell(cell).source.strip() and cell not in kept and cell not in done
    ]
    for _ in range(_MOST_ROUNDS):
        groups = [
            part
            for group in sections(remaining, planner.facts.notebook)
            for part in _cut(group, planner)
        ]
        plan = planner.plan(groups, kept.values())
        if not plan.refusals:
            return plan
        for refusal in plan.refusals:
            if refusal.cell in remaining:
                kept[refusal.cell] = CellLeft(refusal.cell, refusal.line, refusal.reason)
                remaining.remove(refusal.cell)
            elif refusal.cell not in kept:
                # The notebook as a whole stands against it.
                return plan
    return plan


def extracted_already(planner: Planner) -> set[int]:
    """The cells that only import from the module and call it: there is nothing more to take."""
    module = planner.options.module
    ours = {
        import_.bound
        for cell in planner.names.cells
        for statement in planner.names.statements(cell)
        for import_ in imports_of(statement, cell)
        if module and import_.module == module
    }
    found = set()
    for cell in planner.names.cells if ours else ():
        statements = planner.names.statements(cell)
        shows = planner.names.cells[cell].shows
        work = statements[:-1] if shows else statements
        called = any(_calls(statement, ours) for statement in statements)
        if called and all(_calls(statement, ours) or _is_thin(statement) for statement in work):
            found.add(cell)
    return found


def _calls(node: ast.stmt, names: set[str]) -> bool:
    value = node.value if isinstance(node, (ast.Assign, ast.Expr)) else None
    return (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in names
    )


def _is_thin(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.Delete))


def _cut(group: Group, planner: Planner) -> Iterable[Group]:
    """A group cut behind each cell whose end is seen: what it shows, the figure that it draws."""
    part: list[int] = []
    for cell in group.cells:
        units = planner.names.cells[cell]
        if part and units.must_keep_header:
            yield group._replace(cells=tuple(part))
            part = []
        part.append(cell)
        drawn = any(draws(unit.node, planner.modules) for unit in units.units)
        if units.shows or drawn or units.header:
            yield group._replace(cells=tuple(part))
            part = []
    if part:
        yield group._replace(cells=tuple(part))
