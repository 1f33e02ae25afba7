"""A tracker sees a run and cannot change it: the flow is the same with and without one."""

from __future__ import annotations

from typing import Any

import pytest

from nbprod.facts import Facts
from nbprod.flow import Flow
from nbprod.notebook.types import Cell, Notebook
from nbprod.testing import notebook_of
from tests.leakage.test_spellings import HEAD, SCALING, TRAIN, TRAINING
from tests.truth.generate import make_notebook

WRITTEN = {
    **{f"scaling: {name}": f"{code}\n{TRAIN}" for name, code in SCALING.items()},
    **{f"training: {name}": f"scaled = X\n{code}" for name, code in TRAINING.items()},
}


def answers(flow: Flow) -> dict[str, Any]:
    """What a flow says of all that rules ask."""
    return {
        "failures": [(each.name, each.cell, each.certain) for each in flow.failures],
        "possible": [(each.name, each.cell) for each in flow.possible],
        "definitions": {
            name: [(each.cell, each.binding.kind, each.binding.span) for each in made]
            for name, made in flow.definitions.items()
        },
        "uses": {
            index: [(use.name, use.span, sorted(d.cell for d in use.definitions))
                    for use in cell.uses]
            for index, cell in flow.cells.items()
        },
        "changes": {index: cell.mutations for index, cell in flow.cells.items()},
        "again": {index: cell.again for index, cell in flow.cells.items()},
        "texts": [(flow.printed(index), flow.shown(index)) for index in flow.order],
        "final": {
            name: (entry.value.kind, len(entry.value.objects), len(entry.value.parts))
            for name, entry in flow.final.items()
        },
    }  # fmt: skip


def assert_same(notebook: Notebook) -> None:
    tracked = Facts(notebook, tracks_data=True)
    assert tracked.evaluation is not None
    assert answers(tracked.flow) == answers(Facts(notebook).flow)


@pytest.mark.parametrize("name", WRITTEN)
def test_models_and_data(name: str) -> None:
    assert_same(notebook_of([Cell(0, "code", HEAD), Cell(1, "code", WRITTEN[name])]))


@pytest.mark.parametrize("seed", range(30))
def test_what_the_truth_is_known_of(seed: int) -> None:
    sources = [HEAD + "LogisticRegression().fit(X, y)\n", *make_notebook(seed).cells]
    assert_same(notebook_of([Cell(index, "code", text) for index, text in enumerate(sources)]))


def test_a_flow_that_nobody_asked_to_track_is_followed_once_more() -> None:
    notebook = notebook_of([Cell(0, "code", HEAD), Cell(1, "code", f"scaled = X\n{TRAIN}")])
    plain, tracked = Facts(notebook), Facts(notebook, tracks_data=True)
    assert plain.flow.failures == ()
    assert [each.name for each in plain.evaluation.trainings] == ["LogisticRegression"]
    assert len(tracked.evaluation.trainings) == 1
