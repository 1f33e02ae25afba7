"""Runs in processes: storages, several at a time, reuse after edits, SIGKILL."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.pipeline.runtime.apps import App, make_light_app
from tests.pipeline.runtime.s3 import Bucket

TASKS = {"load", "explore", "split", "train", "evaluate"}


@pytest.mark.slow
def test_every_storage_gives_the_same_values(app: App, bucket: Bucket) -> None:
    app.ok("run", "--run-id", "local", "--jobs", "4")
    settings = json.dumps(bucket.settings)
    app.ok("run", "--run-id", "remote", "--config-json", settings)
    stored = {
        key.rpartition("/")[2].removesuffix(".json"): json.loads(data)
        for key, data in bucket.objects.items()
        if key.startswith("app/runs/remote/") and not key.endswith("run.json")
    }
    remote = {
        f"{task}.{name}": item["sha256"]
        for task, record in stored.items()
        for name, item in record["outputs"].items()
    }
    assert remote == app.values("local")
    assert set(stored) == TASKS
    before = len(bucket.requests)
    assert app.reused(app.ok("run", "--config-json", settings)) == TASKS
    # The description of the run; of each task a record is read and one written; the report.
    assert len(bucket.requests) - before == 1 + 2 * len(TASKS) + 1
    bucket.objects["data/customers.csv"] = (app.root / "data" / "customers.csv").read_bytes()
    far = ["--config-json", json.dumps({**bucket.settings, "data": "s3://bucket/data"})]
    app.ok("run", "--run-id", "far", *far)
    record = json.loads(bucket.objects["app/runs/far/load.json"])
    assert record["outputs"]["df"]["sha256"] == remote["load.df"]
    local = (app.root / "data" / "report.txt").read_bytes()
    assert bucket.objects["data/report.txt"] == local
    assert app.reused(app.ok("run", *far)) == TASKS
    bucket.objects["data/customers.csv"] += b"3,4.5,pro,1\n"
    assert app.reused(app.ok("run", *far)) == set()
    done = app.run("run", "--run-id", "memory", "--storage", "memory://m")
    assert done.returncode == 0, done.stderr
    assert "evaluate | accuracy 0.8" in done.stderr


@pytest.mark.slow
def test_a_task_needs_few_requests(app: App, bucket: Bucket) -> None:
    settings = json.dumps(bucket.settings)
    app.ok("run", "load", "--run-id", "r", "--config-json", settings)
    before = len(bucket.requests)
    app.ok("run", "explore", "--run-id", "r", "--config-json", settings)
    requests = bucket.requests[before:]
    values = [line for line in requests if "/objects/" in line]
    assert len(requests) - len(values) <= 8, requests
    assert [line.split()[0] for line in values] == ["GET", "PUT", "PUT"]


@pytest.mark.slow
def test_tasks_run_side_by_side_in_processes_of_their_own(tmp_path: Path) -> None:
    app = make_light_app(tmp_path / "app")
    for name in ("left", "right"):
        body = (
            "import os\n    began = time.time()\n    time.sleep(1)\n"
            "    print(os.getpid(), began, time.time())"
        )
        app.edit(f"tasks/{name}.py", "time.sleep(0.1)", body)
    app.ok("run", "--run-id", "r", "--jobs", "4")
    printed = [app.record("r", name)["printed"].split() for name in ("left", "right")]
    (first, began, ended), (second, other_began, other_ended) = printed
    assert first != second
    assert float(began) < float(other_ended)
    assert float(other_began) < float(ended)


EDITS = [
    # What is edited, and what that runs anew: a task, and what its changed bytes reach.
    ("tasks/evaluate.py", 'print(f"accuracy', 'print(f"score', {"evaluate"}),
    ("tasks/load.py", "df = pd", "# Read it.\n    df = pd", set()),
    ("tasks/load.py", '"customers")', '"people")', {"load"}),
    ("tasks/split.py", "< test_size", "<= test_size * 1.01", {"split", "train", "evaluate"}),
    ("tasks/explore.py", "paid", "months", {"explore"}),
    ("library.py", '["months", "paid"]', '["paid", "months"]', {"train", "evaluate"}),
    ("settings.py", "2", "3", {"explore"}),
    ("schemas.py", '"paid": pa.Column("float64")}, s', '"paid": pa.Column(float)}, s', set()),
    ("schemas.py", '"left": pa.Column("int64")', '"left": pa.Column(int)', {"load", "split"}),
    ("runtime/runner.py", "Run tasks in order", "Run tasks", set()),
    ("conf/base.yaml", "depth: 3", "depth: 4", {"train", "evaluate"}),
    ("../../data/customers.csv", "family", "familly", TASKS),
]


@pytest.mark.slow
def test_an_edit_runs_its_task_and_what_its_changed_bytes_reach(app: App) -> None:
    app.ok("run")
    for name, old, new, expected in EDITS:
        before = (app.package / name).read_text(encoding="utf-8")
        app.edit(name, old, new)
        ran = TASKS - app.reused(app.ok("run", "--jobs", "2"))
        assert ran == expected, (name, ran)
        (app.package / name).write_text(before, encoding="utf-8")
    assert app.reused(app.ok("run")) == TASKS


@pytest.mark.slow
def test_killed_at_any_moment_the_same_command_goes_on(tmp_path: Path) -> None:
    whole = make_light_app(tmp_path / "whole")
    began = time.monotonic()
    whole.ok("run", "--run-id", "r", "--jobs", "2")
    length = time.monotonic() - began
    expected = whole.values("r")
    draw = random.Random(5)
    for number in range(20):
        app = make_light_app(tmp_path / f"killed-{number}")
        process = app.start("run", "--run-id", "r", "--jobs", "2")
        time.sleep(draw.uniform(0, length))
        # The runner and its tasks at once, as when a machine goes away.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        folder = app.root / "artifacts" / "runs" / "r"
        finished = {path.stem for path in folder.glob("*.json")} - {"run"}
        finished |= {path.parent.name for path in folder.parent.parent.glob("tasks/*/*.json")}
        log = app.ok("run", "--run-id", "r", "--jobs", "2")
        assert finished <= app.reused(log), (number, finished, log)
        assert app.values("r") == expected, number


@pytest.mark.slow
def test_a_task_costs_little_beyond_its_imports(app: App) -> None:
    app.ok("run", "--run-id", "r")
    imports = "import pandas, pyarrow, pyarrow.parquet, sklearn.tree"
    # Python, and what the task itself and its artefacts need, is imported in any case.
    least = min(_cpu_of(app, "-c", imports) for _ in range(3))
    (app.root / "artifacts" / "runs" / "r" / "evaluate.json").unlink()
    for path in (app.root / "artifacts" / "tasks" / "evaluate").iterdir():
        path.unlink()
    found = []
    for _ in range(3):
        found.append(_cpu_of(app, "run.py", "run", "evaluate", "--run-id", "r"))
        (app.root / "artifacts" / "runs" / "r" / "evaluate.json").unlink()
        for path in (app.root / "artifacts" / "tasks" / "evaluate").iterdir():
            path.unlink()
    assert min(found) - least <= 0.3, (found, least)


def _cpu_of(app: App, *arguments: str) -> float:
    import resource
    import subprocess
    import sys

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=app.root, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
