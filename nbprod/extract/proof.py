"""Proof that an extraction keeps what the notebook does; what does not hold is taken back."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from nbprod.execution.compare import RunDifference, Verdict
from nbprod.execution.run import OriginalRuns, RunPlace, Side, code_cells, verify
from nbprod.extract.delivery import ExtractionDelivery
from nbprod.extract.segments import segments_of_plan
from nbprod.extract.suite.trial import Trial, run_tests
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.patterns import lazy_pattern
from nbprod.refactor.plan import CellLeft, Plan

__all__ = ["Proof", "Proven", "deliver_what_holds"]

_MOST_ROUNDS = 6
_NAME = lazy_pattern(r"`(\w+)`")


class Proven(NamedTuple):
    """An extraction and what came of running it."""

    delivery: ExtractionDelivery
    verdict: Verdict
    tests: Trial | None = None


def deliver_what_holds(
    deliver: Callable[[Sequence[CellLeft]], ExtractionDelivery], proof: Proof
) -> Proven:
    """Extract, run, and leave those cells in the notebook that do something else as functions.

    Args:
        deliver: extracts all but the cells that it is given.
        proof: runs the result beside the original.
    """
    kept: list[CellLeft] = []
    for _ in range(_MOST_ROUNDS):
        delivery = deliver(kept)
        proven = proof.of(delivery)
        plan = delivery.extracted.plan
        tried = {cell_left.cell for cell_left in kept}
        found = _guilty(proven.verdict, plan, proof.facts)
        guilty = [cell_left for cell_left in found if cell_left.cell not in tried]
        if not guilty and proven.verdict.differences:
            guilty = _of_definitions(plan, tried)
        if not guilty:
            break
        kept += guilty
    return proven


def _of_definitions(plan: Plan, tried: Collection[int]) -> list[CellLeft]:
    """The cells whose definitions have moved: what no function explains, they may."""
    cells = {cell for item in plan.taken for cell in plan.whole_cells((item.unit.cell,))}
    reason = "something differs when its definitions are in a module"
    return [CellLeft(cell, 1, reason) for cell in sorted(cells) if cell not in tried]


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


class Proof:
    """Runs of the original and of what it becomes; the second one while the tests are written."""

    def __init__(self, facts: Facts, runs: OriginalRuns) -> None:
        """``facts`` are those of the original notebook, ``runs`` its runs."""
        self.facts, self.runs = facts, runs
        self._pool = ThreadPoolExecutor(1)
        self._begun: tuple[bytes, Future[Verdict]] | None = None

    def begin(self, delivery: ExtractionDelivery) -> None:
        """Run a rewritten notebook beside what follows."""
        text = delivery.files[delivery.notebook] + delivery.files[delivery.target.path]
        self._begun = (text, self._pool.submit(self._verdict, delivery))

    def of(self, delivery: ExtractionDelivery) -> Proven:
        """Compare the runs of both notebooks; then see that the tests pass."""
        text = delivery.files[delivery.notebook] + delivery.files[delivery.target.path]
        if self._begun is not None and self._begun[0] == text:
            verdict = self._begun[1].result()
        else:
            verdict = self._verdict(delivery)
        folder_of_tests = os.path.dirname(delivery.target.tests)
        if verdict.differences or not any(
            path.startswith(os.path.join(folder_of_tests, "test_")) for path in delivery.files
        ):
            return Proven(delivery, verdict)
        tests = delivery.trial or run_tests(delivery.files, delivery.target, self.runs.options)
        found = [
            RunDifference(None, f"the generated test `{name}`", "passes", "fails")
            for name in sorted(tests.failed)
        ]
        return Proven(delivery, verdict._replace(differences=tuple(found)), tests)

    def _verdict(self, delivery: ExtractionDelivery) -> Verdict:
        """What the runs of both notebooks have in common."""
        notebook, plan = self.facts.notebook, delivery.extracted.plan
        indices = code_cells(notebook)[0]
        rewritten = read_notebook(delivery.files[delivery.notebook], notebook.path)
        new_indices = code_cells(rewritten)[0]
        if len(rewritten.cells) < len(notebook.cells):
            sources_now = delivery.extracted.sources
            kept = [cell.index for cell in notebook.cells if sources_now.get(cell.index, "x")]
            new_indices = [kept[new_indice] for new_indice in new_indices]
        return verify(
            self.runs,
            Side(code_cells(rewritten)[1], _files_to_run(delivery, self.runs.place)),
            module=delivery.target.module,
            dead=plan.left_behind,
            logs=plan.logs,
            segments=segments_of_plan(plan, indices, new_indices),
            code=delivery.files[delivery.target.path].decode("utf-8"),
        )


def _files_to_run(delivery: ExtractionDelivery, place: RunPlace) -> dict[str, bytes]:
    """The files that the rewritten notebook imports, relative to the folder that is copied."""
    target = delivery.target
    files = {path: data for path, data in delivery.files.items() if path.endswith(".py")}
    if place.has(target.path):
        found = {os.path.relpath(path, place.folder): data for path, data in files.items()}
        return {path: data for path, data in found.items() if not path.startswith(os.pardir)}
    # The module goes somewhere else than the folder that is copied: beside the notebook then.
    return {
        os.path.join(place.start, os.path.relpath(path, target.root)): data
        for path, data in files.items()
        if not path.startswith(os.path.dirname(target.tests))
    }
