"""What an application comes with: its DAG is loaded by Airflow, its image's steps are taken."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.test_command import nbprod, save

SOURCES = [
    "# Load",
    "import random\nwith open('prices.txt') as file:\n    prices = [float(line) for line in file]",
    "# Noise",
    "noisy = [price + random.random() for price in prices]\nprint(len(noisy))",
    "# Sum",
    "total = sum(prices)\nprint(total)",
    "# Report",
    "random.shuffle(noisy)\nprint(total, noisy[0] > 0)",
]
_LOAD = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
dags = {name: {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks}
        for name, dag in bag.dags.items()}
print("\\n" + json.dumps([bag.import_errors, dags]))
"""


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deployment")
    save(folder / "prices.ipynb", SOURCES)
    done = nbprod(folder, "pipeline", "prices.ipynb", "-o", "prices")
    assert done.returncode == 0, done.stderr
    return folder / "prices"


def graph_of(application: Path) -> dict[str, list[str]]:
    code = (
        "import json; from prices.pipeline import PIPELINE as p;"
        "print(json.dumps({name: p.upstream_of(task) for name, task in p.tasks.items()}))"
    )
    path = str(application / "src")
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_airflow_loads_the_dag_with_the_tasks_of_the_pipeline(
    application: Path, airflow: str, tmp_path: Path
) -> None:
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    migrated = [airflow, "-m", "airflow", "db", "migrate"]
    assert subprocess.run(migrated, env=env, capture_output=True).returncode == 0
    done = subprocess.run(
        [airflow, "-c", _LOAD, str(application / "dags")], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    errors, dags = json.loads(done.stdout.splitlines()[-1])
    assert errors == {}
    graph = graph_of(application)
    assert dags == {"prices": graph}
    # The task that goes on with the generators waits for the one that drew before it.
    assert sum(map(len, graph.values())) > 3


@pytest.mark.slow
def test_the_steps_of_the_image_make_a_program_that_runs(application: Path, tmp_path: Path) -> None:
    kept = (application / ".dockerignore").read_text().split()
    assert kept[0] == "*"
    context = {line[1:] for line in kept if line[0] == "!"}
    place, site = tmp_path / "image", tmp_path / "site"
    place.mkdir()
    entry: list[str] = []
    environment = {**os.environ, "PYTHONPATH": str(site)}
    for line in (application / "Dockerfile").read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word == "COPY":
            *sources, _ = rest.split()
            for name in sources:
                assert name in context
                copy = shutil.copytree if (application / name).is_dir() else shutil.copy
                copy(application / name, place / name)
        elif word == "RUN" and rest.startswith("pip install"):
            wanted = shlex.split(rest)[-1]
            assert wanted == ".[s3]"
            # What it depends on is in this environment; nothing is fetched.
            install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target",
                       str(site), "--no-build-isolation", "."]  # fmt: skip
            done = subprocess.run(install, cwd=place, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        elif word == "ENV":
            environment |= dict(each.split("=", 1) for each in shlex.split(rest))
        elif word in ("ENTRYPOINT", "CMD"):
            entry += json.loads(rest)
    shutil.rmtree(place)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "prices.txt").write_text("1.5\n2.5\n")
    assert entry[:1] == ["python"]
    done = subprocess.run(
        [sys.executable, *entry[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "4.0" in done.stderr


@pytest.mark.slow
def test_what_was_not_asked_for_is_not_written(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", ["# Go", "x = [1, 2]\nprint(sum(x))"])
    for target, expected in (
        ("none", set()),
        ("github", {".github"}),
        ("airflow,docker", {"dags", "Dockerfile", ".dockerignore"}),
    ):
        done = nbprod(tmp_path, "pipeline", "a.ipynb", "-o", f"app_{len(expected)}", "--target",
                      target)  # fmt: skip
        assert done.returncode == 0, done.stderr
        written = {path.name for path in (tmp_path / f"app_{len(expected)}").iterdir()}
        others = {".github", "dags", "Dockerfile", ".dockerignore"}
        assert written & others == expected
    done = nbprod(tmp_path, "pipeline", "a.ipynb", "-o", "other", "--target", "kubernetes")
    assert done.returncode == 2
    assert "unknown target 'kubernetes' (choose from airflow, docker, github, serve, none)" in (
        done.stderr
    )
    assert not (tmp_path / "other").exists()
