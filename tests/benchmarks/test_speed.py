"""Bounds on time, wide enough for a busy machine; `compare` gives the figures."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from nbprod.checking.engine import check_notebook
from nbprod.checking.registry import select
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from tests.benchmarks.compare import make_folder, medians
from tests.benchmarks.cost import BOUNDS, ratios
from tests.truth.score import as_bytes


@pytest.mark.slow
def test_one_notebook_takes_little_more_than_python_itself(tmp_path: Path) -> None:
    path = tmp_path / "one.ipynb"
    path.write_bytes(as_bytes(["x = 1\nprint(x)"] * 30, list(range(1, 31))))
    commands = {
        "nbprod": [sys.executable, "-m", "nbprod", "check", "--no-cache", str(path)],
        "python": [sys.executable, "-c", "pass"],
    }
    taken = medians(commands, 7)
    assert taken["nbprod"] - taken["python"] < 0.4, taken


@pytest.mark.slow
def test_all_ratios_are_measured_and_the_cache_saves_most(tmp_path: Path) -> None:
    make_folder(tmp_path, 60)
    found = ratios(str(tmp_path), 2)
    assert found.keys() == BOUNDS.keys()
    assert 0 < found["warm"] < found["default"] / 3 < found["production"]
    assert found["one notebook"] < 2 * BOUNDS["one notebook"], found


@pytest.mark.slow
def test_secrets_cost_at_most_six_tenths_of_the_rest(tmp_path: Path) -> None:
    make_folder(tmp_path, 30)
    paths = sorted(tmp_path.glob("*.ipynb"))
    selection = select()
    without = rest = 0.0
    for path in paths * 2:
        facts = Facts(read_notebook(path.read_bytes(), str(path)))
        start = time.perf_counter()
        assert isinstance(facts.secrets, tuple)
        without += time.perf_counter() - start
        start = time.perf_counter()
        check_notebook(facts.notebook, selection)
        rest += time.perf_counter() - start
    # The check looks for secrets, too.
    assert without < 0.6 * (rest - without), (without, rest)
