"""The tests of an application: its graph, its configuration, its tasks."""

from __future__ import annotations

from collections.abc import Collection

from nbprod.extract.code.format import formatted
from nbprod.pipeline.code.deployment_tests import deployment_tests
from nbprod.pipeline.types import PipelinePlan

__all__ = ["test_files"]

_PIPELINE = '''"""The graph fits its tasks, and the tasks run one after the other."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

from {package}.pipeline import PIPELINE
from {package}.runtime import Layers, base_config, open_storage, run_tasks

DATA = Path(__file__).parents[1] / "data"


@pytest.mark.parametrize("name", PIPELINE.tasks)
def test_arguments_of_a_task_come_from_somewhere(name: str) -> None:
    task = PIPELINE.task(name)
    function = getattr(importlib.import_module(f"{package}.tasks.{{name}}"), name)
    given = {{*task.inputs, *task.parameters, *task.files, *task.writes}}
    assert set(inspect.signature(function).parameters) == given


def test_every_setting_has_a_default() -> None:
    config = base_config(Layers())
    for task in PIPELINE.tasks.values():
        for key in [*task.parameters.values(), *task.files.values(), *task.writes.values()]:
            config.raw(key)


def missing_files() -> list[str]:
    """The files that the tasks read and that are not in the directory of the data."""
    config = base_config(Layers())
    keys = [key for task in PIPELINE.tasks.values() for key in task.files.values()]
    return [str(config.get(key)) for key in keys if not (DATA / config.get(key)).exists()]


@pytest.mark.skipif(bool(missing_files()), reason=f"not in data/: {{', '.join(missing_files())}}")
def test_the_pipeline_runs(tmp_path: Path) -> None:
    config = base_config(Layers(patches=(f"data={{DATA if DATA.is_dir() else tmp_path}}",),
                                storage=str(tmp_path / "artifacts")))
    storage = open_storage(config.get("storage"), {{}})
    records = run_tasks(PIPELINE, [], config, storage, "test")
    assert set(records) == set(PIPELINE.tasks)
'''


def test_files(plan: PipelinePlan, targets: Collection[str]) -> dict[str, str]:
    """The test modules by path."""
    text = _PIPELINE.format(package=plan.name)
    own = {"tests/test_pipeline.py": formatted(text, "test_pipeline.py", plan.name)}
    return own | deployment_tests(plan, targets)
