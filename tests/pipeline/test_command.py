"""`nbprod pipeline` writes an application that runs, without nbprod."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCES = [
    "# Prices",
    "import json\nimport math\nimport random\n\nFACTOR = 3",
    "## Load the prices",
    "with open('prices.json') as file:\n    prices = json.load(file)\nprint(len(prices), 'prices')",
    "## Scale them",
    "def scaled(price):\n    return math.sqrt(price)",
    "scaled_prices = [FACTOR * scaled(price) for price in prices]\ntop = max(scaled_prices)\ntop",
    "## Save them",
    "with open('scaled.json', 'w') as file:\n    json.dump(scaled_prices, file)\nprint('top', top)",
]


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipeline")
    (folder / "prices.json").write_text("[1, 4, 9]")
    save(folder / "prices.ipynb", SOURCES)
    done = nbprod(folder, "pipeline", "prices.ipynb", "-o", "app")
    assert done.returncode == 0, done.stderr
    (folder / "app" / "data").mkdir()
    (folder / "app" / "data" / "prices.json").write_text("[1, 4, 9]")
    return folder / "app"


def save(path: Path, sources: list[str]) -> None:
    cells: list[dict[str, Any]] = []
    for number, source in enumerate(sources):
        cell: dict[str, Any] = {"id": f"c{number}", "metadata": {}, "source": source}
        code: dict[str, Any] = {"cell_type": "code", "outputs": [], "execution_count": None}
        cells.append({**cell, **({"cell_type": "markdown"} if source[0] == "#" else code)})
    raw = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(raw))


def nbprod(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nbprod", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def run(application: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "run.py", *words]
    return subprocess.run(command, cwd=application, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_application_computes_what_the_notebook_does(application: Path) -> None:
    done = run(application, "pipeline")
    assert done.returncode == 0, done.stderr
    assert "3 prices" in done.stdout + done.stderr
    assert "top 9.0" in done.stdout + done.stderr
    (stored,) = (application / "artifacts" / "objects").rglob("scaled*.json")
    assert json.loads((application / "data" / "scaled.json").read_text()) == [3.0, 6.0, 9.0]
    changed = run(application, "pipeline", "--patch", "parameters.FACTOR=2")
    assert changed.returncode == 0, changed.stderr
    assert stored.exists()


def test_nothing_generated_imports_nbprod(application: Path) -> None:
    for path in (application / "src").rglob("*.py"):
        assert "import nbprod" not in path.read_text()
        assert "from nbprod" not in path.read_text()


@pytest.mark.slow
def test_linters_and_its_own_tests_pass(application: Path) -> None:
    for words in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"], ["pytest"]):
        command = [sys.executable, "-m", *words]
        done = subprocess.run(command, cwd=application, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"


def test_what_is_there_is_not_overwritten(application: Path) -> None:
    (application / "run.py").write_text("# mine\n")
    done = nbprod(application.parent, "pipeline", "prices.ipynb", "-o", "app")
    assert done.returncode == 2
    assert "run.py already exists; use --update to keep what was edited" in done.stderr
    assert (application / "run.py").read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("made", "key"),
    [
        ("password = 'tr0ub4dor-and-3'", 'password: "${env:APP_PASSWORD}"'),
        ("api_token: str = 'a1b2c3d4e5f6g7'", 'api_token: "${env:APP_API_TOKEN}"'),
    ],
)
def test_a_credential_is_looked_up_where_the_application_runs(
    tmp_path: Path, made: str, key: str
) -> None:
    name, value = made.split("'")[0].partition(":")[0].split(" ")[0], made.split("'")[1]
    save(tmp_path / "a.ipynb", ["# Log in", made, f"print(len({name}))\nx = 1\nx += 1\nprint(x)"])
    done = nbprod(tmp_path, "pipeline", "a.ipynb", "-o", "app")
    assert done.returncode == 0, done.stderr
    texts = [path.read_text() for path in (tmp_path / "app").rglob("*") if path.is_file()]
    assert not any(value in text for text in texts)
    shown = (tmp_path / "app" / "src" / "app" / "conf" / "base.yaml").read_text()
    assert key in shown or "environ" in "".join(texts)
