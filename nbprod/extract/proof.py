"""Proof that an extraction keeps what the notebook does; what does not hold is taken back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from nbprod.execution.compare import MatchedCells, RunDifference, Verdict
from nbprod.execution.run import RunOptions, Side, code_cells, verify
from nbprod.extract.delivery import ExtractionDelivery, folder_of
from nbprod.extract.suite.trial import Trial, run_tests
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.patterns import lazy_pattern
from nbprod.refactor.plan import CellLeft, Plan

__all__ = ["Proven", "deliver_what_holds", "prove_extraction"]

_MOST_ROUNDS = 6
_NAME = lazy_pattern(r"`(\w+)`")


class Proven(NamedTuple):
    """An extraction and what came of running it."""

    delivery: ExtractionDelivery
    verdict: Verdict
    tests: Trial | None = None


def deliver_what_holds(
    facts: Facts, deliver: Callable[[Sequence[CellLeft]], ExtractionDelivery], options: RunOptions
) -> Proven:
    """Extract, run, and leave those cells in the notebook that do something else as functions.

    Args:
        facts: the notebook.
        deliver: extracts all but the cells that it is given.
        options: how to run.
    """
    kept: list[CellLeft] = []
    for _ in range(_MOST_ROUNDS):
        delivery = deliver(kept)
        proven = prove_extraction(facts, delivery, options)
        guilty = list(_guilty(proven.verdict, delivery.extracted.plan, facts))
        if not guilty:
            break
        kept += guilty
    return proven


def _guilty(verdict: Verdict, plan: Plan, facts: Facts) -> Iterable[CellLeft]:
    """The cells of the first group that a difference points at: later ones may follow from it."""
    if not verdict.differences:
        return
    indices = code_cells(facts.notebook)[0]
    first = min(
        verdict.differences,
        key=lambda difference: len(indices) if difference.cell is None else difference.cell,
    )
    cell = indices[first.cell] if first.cell is not None else len(facts.notebook.cells)
    for one in _suspect(first, cell, plan):
        reason = f"{first.what} differs when it is a function ({_brief(first.new)})"
        yield CellLeft(one, 1, reason if one == cell else f"{reason} (seen in cell {cell + 1})")


def _brief(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"


def _suspect(difference: RunDifference, cell: int, plan: Plan) -> tuple[int, ...]:
    """The group with a cell, else the one that binds the name, else the one before the cell."""
    functions = [(function, plan.whole_cells(function.cells)) for function in plan.functions]
    for _, cells in functions:
        if cell in cells:
            return cells
    for group in plan.groups:
        cells = plan.whole_cells(group.cells)
        if cell in cells:
            return cells
    name = _NAME.fullmatch(difference.what)
    if name is not None:
        for function, cells in reversed(functions):
            named = {variable.name for variable in (*function.results, *function.parameters)}
            if name[1] in named and cells[0] < cell:
                return cells
    before = [cells for _, cells in functions if cells[0] < cell]
    return before[-1] if before else ()


def prove_extraction(facts: Facts, delivery: ExtractionDelivery, options: RunOptions) -> Proven:
    """Run the original and the rewritten notebook and compare them; then run the tests."""
    folder, start = folder_of(facts, delivery.target)
    indices, sources = code_cells(facts.notebook)
    rewritten = read_notebook(delivery.files[delivery.notebook], facts.notebook.path)
    new_indices = code_cells(rewritten)[0]
    if len(rewritten.cells) < len(facts.notebook.cells):
        sources_now = delivery.extracted.sources
        kept = [cell.index for cell in facts.notebook.cells if sources_now.get(cell.index, "x")]
        new_indices = [kept[new_indice] for new_indice in new_indices]
    segments = _segments(delivery.extracted.plan, indices, new_indices)
    files: dict[str, bytes] = {}
    outside: dict[str, bytes] = {}
    for path, data in delivery.files.items():
        relative = os.path.relpath(path, folder)
        if path.endswith(".py"):
            (outside if relative.startswith(os.pardir) else files)[relative] = data
    paths = [os.path.relpath(delivery.target.root, folder)]
    if outside:
        # The module goes somewhere else than the folder that is copied: beside the notebook then.
        files = {
            os.path.join(start, os.path.relpath(path, delivery.target.root)): data
            for path, data in delivery.files.items()
            if path.endswith(".py") and not path.startswith(os.path.dirname(delivery.target.tests))
        }
        paths = [start]
    verdict = verify(
        Side(sources, {}),
        Side(code_cells(rewritten)[1], files),
        folder,
        start,
        module=delivery.target.module,
        dead=delivery.extracted.plan.left_behind,
        logs=delivery.extracted.plan.logs,
        paths=paths,
        segments=segments,
        options=options,
    )

    folder_of_tests = os.path.dirname(delivery.target.tests)
    if verdict.differences or not any(
        path.startswith(os.path.join(folder_of_tests, "test_")) for path in delivery.files
    ):
        return Proven(delivery, verdict)
    tests = delivery.trial or run_tests(delivery.files, delivery.target, options)
    found = [
        RunDifference(None, f"the generated test `{name}`", "passes", "fails")
        for name in sorted(tests.failed)
    ]
    return Proven(delivery, verdict._replace(differences=tuple(found)), tests)


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


def _segments(plan: Plan, old: Sequence[int], new: Sequence[int]) -> list[MatchedCells]:
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
