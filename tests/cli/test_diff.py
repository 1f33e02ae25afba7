"""`nbprod diff`: two files, a commit, and as the external diff of git."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_check import ROOT, nbprod

PAGE = (ROOT / "docs" / "how-to" / "compare-versions.md").read_text(encoding="utf-8")
TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ2cF4hJ6kM8"


def cell(source: str, kind: str = "code", result: Any = None, count: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source}
    if kind == "code":
        output = {"output_type": "execute_result", "execution_count": count, "metadata": {}}
        outputs = [] if result is None else [{**output, "data": result}]
        found |= {"execution_count": count, "outputs": outputs}
    return found


def save(path: Path, *cells: dict[str, Any], **metadata: Any) -> Path:
    document = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(document, indent=1))
    return path


SUM = "\nsum(prices)"
OLD = (
    cell("import math"),
    cell("x = 1"),
    cell("prices = [3, 4]" + SUM, result={"text/plain": "7"}),
)
NEW = (
    cell("x = 1", count=8),
    cell("prices = [3, 4, 5]" + SUM, result={"text/plain": "12"}),
    cell("import math"),
    cell("The mean is next.", "markdown"),
)


def test_the_page_shows_what_the_command_prints(tmp_path: Path) -> None:
    save(tmp_path / "before.ipynb", *OLD)
    save(tmp_path / "after.ipynb", *NEW)
    done = nbprod("diff", "before.ipynb", "after.ipynb", cwd=tmp_path)
    assert done.returncode == 0
    assert f"$ nbprod diff before.ipynb after.ipynb\n{done.stdout}```" in PAGE


@pytest.mark.parametrize(
    ("old", "new", "heads"),
    [
        ((), (cell("x"),), ["cell 1 added"]),
        ((cell("x"),), (), ["cell 1 removed"]),
        ((cell("a"), cell("b"), cell("c")), (cell("c"), cell("a"), cell("b")),
         ["cell 1 moved, was cell 3"]),
        ((cell("a"), cell("abc = 1\nd")), (cell("abc = 1\nd\ne"), cell("a")),
         ["cell 1 changed and moved, was cell 2"]),
        ((cell("a", "markdown"),), (cell("a"),), ["cell 1 removed [markdown]", "cell 1 added"]),
        ((cell("a", count=3),), (cell("a", count=9),), []),
    ],
)  # fmt: skip
def test_cells_are_compared(
    old: tuple[Any, ...], new: tuple[Any, ...], heads: list[str], tmp_path: Path
) -> None:
    save(tmp_path / "a.ipynb", *old)
    save(tmp_path / "b.ipynb", *new)
    done = nbprod("diff", "a.ipynb", "b.ipynb", "--exit-code", cwd=tmp_path)
    found = [line[3:-3] for line in done.stdout.splitlines() if line.startswith("@@ cell")]
    assert sorted(found) == sorted(heads)
    assert done.returncode == bool(heads)
    assert nbprod("diff", "a.ipynb", "a.ipynb", "--exit-code", cwd=tmp_path).stdout == ""


def test_outputs_are_one_line_and_never_what_they_hold(tmp_path: Path) -> None:
    image = {"image/png": "iVBORw0KGgo" * 500_000}
    save(tmp_path / "a.ipynb", cell("plot()", result=image))
    save(tmp_path / "b.ipynb", cell("plot()", result={**image, "text/plain": "<Figure>"}))
    done = nbprod("diff", "a.ipynb", "b.ipynb", cwd=tmp_path)
    assert "iVBOR" not in done.stdout and len(done.stdout.splitlines()) == 5
    assert re.search(
        r"^\+output: image/png, 5371.1 KiB, \w{8}; text/plain, 8 bytes", done.stdout, re.M
    )
    only_sources = nbprod("diff", "a.ipynb", "b.ipynb", "--no-outputs", cwd=tmp_path)
    assert only_sources.stdout == ""


def test_credentials_and_escape_codes_are_not_printed(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", cell(f"key = '{TOKEN}'"))
    save(tmp_path / "b.ipynb", cell("key = '\x1b[31m'", result={"text/plain": "x"}))
    done = nbprod("diff", "a.ipynb", "b.ipynb", cwd=tmp_path)
    assert TOKEN not in done.stdout and "\x1b" not in done.stdout and "-key = '" in done.stdout


def test_what_a_user_can_get_wrong_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("no json")
    save(tmp_path / "b.ipynb")
    broken = nbprod("diff", "a.ipynb", "b.ipynb", cwd=tmp_path)
    assert broken.returncode == 4 and "a.ipynb: " in broken.stderr
    missing = nbprod("diff", "gone.ipynb", cwd=tmp_path)
    assert (missing.returncode, missing.stderr) == (4, "nbprod: gone.ipynb: does not exist\n")
    assert nbprod("diff", "--git", "a", cwd=tmp_path).returncode == 2


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    save(tmp_path / "kept.ipynb", *OLD)
    save(tmp_path / "gone.ipynb", cell("x = 1"))
    run(tmp_path, "git init -q . && git add -A && git commit -q -m one")
    return tmp_path


def run(folder: Path, command: str) -> str:
    names = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER")
             for what in ("NAME", "EMAIL")}  # fmt: skip
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(
        command, shell=True, cwd=folder, check=True, capture_output=True, text=True,
        env={**os.environ, **names, **alone, "PYTHONPATH": str(ROOT)},
    ).stdout  # fmt: skip


def test_a_commit_is_compared_with_what_is_there(repository: Path) -> None:
    save(repository / "kept.ipynb", *NEW)
    (repository / "gone.ipynb").unlink()
    # What is like a file that is gone would be that file under another name.
    save(repository / "new.ipynb", cell("\n".join(f"import module_{n}" for n in range(60))))
    run(repository, "git add -A")
    done = nbprod("diff", cwd=repository)
    heads = [line for line in done.stdout.splitlines() if line[:4] in ("--- ", "+++ ")]
    assert heads == [
        "--- kept.ipynb (HEAD)", "+++ kept.ipynb",
        f"--- {os.devnull} (HEAD)", "+++ new.ipynb",
        "--- gone.ipynb (HEAD)", f"+++ {os.devnull}",
    ]  # fmt: skip
    assert nbprod("diff", "new.ipynb", cwd=repository).stdout.count("+++ ") == 1
    run(repository, "git commit -q -m two")
    assert nbprod("diff", cwd=repository).stdout == ""
    assert nbprod("diff", "HEAD~1", cwd=repository).stdout.count("+++ ") == 3
    unknown = nbprod("diff", "nowhere", cwd=repository)
    assert unknown.returncode == 2 and "unknown Git revision 'nowhere'" in unknown.stderr


def test_what_is_gone_is_shown_from_a_linked_directory_as_well(repository: Path) -> None:
    (repository / "gone.ipynb").unlink()
    link = repository.parent / f"{repository.name}-link"
    link.symlink_to(repository)
    done = nbprod("diff", ".", cwd=link)
    assert done.stdout.startswith("--- gone.ipynb (HEAD)\n")


def test_git_shows_what_init_sets_up(repository: Path) -> None:
    done = nbprod("init", "--git", "-y", cwd=repository)
    assert (repository / ".gitattributes").read_text() == "*.ipynb diff=nbprod\n"
    again = nbprod("init", "--git", "-y", cwd=repository)
    assert "stays as it is" in again.stderr
    (command,) = re.findall(r"^  (git config .*)$", done.stderr, re.MULTILINE)
    assert f"$ {command}\n" in PAGE
    run(repository, command.replace('"nbprod ', f'"{shlex.quote(sys.executable)} -m nbprod '))
    save(repository / "kept.ipynb", *NEW)
    (repository / "gone.ipynb").unlink()
    (repository / "broken.ipynb").write_text("{")
    run(repository, "git add -A")
    shown = run(repository, "git diff --cached")
    assert "+++ b/kept.ipynb\n@@ cell 2 changed @@\n" in shown
    assert f"--- a/gone.ipynb\n+++ {os.devnull}\n@@ cell 1 removed @@\n-x = 1\n" in shown
    assert re.search(r"^broken\.ipynb: ", shown, re.MULTILINE)
