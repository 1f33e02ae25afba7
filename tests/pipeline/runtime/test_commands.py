"""What the commands that run nothing print."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def place(churn: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A storage with a run of two tasks."""
    place = str(tmp_path / "store")
    for task in ("load", "split"):
        words = ["run", task, "--run-id", "monday", "--storage", place]
        assert churn.runtime.cli.main([*words, "--patch", "split.test_size=0.5"]) == 0
    capsys.readouterr()
    return place


def test_tasks_and_settings(churn: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    main = churn.runtime.cli.main
    assert main(["tasks"]) == 0
    out = capsys.readouterr().out
    assert "train\n  reads   split.train, split.generators\n  stores  model (model), gen" in out
    assert "explore\n  reads   load.df\n  stores  -\n" in out
    assert main(["config", "--patch", "split.test_size=1e-1"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["split.test_size", "0.1", "(--patch)"] in lines
    assert ["train.depth", "3", "(conf/base.yaml)"] in lines


def test_runs_and_records(
    churn: ModuleType, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main = churn.runtime.cli.main
    assert main(["runs", "--storage", place]) == 0
    assert capsys.readouterr().out.split() == ["monday", "-", "2", "of", "5", "tasks"]
    assert main(["show", "monday", "--storage", place]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("load  0.")
    assert lines[1].startswith("  df  frame  4.")
    assert lines[1].endswith("/df.parquet")
    assert lines[2] == "  | 120 customers"
    assert main(["show", "monday", "--json", "--storage", place]) == 0
    load, split = json.loads(capsys.readouterr().out)
    assert load["figures"]["df.rows"] == 120
    assert load["figures"]["peak_bytes"] > 1e6
    assert split["parameters"] == {"test_size": 0.5, "random_seed": 7}
    assert split["inputs"] == {"df": load["outputs"]["df"]["sha256"]}
    assert set(split["versions"]) == {"python", "pandas", "scikit-learn"}
    assert {"host", "started", "seconds", "key"} <= set(split)


@pytest.mark.slow
def test_a_run_of_all_tasks_says_what_was_changed(
    churn: ModuleType, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main = churn.runtime.cli.main
    words = ["run", "load", "explore", "--run-id", "t", "--storage", place]
    store = churn.runtime.open_storage(place, {})
    records = churn.runtime.records.Records(store)
    before = records.of_run("monday", "load")
    assert main([*words, "--patch", "train.depth=2"]) == 0
    log = capsys.readouterr().err
    assert "run t\n" in log
    assert "load      reused\n" in log
    assert records.of_run("t", "load").reused_from == "monday"
    assert records.of_run("t", "load").outputs == before.outputs
    assert main(["show", "t", "--storage", place]) == 0
    assert "train.depth = 2  (--patch)\n" in capsys.readouterr().out
    assert main(["runs", "--storage", place]) == 0
    assert "2 of 2 tasks" in capsys.readouterr().out.splitlines()[1]
