"""Errors of applications: what to do, in a line, exit code 1, nothing half-written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.pipeline.runtime.apps import App

Tool = Callable[..., str]


@pytest.fixture
def fails(
    churn: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run a command that fails in a storage of its own; return its error."""

    def run(*arguments: str, storage: str = "") -> str:
        place = storage or str(tmp_path / "artifacts")
        assert churn.runtime.cli.main([*arguments, "--storage", place]) == 1
        err = capsys.readouterr().err
        assert "Traceback" not in err
        return re.sub(r"^run \S+\n", "", err)

    return run


@pytest.fixture
def works(
    churn: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., None]:
    """Run a command that succeeds in the same storage."""

    def run(*arguments: str) -> None:
        place = str(tmp_path / "artifacts")
        assert churn.runtime.cli.main([*arguments, "--storage", place]) == 0
        capsys.readouterr()

    return run


def test_a_task_that_has_not_been_run(fails: Tool) -> None:
    message = "churn: split needs load, which has not been run in `monday`; run it first\n"
    assert fails("run", "split", "--run-id", "monday") == message
    assert fails("show", "monday") == "churn: no run named `monday` with finished tasks\n"


def test_names_that_do_not_exist(fails: Tool) -> None:
    assert fails("run", "trian") == "churn: unknown task `trian`; did you mean `train`?\n"
    message = "unknown setting `split.tst_size`; did you mean `split.test_size`?"
    assert fails("run", "--patch", "split.tst_size=1") == f"churn: --patch: {message}\n"
    message = "`split.test_size` is a float (0.3), not 'x'"
    assert fails("run", "--patch", "split.test_size=x") == f"churn: --patch: {message}\n"
    assert "at most 100" in fails("run", "--run-id", "../x")
    assert fails("run", "--jobs", "0") == "churn: --jobs must be 1 or more, not 0\n"
    assert "must be `processes` or dask://HOST:PORT" in fails("run", "--engine", "threads")


FRAMES = [
    (
        "months,amount,plan,left\n1,2.5,a,0\n",
        "load.df does not match its schema (2 cases):\n"
        "  CUSTOMERS: column_in_schema (got 'amount')\n"
        "  CUSTOMERS: column_in_dataframe (got 'paid')\n"
        "schema: `CUSTOMERS` in schemas.py\n",
    ),
    (
        "months,paid,plan,left\n1,2,a,0\n",
        "load.df does not match its schema (1 case):\n"
        "  paid: dtype('float64') (got 'int64')\nschema: `CUSTOMERS` in schemas.py\n",
    ),
    (
        "months,paid,plan,left\n1,2.5,,0\n2,,b,0\n",
        "load.df does not match its schema (2 cases):\n"
        "  paid: not_nullable (got nan, row 1)\n  plan: not_nullable (got nan, row 0)\n"
        "schema: `CUSTOMERS` in schemas.py\n",
    ),
]


@pytest.mark.parametrize(("text", "message"), FRAMES, ids=["columns", "dtype", "nulls"])
def test_a_frame_that_is_not_as_its_schema_says(
    fails: Tool, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "c.csv"
    path.write_text(text, encoding="utf-8")
    err = fails("run", "load", "--run-id", "r", "--patch", f"paths.customers={path}")
    assert err.partition("churn: ")[2] == message
    assert not list(tmp_path.glob("artifacts/**/*.*"))


def test_storage_and_data_that_cannot_be_used(fails: Tool, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    inside = str(tmp_path / "file" / "x")
    err = fails("run", "load", "--run-id", "r", storage=inside)
    assert err.splitlines()[-1].startswith(f"churn: cannot write {inside}/objects/load/")
    err = fails("run", "load", "--run-id", "r", "--patch", "paths.customers=none.csv")
    assert re.fullmatch(r"churn: cannot read /.*/data/none.csv: no such file\n", err)
    err = fails("run", "load", "--run-id", "r", storage="nowhere://x")
    assert err == "churn: cannot open nowhere://x: Protocol not known: nowhere\n"
    err = fails("run", "load", "--run-id", "r", "--patch", "data=none", "--patch",
                f"paths.customers={tmp_path}/file")  # fmt: skip
    assert re.fullmatch(r"churn: `data` is /.*/none, which is not a directory\n", err)


def test_an_object_store_that_does_not_answer(fails: Tool) -> None:
    pytest.importorskip("s3fs")
    options = {"key": "k", "secret": "s", "client_kwargs": {"endpoint_url": "http://127.0.0.1:9"},
               "config_kwargs": {"retries": {"max_attempts": 1}}}  # fmt: skip
    layer = json.dumps({"storage_options": {**options, "connect_timeout": 1}})
    err = fails("run", "load", "--run-id", "r", "--config-json", layer, storage="s3://b/x")
    assert err.startswith("churn: cannot read s3://b/x/runs/r/load.json: ")
    assert err.count("\n") == 1


@pytest.fixture
def model(works: Callable[..., None], tmp_path: Path) -> Path:
    """The model of a run, and its tasks above."""
    for task in ("load", "split", "train"):
        works("run", task, "--run-id", "r")
    (found,) = tmp_path.glob("artifacts/objects/train/*/*/model.joblib")
    return found


def test_bytes_that_the_task_did_not_write(fails: Tool, model: Path, tmp_path: Path) -> None:
    original = model.read_bytes()
    model.write_bytes(original[:-1] + b"\0")
    err = fails("run", "evaluate", "--run-id", "r")
    assert err == f"churn: {model}: is not what the task wrote\n"
    assert not list(tmp_path.glob("artifacts/objects/evaluate/**/*.*"))
    model.unlink()
    err = fails("run", "evaluate", "--run-id", "r")
    assert err == f"churn: {model}: is gone; `run --again` makes it anew\n"
    record = tmp_path / "artifacts" / "runs" / "r" / "train.json"
    record.write_text(record.read_text(encoding="utf-8")[:99], encoding="utf-8")
    err = fails("run", "evaluate", "--run-id", "r")
    assert err == f"churn: {record}: is not a record of a task; delete it and run again\n"


def test_a_model_of_another_version(
    fails: Tool, works: Callable[..., None], model: Path, tmp_path: Path
) -> None:
    record = tmp_path / "artifacts" / "runs" / "r" / "train.json"
    data = json.loads(record.read_text(encoding="utf-8"))
    name, version = data["outputs"]["model"]["library"]
    assert name == "scikit-learn"
    data["outputs"]["model"]["library"] = [name, "1.2.3"]
    record.write_text(json.dumps(data), encoding="utf-8")
    assert fails("run", "evaluate", "--run-id", "r") == (
        f"churn: train.model was written with scikit-learn 1.2.3, here is {version}; "
        "--allow-versions reads it anyway\n"
    )
    works("run", "evaluate", "--run-id", "r", "--allow-versions")


@pytest.mark.slow
def test_a_task_that_fails_in_a_process(app: App) -> None:
    app.edit("tasks/train.py", "return D", "raise ValueError('no luck')\n    return D")
    done = app.run("run", "--run-id", "3f2a", "--jobs", "2")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[-1] == (
        "churn: train failed; the same command with --run-id 3f2a goes on from there"
    )
    assert "ValueError: no luck" in lines
    assert "runtime" not in "".join(line for line in lines if line.startswith("  File"))
    app.edit("tasks/train.py", "raise ValueError('no luck')\n    ", "")
    log = app.ok("run", "--run-id", "3f2a", "--jobs", "2")
    assert app.reused(log) == {"load", "explore", "split"}
    app.edit("tasks/train.py", "return D", "import os; os._exit(7)\n    return D")
    assert "churn: train ended with exit code 7" in app.run("run").stderr
    app.edit("tasks/train.py", "import os; os._exit(7)", "import os; os.kill(os.getpid(), 9)")
    assert "churn: train was ended by signal 9" in app.run("run").stderr
    app.edit("tasks/train.py", "import os; os.kill(os.getpid(), 9)", "if True")
    assert "churn: tasks/train.py, line 11: expected ':'" in app.run("run").stderr


def test_a_value_of_the_environment_is_not_stored(
    churn: ModuleType, fails: Tool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUSTOMERS_OF", "secret-path-secret")
    graph = churn.runtime.graph
    pipeline = graph.Pipeline(
        "churn",
        graph.Task("load", parameters={"path": "paths.customers"},
                   outputs={"df": graph.Artifact("json")}),
    )  # fmt: skip
    monkeypatch.setattr(churn.pipeline, "PIPELINE", pipeline)
    monkeypatch.setattr(churn.tasks.load, "load", lambda path: print("from", path) or [path])
    err = fails("run", "load", "--run-id", "r", "--patch", "paths.customers=x${env:CUSTOMERS_OF}")
    assert err.endswith(
        "churn: load.df holds a value of the environment; make it anew in the task that needs it\n"
    )
    assert "secret-path" not in err
    monkeypatch.setattr(churn.tasks.load, "load", lambda path: print("from", path) or [1])
    place = tmp_path / "artifacts"
    assert churn.runtime.cli.main(
        ["run", "load", "--run-id", "r", "--storage", str(place),
         "--patch", "paths.customers=x${env:CUSTOMERS_OF}"]
    ) == 0  # fmt: skip
    for path in place.glob("**/*.json"):
        assert "secret-path" not in path.read_text(encoding="utf-8")
    record = json.loads((place / "runs" / "r" / "load.json").read_text(encoding="utf-8"))
    assert record["volatile"]
    assert record["printed"] == "from x***\n"
    assert not list(place.glob("tasks/*"))
