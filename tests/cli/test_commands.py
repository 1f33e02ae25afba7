"""Commands that repeat others under the names that people try, and what all commands share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nbprod._version import __version__
from nbprod.cli.group import cli
from tests.cli.test_check import book
from tests.command import run_nbprod


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.ipynb").write_bytes(book("print(late)", "late = 1", counts=[2, 1]))
    return tmp_path


def test_fix_does_what_check_does_with_fix(folder: Path) -> None:
    other = folder / "other"
    shutil.copytree(folder, other, ignore=shutil.ignore_patterns("other"))
    words = ("--unsafe-fixes", "--isolated")
    one = run_nbprod(folder, "fix", "a.ipynb", *words)
    two = run_nbprod(other, "check", "--fix", "a.ipynb", *words)
    assert (one.returncode, one.stdout, one.stderr) == (two.returncode, two.stdout, two.stderr)
    assert "fixed: " in one.stderr
    assert (folder / "a.ipynb").read_bytes() == (other / "a.ipynb").read_bytes()


def test_a_fix_can_be_a_failure_and_is_listed_on_request(folder: Path) -> None:
    before = (folder / "a.ipynb").read_bytes()
    words = ("fix", "a.ipynb", "--unsafe-fixes", "--isolated", "-q")
    assert run_nbprod(folder, *words).stderr == ""
    (folder / "a.ipynb").write_bytes(before)
    done = run_nbprod(folder, *words, "--show-fixes", "--exit-non-zero-on-fix")
    assert done.returncode == 1
    assert done.stderr.startswith("a.ipynb: fixed: Move cell")
    assert run_nbprod(folder, *words, "--exit-non-zero-on-fix").returncode == 0


def test_fix_can_show_the_changes(folder: Path) -> None:
    before = (folder / "a.ipynb").read_bytes()
    done = run_nbprod(folder, "fix", "--diff", "--unsafe-fixes", "a.ipynb", "--isolated")
    assert done.returncode == 1 and "+++ a.ipynb after" in done.stdout
    assert (folder / "a.ipynb").read_bytes() == before


def test_explain_is_rule(tmp_path: Path) -> None:
    said = run_nbprod(tmp_path, "explain", "NBP101").stdout
    assert said.startswith("# NBP101 use-before-definition")
    assert run_nbprod(tmp_path, "rule", "use-before-definition").stdout == said


def test_version_is_the_option(tmp_path: Path) -> None:
    said = run_nbprod(tmp_path, "version").stdout
    assert said == run_nbprod(tmp_path, "--version").stdout == f"nbprod {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_what_click_reads(tmp_path: Path, shell: str) -> None:
    said = run_nbprod(tmp_path, "completion", shell).stdout
    assert f"_NBPROD_COMPLETE={shell}_complete" in said
    # The last word is given by its number, and to fish as it is.
    words = {"COMP_WORDS": "nbprod ch", "COMP_CWORD": "ch" if shell == "fish" else "1"}
    found = run_nbprod(tmp_path, _NBPROD_COMPLETE=f"{shell}_complete", **words).stdout
    assert "check" in found and "extract" not in found


@pytest.mark.parametrize(
    ("given", "meant"), [("chek", "check"), ("extrct", "extract"), ("verfy", "verify")]
)
def test_a_misspelled_command_is_answered(tmp_path: Path, given: str, meant: str) -> None:
    done = run_nbprod(tmp_path, given)
    assert done.returncode == 2
    assert f"unknown command {given!r}; did you mean {meant!r}?" in done.stderr
    assert "did you mean" not in run_nbprod(tmp_path, "qqqqqq").stderr


WORDS = {
    "baseline": ("baseline", "write", "missing.ipynb"),
    "check": ("check", "missing.ipynb"),
    "clean": ("clean", "missing.ipynb"),
    "clones": ("clones", "missing.ipynb"),
    "diff": ("diff", "missing.ipynb"),
    "extract": ("extract", "missing.ipynb", "--all", "-o", "m.py"),
    "fix": ("fix", "missing.ipynb"),
    "graph": ("graph", "missing.ipynb"),
    "pipeline": ("pipeline", "missing.ipynb", "-o", "app"),
    "report": ("report", "missing.ipynb"),
    "requirements": ("requirements", "missing.ipynb"),
    "score": ("score", "missing.ipynb"),
    "verify": ("verify", "missing.ipynb", "a.ipynb"),
}
WITHOUT_NOTEBOOKS = {"completion", "config", "dev", "explain", "init", "rule", "server", "version"}


def test_every_command_is_told_of_a_file_that_is_missing() -> None:
    assert set(WORDS) | WITHOUT_NOTEBOOKS == set(cli.list_commands(None))  # type: ignore[arg-type]


@pytest.mark.parametrize("command", WORDS)
def test_a_named_file_that_is_missing_is_exit_code_4(folder: Path, command: str) -> None:
    done = run_nbprod(folder, *WORDS[command])
    assert done.returncode == 4
    assert "missing.ipynb" in done.stdout + done.stderr
    assert "does not exist" in done.stdout + done.stderr
    assert not (folder / ".nbprod-baseline.json").exists()
