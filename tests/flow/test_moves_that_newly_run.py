"""No move turns a NameError into other values of cells that would run for the first time."""

from __future__ import annotations

from typing import Any

import pytest

from nbprod.model import CellEdit
from tests.test_true_findings import findings

START = "import numpy as np\nX = np.arange(6.0)\nmodel = np.median(X)\nrows = {}\nrate = 2"
# What the cell with the name does as well, and a cell between that reads it.
CHANGES = [
    ("X[:] = X / X.max()", "print(model - X)"),
    ("rows['late'] = 1", "print(len(rows))"),
    ("rate = 3", "def net(v):\n    return v * rate\nprint(net(1))"),
]


def counted(cells: list[str], counts: list[int | None]) -> list[dict[str, Any]]:
    pairs = zip(cells, counts, strict=True)
    return [{"source": source, "execution_count": count} for source, count in pairs]


@pytest.mark.parametrize(("change", "between"), CHANGES)
def test_a_cell_that_changes_what_cells_between_read_stays(change: str, between: str) -> None:
    cells = [START, "score = best + 1", f"{between}\nprint(score)", f"{change}\nbest = 1"]
    cells.append("print('end')")
    (found,) = findings("NBP101", *counted(cells, [None] * 5))
    moved = [edit.cell for edit in found.fix.edits] if found.fix else []  # type: ignore[union-attr]
    assert 3 not in moved and found.help is not None
    assert found.help.startswith("define it above this cell")


@pytest.mark.parametrize(("change", "between"), CHANGES)
def test_a_cell_that_ran_in_between_moves(change: str, between: str) -> None:
    cells = [START, "score = best + 1", f"{between}\nprint(score)", f"{change}\nbest = 1"]
    (found,) = findings("NBP101", *counted(cells, [1, 3, 4, 2]))
    assert found.fix is not None and found.fix.title == "Move cell 4 above cell 2"


@pytest.mark.parametrize(("change", "between"), CHANGES)
def test_counts_that_show_another_run_refuse_the_move(change: str, between: str) -> None:
    cells = [START, "print(best + 1)", between, f"{change}\nbest = 1", "best"]
    (found,) = findings("NBP101", *counted(cells, [1, 5, 2, 4, 6]))
    assert found.fix is not None
    assert [edit.cell for edit in found.fix.edits if isinstance(edit, CellEdit)] == [1]


FAR = [5, 6, 8]


@pytest.mark.parametrize("many", FAR)
def test_a_row_of_moves_is_no_help(many: int) -> None:
    cells = [f"print(v{place})" for place in range(many)]
    cells += [f"v{place} = 1" for place in reversed(range(many))]
    runs = [*range(many + 1, 2 * many + 1), *range(many, 0, -1)]
    first, *_ = findings("NBP101", *counted(cells, list(runs)))
    assert first.fix is not None and len(first.fix.edits) > 3
    assert first.help == f"move the definition in cell {2 * many} above cell 1"


PARTLY = [
    ["del a", "a = b", "b = 2\na = 1", "print(a)"],
    ["print(a)\ndel a", "a = b + 1", "b = 2\na = 0", "print(a + b)"],
    ["del rows", "rows = [size]", "size = 2\nrows = []", "print(rows)"],
]


@pytest.mark.parametrize("cells", PARTLY)
def test_a_fix_after_which_a_run_stops_at_once_again_is_none(cells: list[str]) -> None:
    for found in findings("NBP101", *counted(cells, [None] * 4)):
        assert found.fix is None or "undefined" not in found.fix.title
