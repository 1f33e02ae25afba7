"""Findings of what changed, against real git history."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nbprod.changed.cells import changed_lines, matched_cells
from nbprod.notebook.types import Cell
from tests.command import run_nbprod


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", *arguments],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def cell(source: str, identity: str | None = None, **more: Any) -> dict[str, Any]:
    found = {
        "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1,
        "source": source.splitlines(keepends=True), **more,
    }  # fmt: skip
    return found if identity is None else {"id": identity, **found}


def save(path: Path, *cells: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(document, indent=1))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = run_nbprod(folder, "check", *arguments)
    assert "Traceback" not in done.stderr
    return done


def found(folder: Path, *arguments: str) -> list[tuple[str, str]]:
    done = run(folder, "--output-format", "json", "--select", "NBP103,NBP302", *arguments)
    assert done.returncode in (0, 1), done.stderr
    return [
        (Path(one["path"]).name, one["symbol"] or one["name"])
        for one in json.loads(done.stdout)["findings"]
    ]


OLD = [cell("print(aa)\nx = 1\nprint(ab)", "a"), cell("print(bb)", "b"), cell("print(cc)", "c")]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    save(tmp_path / "n.ipynb", *OLD)
    save(tmp_path / "same.ipynb", cell("print(zz)", "z"))
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


@pytest.mark.parametrize("mode", ["--since", "--new-since"])
def test_nothing_changed_and_nothing_is_found(mode: str, repository: Path) -> None:
    assert found(repository, mode, "HEAD") == []


@pytest.mark.parametrize("mode", ["--since", "--new-since"])
@pytest.mark.parametrize("ids", [True, False])
def test_new_lines_and_cells_count_moved_cells_do_not(
    mode: str, ids: bool, repository: Path
) -> None:
    def known(one: dict[str, Any]) -> dict[str, Any]:
        return one if ids else {key: value for key, value in one.items() if key != "id"}

    save(repository / "n.ipynb", *map(known, OLD))
    git(repository, "commit", "-qam", "again", "--allow-empty")
    first = known(cell("print(aa)\nx = 1\nprint(ab)\nprint(new)", "a"))
    save(repository / "n.ipynb", known(OLD[2]), first, known(cell("print(dd)", "d")), known(OLD[1]))
    assert found(repository, mode, "HEAD") == [("n.ipynb", "new"), ("n.ipynb", "dd")]


def test_by_line_an_edited_line_counts_by_finding_it_does_not(repository: Path) -> None:
    edited = cell("print(aa)\nx = 1\nprint(ab)  # again", "a")
    save(repository / "n.ipynb", edited, *OLD[1:])
    assert found(repository, "--since", "HEAD") == [("n.ipynb", "ab")]


def test_a_definition_that_goes_away_is_new_where_it_is_read(repository: Path) -> None:
    save(repository / "n.ipynb", cell("y = 1", "a"), cell("print(y)", "b"))
    git(repository, "commit", "-qam", "defined")
    save(repository / "n.ipynb", cell("pass", "a"), cell("print(y)", "b"))
    assert found(repository, "--new-since", "HEAD") == [("n.ipynb", "y")]
    assert found(repository, "--since", "HEAD") == []


def test_outputs_that_changed_count(repository: Path) -> None:
    password = "n0t-A-" + "r34l-one"
    output = {"output_type": "stream", "name": "stdout", "text": f'password: "{password}"\n'}
    save(repository / "n.ipynb", {**OLD[0], "outputs": [output]}, *OLD[1:])
    assert found(repository, "--since", "HEAD") == [("n.ipynb", "secret-in-output")]


def test_branches_are_compared_with_where_they_parted(repository: Path) -> None:
    git(repository, "checkout", "-qb", "work")
    save(repository / "mine.ipynb", cell("print(mine)"))
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "mine")
    git(repository, "checkout", "-q", "main")
    save(repository / "same.ipynb", cell("print(zz)\nprint(theirs)", "z"))
    git(repository, "commit", "-qam", "theirs")
    git(repository, "checkout", "-q", "work")
    assert found(repository, "--since", "main") == [("mine.ipynb", "mine")]
    assert found(repository, "--since", "main...") == [("mine.ipynb", "mine")]


def test_renamed_untracked_staged_and_oddly_named_files(repository: Path) -> None:
    git(repository, "mv", "n.ipynb", "näu er.ipynb")
    save(repository / "staged.ipynb", cell("print(staged)"))
    git(repository, "add", "staged.ipynb")
    save(repository / "un tracked.ipynb", cell("print(free)"))
    assert sorted(found(repository, "--since", "HEAD")) == [
        ("staged.ipynb", "staged"), ("un tracked.ipynb", "free"),
    ]  # fmt: skip


def test_it_works_below_the_root_and_in_a_worktree(repository: Path, tmp_path: Path) -> None:
    save(repository / "deep" / "m.ipynb", cell("print(deep)"))
    save(repository / "n.ipynb", *OLD, cell("print(top)", "t"))
    assert found(repository / "deep", "--since", "HEAD") == [("m.ipynb", "deep")]
    assert found(repository / "deep", "--since", "HEAD", "..") == [
        ("m.ipynb", "deep"), ("n.ipynb", "top"),
    ]  # fmt: skip
    other = tmp_path.parent / f"{tmp_path.name}-worktree"
    git(repository, "worktree", "add", "-q", str(other))
    save(other / "n.ipynb", *OLD, cell("print(there)", "t"))
    assert found(other, "--since", "HEAD") == [("n.ipynb", "there")]


def test_text_conversion_and_external_diffs_are_passed_by(repository: Path) -> None:
    (repository / ".gitattributes").write_text("*.ipynb diff=lies\n")
    git(repository, "config", "diff.lies.textconv", "echo same")
    git(repository, "config", "diff.external", "true")
    save(repository / "n.ipynb", *OLD, cell("print(seen)", "s"))
    assert found(repository, "--since", "HEAD") == [("n.ipynb", "seen")]


def test_only_files_that_changed_are_checked(repository: Path) -> None:
    (repository / "same.ipynb").write_text("{broken")
    git(repository, "commit", "-qam", "broken")
    save(repository / "n.ipynb", *OLD, cell("print(new)", "t"))
    assert found(repository, "--since", "HEAD") == [("n.ipynb", "new")]


@pytest.mark.parametrize("mode", ["--since", "--new-since"])
def test_what_git_does_not_know_is_one_message(
    mode: str, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    done = run(repository, mode, "nope")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "nope" in done.stderr
    plain = tmp_path_factory.mktemp("plain")
    save(plain / "n.ipynb", *OLD)
    done = run(plain, mode, "HEAD")
    assert done.returncode == 2
    assert "needs a Git repository" in done.stderr


def test_a_shallow_clone_gets_a_hint(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    save(repository / "n.ipynb", *OLD[:2])
    git(repository, "commit", "-qam", "second")
    first = git(repository, "rev-parse", "HEAD~1").strip()
    clone = tmp_path_factory.mktemp("clone") / "c"
    git(repository, "clone", "-q", "--depth", "1", f"file://{repository}", str(clone))
    done = run(clone, "--since", first)
    assert done.returncode == 2
    assert "fetch-depth: 0" in done.stderr


def _cells(*texts: str, ids: bool = False) -> list[Cell]:
    return [
        Cell(index, "code", text, id=text[:1] if ids else None) for index, text in enumerate(texts)
    ]


MATCHES = [
    ("same", _cells("a = 1", "b = 2"), _cells("a = 1", "b = 2"), {0: 0, 1: 1}),
    ("moved", _cells("a = 1", "b = 2"), _cells("b = 2", "a = 1"), {0: 1, 1: 0}),
    ("edited", _cells("alpha = load()", "q"), _cells("alpha = load(1)", "q"), {0: 0, 1: 1}),
    ("new", _cells("a = 1"), _cells("a = 1", "other_thing()"), {0: 0}),
    ("twins", _cells("x", "x"), _cells("x", "x", "x"), {0: 0, 1: 1}),
    ("ids", _cells("a one", "b two", ids=True), _cells("b x y", "a zzzzzz", ids=True),
     {0: 1, 1: 0}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "wanted"), [case[1:] for case in MATCHES], ids=[case[0] for case in MATCHES]
)
def test_cells_are_matched(old: list[Cell], new: list[Cell], wanted: dict[int, int]) -> None:
    assert matched_cells(old, new) == wanted


def test_changed_lines() -> None:
    assert changed_lines("a\nb\nc", "a\nx\nc\nd") == {2, 4}
    assert changed_lines("a\nb", "b") == set()


@pytest.mark.parametrize("mode", ["--since", "--new-since"])
def test_of_names_in_one_finding_the_new_ones_are_reported(mode: str, repository: Path) -> None:
    never_run = {"execution_count": None}
    old = [cell("print(aa)", "a", **never_run), cell("print(bb)", "b", **never_run)]
    save(repository / "n.ipynb", *old)
    git(repository, "commit", "-qam", "never run")
    save(repository / "n.ipynb", *old, cell("print(new)", "n", **never_run))
    assert found(repository, mode, "HEAD") == [("n.ipynb", "new")]
    done = run(repository, "--output-format", "concise", "--select", "NBP103", mode, "HEAD")
    assert "`aa`" not in done.stdout
    assert "`bb`" not in done.stdout
