"""Ruff and linters by nbQA, run for real, with their findings at the places of the notebook."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nbprod.linters.nbqa import parse_line
from nbprod.linters.ruff import LEFT_OUT
from tests.command import run_nbprod


def save(path: Path, *cells: dict[str, Any] | str) -> bytes:
    made = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None,
         "source": one.splitlines(keepends=True)}
        if isinstance(one, str)
        else one
        for one in cells
    ]  # fmt: skip
    document = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path.read_bytes()


NOTE = {"cell_type": "markdown", "metadata": {}, "source": "# Title"}
RAW = {"cell_type": "raw", "metadata": {}, "source": "raw"}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = run_nbprod(folder, "check", *arguments)
    assert "Traceback" not in done.stderr
    return done


def found(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    done = run(folder, "--output-format", "json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    findings: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return findings


def test_ruff_finds_what_it_finds_at_both_places(tmp_path: Path) -> None:
    data = save(tmp_path / "n.ipynb", NOTE, "x = 1", RAW, "%matplotlib inline\nimport os  # 🙂 \nx")
    (one,) = [one for one in found(tmp_path, "--ruff") if one["code"] == "F401"]
    assert (one["cell"], one["line"], one["column"], one["name"]) == (4, 2, 8, "unused-import")
    line = data.decode().split("\n")[one["raw_line"] - 1]
    assert line[one["raw_column"] - 1 :].startswith("os ")
    assert one["fix"]["applicability"] == "safe"
    assert found(tmp_path) == []


def test_ruff_has_its_own_settings_and_noqa(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["E741", "F401"]\n')
    save(tmp_path / "n.ipynb", "l = 1\nimport os  # noqa: F401\nl")
    assert [one["code"] for one in found(tmp_path, "--ruff")] == ["E741"]


def test_what_makes_no_sense_in_notebooks_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["ALL"]\nignore = ["D", "CPY"]\n')
    save(tmp_path / "My Book.ipynb", "x = 1\nprint(x)", "import os\nos\nawait x\nnope\n1 +")
    codes = {one["code"] for one in found(tmp_path, "--ruff")}
    assert not codes & LEFT_OUT.keys()
    assert "NBP103" in codes or "NBP010" in codes


def test_ruff_can_be_configured_and_reads_text_formats_not(tmp_path: Path) -> None:
    (tmp_path / "nbprod.toml").write_text("ruff = true\n")
    save(tmp_path / "n.ipynb", "import os")
    (tmp_path / "t.py").write_text("# %%\nimport os\n\n# %%\nx = 1\n")
    assert [(one["path"], one["code"]) for one in found(tmp_path)] == [("n.ipynb", "F401")]


def test_settings_that_ruff_refuses_are_one_message(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text("nonsense = 1\n")
    save(tmp_path / "n.ipynb", "x = 1")
    done = run(tmp_path, "--ruff")
    assert done.returncode == 2
    assert done.stderr.startswith("nbprod: ruff: ")
    assert len(done.stderr.strip().splitlines()) == 1


def test_ruff_applies_its_fixes(tmp_path: Path) -> None:
    save(tmp_path / "n.ipynb", "import os\nx = 1\nx")
    done = run(tmp_path, "--ruff", "--fix")
    assert done.returncode == 0, done.stdout
    assert "import os" not in (tmp_path / "n.ipynb").read_text()


needs_nbqa = pytest.mark.skipif(
    importlib.util.find_spec("nbqa") is None or importlib.util.find_spec("flake8") is None,
    reason="nbQA and flake8 come with an extra",
)


@needs_nbqa
def test_a_tool_by_nbqa_at_both_places(tmp_path: Path) -> None:
    data = save(tmp_path / "n.ipynb", NOTE, "x = 1", "y = 2\nimport os")
    (one,) = [one for one in found(tmp_path, "--tool", "flake8") if "F401" in one["code"]]
    assert (one["code"], one["cell"], one["line"], one["column"]) == ("flake8:F401", 3, 2, 1)
    assert "import os" in data.decode().split("\n")[one["raw_line"] - 1]


@needs_nbqa
def test_a_tool_that_is_missing_is_one_message(tmp_path: Path) -> None:
    save(tmp_path / "n.ipynb", "x = 1")
    done = run(tmp_path, "--tool", "no-such-linter")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "no-such-linter" in done.stderr


LINES = [
    ("n.ipynb:cell_2:3:5: F401 'os' imported", (2, 3, 5)),
    ('a b/n.ipynb:cell_12:1: error: Name "x" is not defined  [name-defined]', (12, 1, 1)),
    ("\x1b[1mn.ipynb:cell_1:1:0: C0103: bad name (invalid-name)\x1b[0m", (1, 1, 0)),
    ("Found 2 errors in 1 file", None),
    ("n.ipynb:3:1: E1 x", None),
]


@pytest.mark.parametrize(("text", "place"), LINES)
def test_lines_of_tools_are_read(text: str, place: tuple[int, int, int] | None) -> None:
    line = parse_line(text)
    assert (line and (line.cell, line.line, line.column)) == place


def test_only_changed_lines_of_other_linters(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        command = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", *arguments]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    save(tmp_path / "n.ipynb", "import os", "x = 1\nx")
    git("add", ".")
    git("commit", "-qm", "one")
    save(tmp_path / "n.ipynb", "import os", "x = 1\nx\nimport re")
    for mode in ("--since", "--new-since"):
        assert [one["line"] for one in found(tmp_path, "--ruff", mode, "HEAD")] == [3]
