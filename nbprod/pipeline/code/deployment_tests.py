"""The tests of what an application comes with: its DAG, its model, its service."""

from __future__ import annotations

from collections.abc import Collection

from nbprod.extract.code.format import formatted
from nbprod.pipeline.types import ModelPlan, PipelinePlan

__all__ = ["deployment_tests"]

_DAG = '''"""The DAG has the tasks of the pipeline, and Airflow can load it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from {package}.pipeline import PIPELINE

DAGS = Path(__file__).parents[1] / "dags"
GRAPH = {{name: PIPELINE.upstream_of(task) for name, task in PIPELINE.tasks.items()}}


def test_the_dag_has_the_tasks_of_the_pipeline() -> None:
    tree = ast.parse((DAGS / "{package}_dag.py").read_text(encoding="utf-8"))
    (tasks,) = (node.value for node in tree.body if isinstance(node, ast.AnnAssign))
    assert tasks is not None
    assert ast.literal_eval(tasks) == GRAPH


def test_airflow_loads_the_dag() -> None:
    dagbag = pytest.importorskip("airflow.dag_processing.dagbag", reason="no Airflow here")
    found = dagbag.DagBag(dag_folder=str(DAGS))
    assert found.import_errors == {{}}
    dag = found.dags["{package}"]
    assert {{task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks}} == GRAPH
'''
_MODEL = '''"""The model predicts what it did where it was trained, and names rows it cannot."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from {package}.model import Model
from {package}.pipeline import PIPELINE
from {package}.runtime import (
    ApplicationError,
    Layers,
    base_config,
    load_output,
    open_storage,
    run_tasks,
)

from .test_pipeline import DATA, missing_files

SOURCE = {source!r}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, pd.DataFrame]:
    """A model, and rows that the pipeline made for it."""
    if missing_files():
        pytest.skip(f"not in data/: {{', '.join(missing_files())}}")
    folder = tmp_path_factory.mktemp("model")
    patches = (f"data={{DATA if DATA.is_dir() else folder}}",)
    config = base_config(Layers(patches=patches, storage=str(folder / "artifacts")))
    storage = open_storage(config.get("storage"), {{}})
    task, _, output = SOURCE.rpartition(".")
    wanted = {{source.rpartition(".")[0] for source in Model.sources()}} | {{task}}
    records = run_tasks(PIPELINE, wanted, config, storage, "test")
    rows = load_output(storage, records[task], output)
    return Model.of_run("test", storage), {frame}


def test_a_saved_model_predicts_the_same(trained: tuple[Any, pd.DataFrame], tmp_path: Any) -> None:
    model, rows = trained
    digest = model.save(str(tmp_path / "model"))
    again = Model.load(str(tmp_path / "model"), sha256=digest)
    assert list(again.predict(rows)) == list(model.predict(rows))
    with pytest.raises(ApplicationError, match="is not the model"):
        Model.load(str(tmp_path / "model"), sha256="0" * 64)


def as_json(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as a request has them."""
    found: list[dict[str, Any]] = json.loads(
        rows.to_json(orient="records", date_format="iso", double_precision=15)
    )
    return found
'''
_BAD_ROW = """

def test_a_missing_column_is_named(trained: tuple[Any, pd.DataFrame]) -> None:
    model, rows = trained
    with pytest.raises(ApplicationError, match="does not match its schema"):
        model.predict(rows.drop(columns=[rows.columns[0]]))
"""
_SERVICE = """

def test_the_service_predicts(trained: tuple[Any, pd.DataFrame]) -> None:
    pytest.importorskip("prometheus_client")
    pytest.importorskip("httpx")
    client_of = pytest.importorskip("fastapi.testclient").TestClient
    from {package}.runtime.service import create_app

    model, rows = trained
    good = as_json(rows.head(3))
    with client_of(create_app(model)) as client:
        answer = client.post("/predict", json={{"rows": good}})
        assert answer.status_code == 200, answer.text
        expected = json.loads(json.dumps(model.predict(rows.head(3)).tolist()))
        assert answer.json() == {{"predictions": expected, "model": model.sha256}}
        assert client.post("/predict", json={{"rows": [1]}}).status_code == 422
"""
_SERVICE_BAD_ROW = """\
        column = rows.columns[0]
        without = [{{name: row[name] for name in row if name != column}} for row in good]
        answer = client.post("/predict", json={{"rows": without}})
        assert answer.status_code == 422
        assert str(column) in answer.text
"""


def deployment_tests(plan: PipelinePlan, targets: Collection[str]) -> dict[str, str]:
    """The test modules of the targets that an application has, by path."""
    found: dict[str, str] = {}
    if "airflow" in targets:
        found["tests/test_dag.py"] = _DAG.format(package=plan.name)
    if plan.model is not None:
        found["tests/__init__.py"] = ""
        found["tests/test_model.py"] = _model_tests(plan, plan.model, targets)
    return {path: formatted(text, path, plan.name) for path, text in found.items()}


def _model_tests(plan: PipelinePlan, model: ModelPlan, targets: Collection[str]) -> str:
    text = _MODEL
    if model.schema:
        text += _BAD_ROW
    if "serve" in targets:
        text += _SERVICE + (_SERVICE_BAD_ROW if model.schema else "")
    return text.format(package=plan.name, source=model.source, frame=_frame(model))


def _frame(model: ModelPlan) -> str:
    """An expression for stored rows as a frame."""
    if model.given == "array":
        return "pd.DataFrame(rows, columns=list(Model.columns or ()) or None)"
    if model.given == "series" and model.columns:
        return f"pd.DataFrame({{{model.columns[0]!r}: rows}})"
    return "rows"
