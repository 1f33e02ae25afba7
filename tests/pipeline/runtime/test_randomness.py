"""The generators' state goes from task to task as it goes from cell to cell."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from nbprod.pipeline.runtime import randomness


def draw() -> list[float]:
    return [random.random(), random.gauss(0, 1), float(np.random.normal()), np.random.rand()]


@pytest.fixture(autouse=True)
def _keep_generators() -> Any:
    before = randomness.state()
    yield
    randomness.restore(before, 0)


def test_a_state_goes_on_where_it_was() -> None:
    randomness.start(5)
    draw()
    state = randomness.state()
    expected = [draw() for _ in range(3)]
    randomness.start(6)
    randomness.restore(state, 0)
    assert [draw() for _ in range(3)] == expected


def test_a_library_that_the_state_does_not_have_starts_with_the_seed() -> None:
    randomness.start(9)
    expected = np.random.rand()
    state = randomness.state()
    del state["numpy"]
    np.random.seed(1)
    randomness.restore(state, 9)
    assert np.random.rand() == expected


def pipeline_of(churn: ModuleType, draws: list[str]) -> Any:
    graph = churn.runtime.graph
    return graph.Pipeline(
        "churn",
        *[
            graph.Task(f"t{i}", draws=how, outputs={"x": graph.Artifact("json")})
            for i, how in enumerate(draws)
        ],
    )


@pytest.fixture
def drawn(churn: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run tasks that draw; return what each drew, and the log."""
    for i in range(4):
        name = f"churn.tasks.t{i}"
        module = ModuleType(name)
        module.__dict__[f"t{i}"] = draw
        monkeypatch.setitem(sys.modules, name, module)
    runtime = churn.runtime

    def run(draws: list[str], seed: int | None, name: str = "r") -> Any:
        pipeline = pipeline_of(churn, draws)
        monkeypatch.setattr(churn.pipeline, "PIPELINE", pipeline)
        patches = ("data=.", f"random_seed={'null' if seed is None else seed}")
        config = runtime.base_config(runtime.Layers(patches=patches, storage=f"{tmp_path}/s"))
        storage = runtime.open_storage(f"{tmp_path}/s", {})
        log: list[str] = []
        found = {}
        for task in pipeline.tasks:
            record = runtime.runner.run_one(pipeline, pipeline.tasks[task], config, storage, name)
            found[task] = runtime.load_output(storage, record, "x")
            log += [task] if record.reused_from else []
        return list(found.values()), log

    return run


def test_carried_draws_are_those_of_one_process(drawn: Any) -> None:
    randomness.start(4)
    expected = [draw() for _ in range(3)]
    assert drawn(["carry"] * 3, 4) == (expected, [])
    # Without a configured seed another run draws other numbers, and the same run the same.
    first, _ = drawn(["carry"] * 3, None, "a")
    second, reused = drawn(["carry"] * 3, None, "b")
    assert first != second
    assert reused == []
    assert drawn(["carry"] * 3, None, "a")[0] == first


def test_seeded_tasks_do_not_depend_on_others(drawn: Any) -> None:
    (first, second), _ = drawn(["seed", "seed"], 4)
    assert first != second
    (_, again), _ = drawn(["carry", "seed"], 4, "b")
    assert again == second


def test_a_task_that_starts_the_generators_is_reused_by_any_run(drawn: Any) -> None:
    first, _ = drawn(["start", "carry"], None, "a")
    second, reused = drawn(["start", "carry"], None, "b")
    assert first[0] == second[0]
    assert first == second
    assert reused == ["t0", "t1"]
