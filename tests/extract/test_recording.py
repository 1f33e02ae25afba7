"""Values are recorded between statements of the whole notebook, in the run that is compared."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nbprod.cli.extract import command
from nbprod.execution.kernel import run_job
from tests.extract.notebooks import as_bytes, job, run_all

_CELLS = [
    "\n\n# a comment\nx = [1]\nx.append(2); y = 5\nx.append(3)\nlen(x)",
    "%%time\n\nx.append(4)\nz = 1",
]


def _asked(place: int | None, key: str) -> dict[str, Any]:
    return {"place": place, "key": key, "names": ["x", "y"]}


def test_values_are_seen_between_statements(tmp_path: Path) -> None:
    watch = {
        "0": {"count": 5, "values": [_asked(1, "a"), _asked(3, "b"), _asked(None, "c")]},
        "1": {"count": 2, "values": [_asked(0, "d"), _asked(1, "e"), _asked(None, "f")]},
    }
    asked = job(_CELLS, tmp_path / "run") | {"watch": watch, "pickles": str(tmp_path)}
    plain = job(_CELLS, tmp_path / "plain")
    (seen, same) = run_all([asked, plain], tmp_path / "jobs")
    found = {
        one["key"]: {name: value["text"] for name, value in one["values"].items()}
        for cell in seen["cells"]
        for one in cell["watched"]
    }
    assert found == {
        "a": {"x": "[1]"},
        "b": {"x": "[1, 2]", "y": "5"},
        "c": {"x": "[1, 2, 3]", "y": "5"},
        "d": {"x": "[1, 2, 3]", "y": "5"},
        "e": {"x": "[1, 2, 3, 4]", "y": "5"},
        "f": {"x": "[1, 2, 3, 4]", "y": "5"},
    }
    # To look changes nothing.
    assert seen["cells"][0]["outputs"] == same["cells"][0]["outputs"] != []
    assert seen["final"] == same["final"]


@pytest.mark.slow
@pytest.mark.parametrize("head", ["prices = [3.0, 4.0]", "import math\nprices = [3.0, math.e]"])
def test_a_proof_runs_the_original_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    # The cell with the imports imports what is defined below it.
    cells = [head, "def half(x):\n    return x / 2"]
    cells.append("total = 0\nfor p in prices:\n    total += p\nmean = half(total)")
    cells.append("low = min(prices)\nhigh = max(prices)\nspread = high - low\nprint(mean, spread)")
    (tmp_path / "a.ipynb").write_bytes(as_bytes(cells))
    monkeypatch.chdir(tmp_path)
    jobs: list[list[str]] = []

    def counted(asked: dict[str, Any], python: str, forks: str) -> dict[str, Any]:
        jobs.append(asked["cells"])
        return run_job(asked, python, forks)

    monkeypatch.setattr("nbprod.execution.run.run_job", counted)
    arguments = ["a.ipynb", "-o", "steps.py", "--run", "--verify", "--python", sys.executable]
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert done.return_value == 0, done.output
    assert len(jobs) == 2 and jobs[0] == cells != jobs[1]


@pytest.mark.slow
def test_a_terminal_is_told_what_takes_long(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(as_bytes(["x = 1\ny = x + 1\nz = x + y\nprint(z)"]))
    ours, theirs = os.openpty()
    environment = {name: text for name, text in os.environ.items() if name != "CI"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    words = ["extract", "a.ipynb", "-o", "b.py", "--run", "--verify", "--faults", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", *words], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=theirs, check=False, env=environment,
    )  # fmt: skip
    os.close(theirs)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    assert done.returncode == 0, said
    stages = [line.rstrip("…") for line in said.splitlines() if line.endswith("…")]
    # The rewritten notebook runs beside the writing of the tests.
    beside = "Running the rewritten notebook"
    assert [stage for stage in stages if stage != beside] == [
        "Running the original notebook",
        "Calling the functions with small data",
        "Running the generated tests",
        "Running the tests on 1 fault",
    ]
    assert stages.count(beside) == 1
    assert "Running" not in done.stdout.decode()
