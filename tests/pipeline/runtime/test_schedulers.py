"""The same tasks on a Dask cluster and under Airflow, and what the image and CI do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.runtime.apps import RUNTIME, App
from tests.pipeline.runtime.s3 import Bucket

FILES = RUNTIME.parent / "files"
CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1",
                      dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""
GRAPH = {
    "load": [],
    "explore": ["load"],
    "split": ["load"],
    "train": ["split"],
    "evaluate": ["split", "train"],
}


def written(name: str) -> str:
    """Return a file of an application, as it is written for the sample."""
    text = (FILES / name).read_text(encoding="utf-8")
    text = text.replace("APP_NAME", "churn").replace("APP_VARIABLE", "CHURN")
    return text.replace("TASKS: dict[str, list[str]] = {}", f"TASKS = {GRAPH}")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a Dask cluster of two processes."""
    pytest.importorskip("distributed")
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdout
    yield process.stdout.readline().strip().removeprefix("tcp://")
    process.communicate("")


@pytest.mark.slow
def test_tasks_run_on_a_dask_cluster(app: App, bucket: Bucket, cluster: str) -> None:
    app.ok("run", "--run-id", "local")
    settings = json.dumps(bucket.settings)
    arguments = ["--config-json", settings, "--engine", f"dask://{cluster}"]
    log = app.ok("run", "--run-id", "r", *arguments)
    assert "load | 120 customers" in log.splitlines()
    remote = {
        f"{task}.{name}": stored["sha256"]
        for task in GRAPH
        for name, stored in json.loads(bucket.objects[f"app/runs/r/{task}.json"])["outputs"].items()
    }
    assert remote == app.values("local")
    assert app.reused(app.ok("run", *arguments)) == set(GRAPH)
    app.edit("tasks/train.py", "return D", "raise ValueError('no luck')\n    return D")
    done = app.run("run", "--run-id", "s", *arguments)
    assert done.returncode == 1
    assert "ValueError: no luck" in done.stderr
    assert done.stderr.endswith(
        "churn: train failed; the same command with --run-id s goes on from there\n"
    )
    done = app.run("run", "--engine", "dask://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("churn: --engine dask://127.0.0.1:9: ")


@pytest.mark.slow
def test_airflow_runs_the_tasks(app: App, airflow: str, tmp_path: Path) -> None:
    home = tmp_path / "airflow"
    (home / "dags").mkdir(parents=True)
    (home / "dags" / "churn_dag.py").write_text(written("dag.py"), encoding="utf-8")
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": str(app.root / "src"),
        "CHURN_PYTHON": sys.executable,
        "CHURN_DIRECTORY": str(app.root),
        "CHURN_STORAGE": str(app.root / "artifacts"),
    }

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [airflow, "-m", "airflow", *arguments], env=env, capture_output=True, text=True
        )

    assert command("db", "migrate").returncode == 0
    name = """x"; touch marker; "$(touch marker)`touch marker`'; touch marker; '"""
    patch = {"train": {"depth": 2}, "paths": {"report": f"{name}.txt"}}
    done = command("dags", "test", "churn", "-c", json.dumps({"patch": patch}))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (run,) = (app.root / "artifacts" / "runs").iterdir()
    assert re.fullmatch(r"manual__[\w.-]+", run.name)
    assert {path.stem for path in run.iterdir()} == set(GRAPH)
    assert app.record(run.name, "train")["parameters"]["depth"] == 2
    assert not list(tmp_path.glob("**/marker"))
    bad = command("dags", "test", "churn", "-c", '{"patch": {"train": {"dept": 2}}}')
    assert bad.returncode != 0 or "DagRun failed" in bad.stdout + bad.stderr
    assert "did you mean `train.depth`?" in bad.stdout + bad.stderr


def test_the_dag_imports_nothing_of_the_application() -> None:
    text = written("dag.py")
    compile(text, "dag.py", "exec")
    assert "import churn" not in text
    assert "from churn" not in text
    for name in ("dag.py", "Dockerfile", "dockerignore", "ci.yml"):
        assert "APP_" not in written(name).replace("APP_PYTHON", "3.12")


@pytest.mark.slow
def test_an_application_passes_its_own_linters(app: App) -> None:
    config = app.root / "mypy.ini"
    libraries = (
        *("fsspec", "joblib", "keras", "matplotlib", "pandas", "pandera", "polars", "pyarrow"),
        *("pyspark", "safetensors", "scipy", "skops", "sklearn", "statsmodels", "torch", "uvicorn"),
    )
    sections = "".join(f"[mypy-{name}.*]\nignore_missing_imports = True\n" for name in libraries)
    config.write_text(f"[mypy]\nstrict = True\n{sections}", encoding="utf-8")
    for tool in (
        ("mypy", "--config-file", "mypy.ini", "src/churn"),
        ("ruff", "check", "--isolated", "--line-length", "100", "--select",
         "E,F,W,I,B,UP,SIM,RUF,N,C4,PIE,RET", "--target-version", "py310", "src"),
        ("ruff", "format", "--isolated", "--line-length", "100", "--check", "src/churn/runtime"),
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", *tool], cwd=app.root, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
