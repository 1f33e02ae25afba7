"""What commands write stays in the project, and what was saved meanwhile is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.secrets.planted import code, notebook

FIXABLE = notebook(
    [
        code("from math import *"),
        code("print(sqrt(2), nope)"),
        code("def double(value):\n    return 2 * value"),
    ]
)
FIX = ("check", "--fix", "--unsafe-fixes", "--level", "production", "--no-cache")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "a.ipynb").write_bytes(FIXABLE)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "o.ipynb").write_bytes(FIXABLE)
    return folder


def nbprod(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def outside(folder: Path) -> dict[str, bytes]:
    top = folder.parent / "outside"
    return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*.*")}


# A link in the project, where it leads, and the command that would write through it.
THROUGH = [
    ("l.ipynb", "o.ipynb", FIX),
    ("l.ipynb", "o.ipynb", ("check", "--add-noqa")),
    ("nbprod-report.html", "page.html", ("report",)),
    (".nbprod-baseline.json", "known.json", ("baseline", "write")),
    ("tests", "", ("extract", "a.ipynb", "-o", "m.py", "--all", "--keep-going")),
    (
        "a_extracted.ipynb",
        "new.ipynb",
        ("extract", "a.ipynb", "-o", "m.py", "--all", "--keep-going"),
    ),
    (
        "shop",
        "",
        ("extract", "a.ipynb", "-o", "m.py", "--keep-going", "--notebook-out", "shop/a.ipynb"),
    ),
    ("nbprod.toml", "new.toml", ("init", "-y")),
    (".github", "", ("init", "-y")),
]


@pytest.mark.parametrize(("link", "target", "command"), THROUGH)
def test_no_link_leads_a_command_out(
    link: str, target: str, command: tuple[str, ...], project: Path
) -> None:
    (project / link).symlink_to(f"../outside/{target}")
    before = outside(project)
    is_named = any(word.startswith(link) for word in command)
    status, err = nbprod(project, *command)
    if is_named:
        assert status == 0 and outside(project) != before
        return
    assert outside(project) == before
    assert status == 2 and "out of the project" in err, err
    assert (project / link).is_symlink()


def test_a_linked_directory_out_of_the_project_is_not_walked_through(project: Path) -> None:
    (project / "sub").symlink_to("../outside")
    (project / "all").symlink_to("/")
    (project / "in").mkdir()
    (project / "in" / "b.ipynb").write_bytes(FIXABLE)
    (project / "again").symlink_to("in")
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", "check", "--no-cache", "--output-format", "concise"],
        cwd=project, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "sub" not in done.stdout and "all/" not in done.stdout
    assert "again/b.ipynb" in done.stdout and "a.ipynb" in done.stdout
    assert "o.ipynb" in nbprod_output(project, "check", "--no-cache", "sub")


def nbprod_output(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize(
    "command", ["check", "clones", pytest.param("requirements", marks=pytest.mark.slow)]
)
def test_directories_may_be_deep(command: str, project: Path) -> None:
    here = os.getcwd()
    try:
        os.chdir(project)
        for _ in range(1_050):
            os.mkdir("d")
            os.chdir("d")
        Path("deep.ipynb").write_bytes(FIXABLE)
        deepest = os.open(".", os.O_RDONLY)
    finally:
        os.chdir(here)
    try:
        status, err = nbprod(project, command)
        assert status in (0, 1), err
    finally:
        # Whoever tidies up goes down by recursion.
        os.chdir(deepest)
        os.remove("deep.ipynb")
        for _ in range(1_050):
            os.chdir("..")
            os.rmdir("d")
        os.chdir(here)
        os.close(deepest)


def test_a_named_link_is_followed(project: Path) -> None:
    (project / "l.ipynb").symlink_to("../outside/o.ipynb")
    nbprod(project, *FIX, "l.ipynb")
    assert outside(project)["o.ipynb"] != FIXABLE
    assert (project / "l.ipynb").is_symlink() and (project / "a.ipynb").read_bytes() == FIXABLE


@pytest.mark.parametrize("where", ["../outside/b.json", "/tmp/nbprod-outside.json"])
def test_the_repository_names_no_baseline_elsewhere(where: str, project: Path) -> None:
    (project / "nbprod.toml").write_text(f'baseline = "{where}"\n')
    status, err = nbprod(project, "baseline", "write")
    assert status == 2 and "out of the project" in err
    assert not (project / where).exists()


def test_a_file_that_cannot_be_written_costs_no_other(project: Path) -> None:
    (project / "b.ipynb").write_bytes(FIXABLE)
    (project / "linked.ipynb").write_bytes(FIXABLE)
    os.link(project / "linked.ipynb", project / "other.ipynb")
    status, err = nbprod(project, *FIX)
    assert status == 2 and err.count("has 2 hard links") == 2
    for name in ("a.ipynb", "b.ipynb"):
        assert (project / name).read_bytes() != FIXABLE
    assert (project / "linked.ipynb").read_bytes() == FIXABLE
    assert (project / "linked.ipynb").stat().st_nlink == 2


def test_what_an_editor_saves_meanwhile_is_kept(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbprod.cli import apply_fixes
    from nbprod.cli.group import cli

    saved = notebook([code("print('saved by an editor', undefined)")])
    slow = apply_fixes.fix_bytes  # type: ignore[attr-defined]

    def meanwhile(data: bytes, path: str, *arguments: object, **more: object) -> object:
        fixed = slow(data, path, *arguments, **more)  # type: ignore[arg-type]
        Path(path).write_bytes(saved)
        return fixed

    monkeypatch.setattr(apply_fixes, "fix_bytes", meanwhile)
    monkeypatch.chdir(project)
    done = CliRunner().invoke(cli, [*FIX, "--output-format", "concise"], standalone_mode=False)
    assert (project / "a.ipynb").read_bytes() == saved
    assert done.return_value == 2 and "was saved by another program meanwhile" in done.output
    assert "`undefined`" in done.output, "the report is about what is there now"
