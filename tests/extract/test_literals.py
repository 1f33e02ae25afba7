"""Literals with a name: which become parameters of the one function that reads them."""

from __future__ import annotations

import pytest

from nbprod.extract.extraction import extract, make_plan
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from tests.extract.notebooks import as_bytes

_WORK = "kept = [w for w in weights if w < {}]\nkept.sort()\nheaviest = kept[-1]\n"
_CASES = [
    # cells, the settings of the first function, and what the notebook keeps of the literals
    pytest.param(
        ["limit = 5", "weights = [1, 7]\n" + _WORK.format("limit"), "print(heaviest)"],
        [("limit", "Limit of `w`.")],
        "",
        id="one-reader",
    ),
    pytest.param(
        [
            "# what a hand can lift\nlimit = 5",
            "weights = [1]\n" + _WORK.format("limit"),
            "heaviest",
        ],
        [("limit", "What a hand can lift.")],
        "",
        id="comment-above-is-the-meaning",
    ),
    pytest.param(
        ["limit = 5", "weights = [1]\n" + _WORK.format("limit"), "print(heaviest, limit)"],
        [],
        "limit = 5",
        id="read-by-a-cell-as-well",
    ),
    pytest.param(
        ["limit = 5\n!echo {limit}", "weights = [1]\n" + _WORK.format("limit"), "heaviest"],
        [],
        "limit = 5",
        id="read-by-a-shell-line",
    ),
]


@pytest.mark.parametrize(("cells", "settings", "left"), _CASES)
def test_literals_of_one_function(
    cells: list[str], settings: list[tuple[str, str]], left: str
) -> None:
    data = as_bytes(cells)
    facts = Facts(read_notebook(data, "weights.ipynb"))
    plan = make_plan(facts, None, range(len(cells)))
    function = plan.functions[0]
    assert [(one.name, one.meaning) for one in function.settings] == settings
    made = extract(facts, data, plan, "steps")
    assert left in (made.sources.get(0, cells[0])).splitlines() or not left
    assert ("limit: int = 5" in made.module) == bool(settings)
    assert "limit" not in made.sources.get(0, "") or left
