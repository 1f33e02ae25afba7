"""Each notebook of `cases.txt` is extracted; original and result run and have to be the same."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from nbprod.execution.compare import Verdict, compare_runs, segments_of, snapshots
from nbprod.extract.code.format import lint
from nbprod.extract.extraction import Extracted, Refused
from nbprod.extract.plan.cutting import Prices
from nbprod.extract.plan.planning import PlanOptions
from nbprod.refactor.purity import is_immutable
from tests.extract.notebooks import Case, cases, code_of, extracted, job, run_all

# In notebooks as short as these nothing would be worth a function.
EAGER = PlanOptions(prices=Prices(stay=50))
CASES = cases()
# The runs are shared by all of these tests: they happen once, in one worker.
pytestmark = pytest.mark.xdist_group("extract/test_execution")
EXPECTED = [case for case in CASES if case.refused is None]
REFUSED = [case for case in CASES if case.refused is not None]


def compared(
    made: list[tuple[Case, Extracted]], folder: Path
) -> list[tuple[Case, Extracted, Verdict]]:
    """Run all originals and all results, each in a process of its own, and compare them."""
    jobs: list[dict[str, Any]] = []
    for number, (case, one) in enumerate(made):
        new = code_of(one.notebook)
        segments = segments_of(case.cells, new)
        mine, theirs = snapshots(case.cells, new, segments)
        jobs.append(job(case.cells, folder / f"{number}-old") | {"snapshots": mine})
        jobs.append(job(new, folder / f"{number}-new", one.module) | {"snapshots": theirs})
    results = run_all(jobs, folder / "jobs")
    found = []
    for (case, one), old, new_run in zip(made, results[::2], results[1::2], strict=True):
        segments = segments_of(case.cells, code_of(one.notebook))
        found.append(
            (case, one, compare_runs(old, new_run, segments, "made", one.plan.left_behind))
        )
    return found


@pytest.fixture(scope="module")
def selected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Extracted, Verdict]]:
    made = [(case, extracted(case.cells, case.selection)[0]) for case in EXPECTED]
    found = compared(made, tmp_path_factory.mktemp("selected"))
    return {case.title: (one, verdict) for case, one, verdict in found}


@pytest.mark.slow
@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case.title)
def test_the_selection_as_functions_does_the_same(
    case: Case, selected: dict[str, tuple[Extracted, Verdict]]
) -> None:
    one, verdict = selected[case.title]
    assert verdict.original_fails is None
    assert not verdict.differences, one.module
    assert lint(one.module, "made.py", "E9,F401,F811,F821,F822,F823,I") == []


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.title)
def test_what_cannot_be_done_is_refused_with_its_place(case: Case) -> None:
    with pytest.raises(Refused) as caught:
        extracted(case.cells, case.selection)
    assert case.refused is not None and case.refused in str(caught.value)
    assert all(0 <= one.cell < len(case.cells) and one.line >= 1 for one in caught.value.refusals)


@pytest.fixture(scope="module")
def automatic(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Extracted, Verdict]]:
    made = []
    for case in CASES:
        try:
            made.append((case, extracted(case.cells, "all", options=EAGER)[0]))
        except Refused:
            continue
    found = compared(made, tmp_path_factory.mktemp("automatic"))
    return {case.title: (one, verdict) for case, one, verdict in found}


def _works(cell: str) -> bool:
    """Whether a cell does more than to name literals and to show something."""
    code = "\n".join(line for line in cell.splitlines() if not line.startswith(("%", "!")))
    return any(
        not isinstance(node, (ast.Expr, ast.Import, ast.ImportFrom))
        and not (isinstance(node, ast.Assign) and is_immutable(node.value))
        for node in ast.parse(code).body
    )


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_all_that_can_go_does_the_same(
    case: Case, automatic: dict[str, tuple[Extracted, Verdict]]
) -> None:
    if case.title not in automatic:
        # Nothing could be extracted: all is refused, or there are only literals and what shows.
        assert case.refused is not None or not any(map(_works, case.cells))
        return
    one, verdict = automatic[case.title]
    assert not verdict.differences, one.module
    assert lint(one.module, "made.py", "E9,F401,F811,F821,F822,F823,I") == []


def test_the_comparison_sees_what_goes_wrong(tmp_path: Path) -> None:
    """A module with another constant, a call that is left out, an output that is missing."""
    cells = ["x = [2]", "x.append(3)\nprint(sum(x))", "print(x)"]
    one, _ = extracted(cells, "1-2")
    new = code_of(one.notebook)
    segments = segments_of(cells, new)
    mine, theirs = snapshots(cells, new, segments)
    modules = [
        one.module,
        one.module.replace("x = [2]", "x = [2.5]"),
        one.module.replace("x.append(3)", "pass"),
        one.module.replace("print(sum(x))", "pass"),
    ]
    jobs = [job(cells, tmp_path / "old") | {"snapshots": mine}]
    for number, module in enumerate(modules):
        jobs.append(job(new, tmp_path / str(number), module) | {"snapshots": theirs})
    old, *others = run_all(jobs, tmp_path / "jobs")
    verdicts = [compare_runs(old, other, segments, "made") for other in others]
    assert [bool(verdict.differences) for verdict in verdicts] == [False, True, True, True]
