"""What the project declares is asked in one place, whichever way a notebook comes in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nbprod
from nbprod.config.settings import Settings
from nbprod.project.run import check_paths

SETTINGS = Settings(select=("undeclared-import",), cache=False)
SELECT = "--select=undeclared-import"


def notebook(*imported: str) -> bytes:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {}, "outputs": [],
         "execution_count": None, "source": f"import {name}\nprint({name})"}
        for number, name in enumerate(imported)
    ]  # fmt: skip
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document).encode()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose requirements name pandas, with a notebook that imports seaborn, too."""
    (tmp_path / "requirements.txt").write_text("pandas\n")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "a.ipynb").write_bytes(notebook("pandas", "seaborn"))
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "start")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def run(folder: Path, *arguments: str, data: bytes | None = None) -> tuple[int, list[str]]:
    """The exit code, and the symbols of the findings."""
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", "check", "--isolated", "--no-cache", SELECT,
         "--level=production", "--output-format=json", *arguments],
        cwd=folder, capture_output=True, check=False, input=data,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr
    return done.returncode, [found["symbol"] for found in json.loads(done.stdout)["findings"]]


WAYS: dict[str, Callable[[Path], list[str]]] = {
    "check": lambda folder: run(folder, "notebooks")[1],
    "fix": lambda folder: run(folder, "--fix", "notebooks")[1],
    "standard input": lambda folder: run(
        folder, "--stdin-filename=notebooks/a.ipynb", "-", data=notebook("pandas", "seaborn")
    )[1],
    "two processes": lambda folder: run(folder, "-j2", "notebooks", ".")[1],
    "library": lambda folder: [
        str(found.symbol)
        for found in nbprod.check(folder / "notebooks" / "a.ipynb", settings=SETTINGS)
    ],
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_knows_what_the_project_declares(project: Path, way: str) -> None:
    assert WAYS[way](project) == ["seaborn"]


def test_what_was_undeclared_at_the_base_is_not_new(project: Path) -> None:
    (project / "notebooks" / "a.ipynb").write_bytes(notebook("pandas", "seaborn", "plotly"))
    assert run(project, "--new-since=HEAD", "notebooks") == (1, ["plotly"])


def test_a_changed_declaration_is_read_again_in_the_same_process(project: Path) -> None:
    path = str(project / "notebooks" / "a.ipynb")

    def symbols() -> list[str | None]:
        return [found.symbol for found in check_paths([path], SETTINGS).findings]

    seen = [symbols()]
    (project / "requirements.txt").write_text("pandas\nseaborn\n")
    seen.append(symbols())
    (project / "requirements.txt").unlink()
    seen.append(symbols())
    assert seen == [["seaborn"], [], []]


def test_watching_sees_that_the_requirements_have_changed(project: Path) -> None:
    watching = subprocess.Popen(
        [sys.executable, "-u", "-m", "nbprod", "check", "--isolated", "--watch", SELECT,
         "--output-format=concise", "notebooks"],
        cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert watching.stdout is not None
    rounds: list[str] = [""]
    try:
        for line in watching.stdout:
            rounds[-1] += line
            if "Watching" not in line:
                continue
            if len(rounds) == 2:
                break
            rounds.append("")
            (project / "requirements.txt").write_text("pandas\nseaborn\n")
    finally:
        watching.kill()
        watching.wait()
        watching.stdout.close()
    assert "seaborn" in rounds[0]
    assert "No findings" in rounds[1]


def test_what_is_kept_rests_on_the_declaration(project: Path) -> None:
    settings = SETTINGS._replace(cache=True, cache_dir=str(project / ".kept"))
    paths = [str(project / "notebooks" / "a.ipynb")]
    first = check_paths(paths, settings).findings
    (project / "requirements.txt").write_text("pandas\nseaborn\n")
    assert [found.symbol for found in first] == ["seaborn"]
    assert check_paths(paths, settings).findings == ()


@pytest.mark.parametrize("path", ["environments/gis-environment.yml", "binder/environment.yaml"])
def test_environments_in_directories_of_their_own_declare(project: Path, path: str) -> None:
    file = project / path
    file.parent.mkdir()
    file.write_text("dependencies:\n  - pandas\n  - seaborn\n")
    assert run(project, "notebooks")[1] == []
