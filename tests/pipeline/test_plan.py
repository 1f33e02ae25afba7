"""The plan of a pipeline: where it is cut, what crosses, what is joined."""

from __future__ import annotations

import pytest

from nbprod.extract.extraction import NothingToExtract
from nbprod.pipeline.boundaries import CutWishes
from nbprod.pipeline.plan import plan_pipeline
from nbprod.pipeline.types import PipelinePlan
from tests.pipeline.notebooks import notebook_facts

LOAD = "import pandas as pd\nfrom sklearn.linear_model import Ridge\n\nsales = pd.read_csv('s.csv')"
CLEAN = "sales = sales.dropna()\nsales['day'] = pd.to_datetime(sales['day'])\nprint(len(sales))"
FIT = "model = Ridge(alpha=ALPHA)\nmodel.fit(sales[['price']], sales['sold'])\nprint(model.coef_)"


def planned(*sources: str, wishes: CutWishes = CutWishes()) -> PipelinePlan:
    """The plan of a notebook; sources that begin with ``#`` and a blank are headings."""
    return plan_pipeline(notebook_facts(*sources), "sales", wishes)


def test_each_part_under_a_heading_is_a_task() -> None:
    plan = planned("# Load the sales", LOAD, "# Clean", CLEAN, "# Fit", "ALPHA = 0.5", FIT)
    load, clean, fit = plan.tasks
    assert load.outputs == {"sales": "frame"}
    assert clean.inputs == {"sales": f"{load.name}.sales"}
    assert clean.outputs == {"sales": "frame"}
    assert fit.inputs == {"sales": f"{clean.name}.sales"}
    assert fit.parameters == {"ALPHA": "parameters.ALPHA"}
    assert plan.settings["parameters.ALPHA"] == 0.5


@pytest.mark.parametrize(
    ("made", "read", "why"),
    [
        ("rows = (line for line in open('a.txt'))", "print(sum(1 for _ in rows))", "a generator"),
        ("double = lambda x: 2 * x", "print(double(4))", "a lambda"),
        ("log = open('log.txt')", "print(log.read())", "an open file"),
        ("pairs = zip([1, 2], [3, 4])", "print(list(pairs))", "an iterator"),
        ("n = 3\nn += 1\ndef more(x):\n    return x + n", "print(more(2))", "a definition"),
    ],
)
def test_what_no_format_carries_is_not_cut(made: str, read: str, why: str) -> None:
    plan = planned("# Make", made, "# Read", read)
    assert len(plan.tasks) == 1
    assert why in plan.joined[0].reason
    assert plan.joined[0].cell == 3


def test_two_names_of_one_object_that_is_changed_are_not_parted() -> None:
    plan = planned(
        "# Make", "xs = [1, 2]\nys = xs\nprint(xs)", "# Change", "ys.append(3)\nprint(len(xs))"
    )
    assert len(plan.tasks) == 1
    assert "share an object" in plan.joined[0].reason


def test_the_number_of_tasks_is_bounded() -> None:
    parts = [text for n in range(12) for text in (f"# Part {n}", f"a{n} = {n} ** 2\nprint(a{n})")]
    assert len(planned(*parts, wishes=CutWishes(most=4)).tasks) <= 4


def test_a_cut_can_be_given() -> None:
    plan = planned(LOAD, CLEAN, "ALPHA = 0.5", FIT, wishes=CutWishes(starts=(3,)))
    assert [plan.plan.whole_cells(task.function.cells) for task in plan.tasks] == [(0, 1), (3,)]


@pytest.mark.parametrize("sources", [("# Only words",), ("import os\nLIMIT = 3",)])
def test_a_notebook_without_work_is_no_pipeline(sources: tuple[str, ...]) -> None:
    with pytest.raises(NothingToExtract):
        planned(*sources)
