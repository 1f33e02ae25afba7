"""Commands that repeat others under the names that people try, and what all commands share."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from nbprod._version import __version__
from nbprod.cli.group import cli
from nbprod.cli.terminal import wants_links
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
    "comment": ("comment", "--github", "--dry-run", "--body", "missing.ipynb"),
    "diff": ("diff", "missing.ipynb"),
    "extract": ("extract", "missing.ipynb", "--all", "-o", "m.py"),
    "fix": ("fix", "missing.ipynb"),
    "graph": ("graph", "missing.ipynb"),
    "pipeline": ("pipeline", "missing.ipynb", "-o", "app"),
    "report": ("report", "missing.ipynb"),
    "requirements": ("requirements", "missing.ipynb"),
    "score": ("score", "missing.ipynb"),
    "survey": ("survey", "missing.ipynb", "-o", "findings"),
    "verify": ("verify", "missing.ipynb", "a.ipynb"),
}
WITHOUT_NOTEBOOKS = {
    "completion",
    "config",
    "dev",
    "explain",
    "init",
    "mcp",
    "merge-results",
    "rule",
    "server",
    "version",
}


def test_every_command_is_told_of_a_file_that_is_missing() -> None:
    assert set(WORDS) | WITHOUT_NOTEBOOKS == set(cli.list_commands(None))  # type: ignore[arg-type]


@pytest.mark.parametrize("command", WORDS)
def test_a_named_file_that_is_missing_is_exit_code_4(folder: Path, command: str) -> None:
    done = run_nbprod(folder, *WORDS[command])
    assert done.returncode == 4
    assert "missing.ipynb" in done.stdout + done.stderr
    assert "does not exist" in done.stdout + done.stderr
    assert not (folder / ".nbprod-baseline.json").exists()


def options() -> Iterator[tuple[str, click.Option]]:
    """The options of every command, those of groups within included."""

    def within(command: click.Command, name: str) -> Iterator[tuple[str, click.Option]]:
        if isinstance(command, click.Group):
            context = click.Context(command)
            for word in command.list_commands(context):
                inner = command.get_command(context, word)
                assert inner is not None
                yield from within(inner, f"{name} {word}".strip())
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                yield name, parameter

    yield from within(cli, "")


def test_an_option_is_of_one_kind_in_every_command() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for _, option in options():
        for word in option.opts:
            found[word].add("flag" if option.is_flag else option.type.name)
    # A directory is a path is a text.
    kinds = {word: kinds - {"directory", "path", "file"} for word, kinds in found.items()}
    assert {word: several for word, several in kinds.items() if len(several) > 1} == {}
    formats = [name for name, option in options() if "--output-format" in option.opts]
    assert {"check", "graph", "extract", "verify", "pipeline", "score", "rule"} <= set(formats)


def test_a_meaning_has_one_option() -> None:
    """The help of an option, and the unit of its value, say what it is: no two say the same."""
    by_help: dict[str, set[str]] = defaultdict(set)
    by_unit: dict[str, set[str]] = defaultdict(set)
    choices: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for _, option in options():
        if option.help:
            by_help[option.help].add(option.opts[-1])
        if option.metavar in ("SECONDS", "MB", "REASON", "PERCENT", "MS"):
            by_unit[option.metavar].add(option.opts[-1])
        if isinstance(option.type, click.Choice) and "json" in option.type.choices:
            choices[tuple(option.opts)].add("json")
    assert {text: words for text, words in by_help.items() if len(words) > 1} == {}
    assert {unit: words for unit, words in by_unit.items() if len(words) > 1} == {}
    assert set(choices) == {("--output-format",)}


RENAMED = {
    "graph": (("graph", "a.ipynb"), "--format", "--output-format", "json"),
    "graph with a mark": (("graph", "a.ipynb"), "--format=", "--output-format=", "dot"),
    "pipeline": (
        ("pipeline", "b.ipynb", "-o", "app", "--dry-run"), "--level", "--heading-level", "2",
    ),
    "dev": (("dev", "new-rule", "mine", "--code", "ACME101"), "--folder", "--output", "rules"),
}  # fmt: skip


@pytest.mark.parametrize("name", RENAMED)
def test_a_former_name_keeps_working_with_a_notice(folder: Path, name: str) -> None:
    (folder / "b.ipynb").write_bytes(book("x = 1\ny = x + 1", "print(y)"))
    words, old, new, value = RENAMED[name]
    parts = [(f"{option}{value}",) if "=" in option else (option, value) for option in (old, new)]
    before = run_nbprod(folder, *words, *parts[0])
    shutil.rmtree(folder / "rules", ignore_errors=True)
    after = run_nbprod(folder, *words, *parts[1])
    assert (before.returncode, before.stdout) == (after.returncode, after.stdout)
    assert before.returncode == 0
    notice = f"nbprod: {old.rstrip('=')} is now called {new.rstrip('=')}\n"
    assert before.stderr == notice + after.stderr
    said = run_nbprod(folder, *words[: 2 if words[0] == "dev" else 1], "--help").stdout
    assert new.rstrip("=") in said and old.rstrip("=") not in re.findall(r"--[\w-]+", said)


TERMINALS: dict[str, tuple[dict[str, str], tuple[str, ...], bool]] = {
    "a terminal": ({"TERM": "xterm-256color"}, (), True),
    "a terminal, never in colour": ({"TERM": "xterm-256color"}, ("--color", "never"), False),
    "NO_COLOR": ({"TERM": "xterm-256color", "NO_COLOR": "1"}, (), False),
    "a dumb terminal": ({"TERM": "dumb"}, (), False),
    "the console of Linux": ({"TERM": "linux"}, (), False),
    "a terminal that prints them": ({"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"}, (), False),
    "CI": ({"TERM": "xterm", "CI": "true"}, (), False),
}


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no pseudo-terminals")
@pytest.mark.parametrize(
    ("name", "form"),
    [(name, "full") for name in TERMINALS] + [("a terminal", "concise"), ("a terminal", "grouped")],
)
def test_codes_are_links_on_terminals(folder: Path, name: str, form: str) -> None:
    environment, words, linked = TERMINALS[name]
    said = on_terminal(folder, environment, "check", "--output-format", form, *words)
    links = re.findall(r"\x1b]8;;(\S*?)\x1b\\(.*?)\x1b]8;;\x1b\\", said)
    assert bool(links) == linked == ("\x1b]8" in said)
    for address, text in links:
        path = Path(unquote(address.removeprefix("file://")))
        code = re.findall(r"NBP\d{3}", text)[0]
        assert path.is_file() and path.name.startswith(code.lower())


def on_terminal(folder: Path, environment: dict[str, str], *words: str) -> str:
    """What a command prints on a terminal."""
    import pty

    ours, theirs = pty.openpty()
    unset = {"NO_COLOR", "FORCE_COLOR", "FORCE_HYPERLINK", "CI", "TERM", "TERM_PROGRAM"}
    inherited = {key: value for key, value in os.environ.items() if key not in unset}
    started = subprocess.Popen(
        [sys.executable, "-m", "nbprod", *words], cwd=folder, env={**inherited, **environment},
        stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    os.close(ours)
    assert started.wait() == 1
    return said.decode()


def test_links_are_for_terminals_and_can_be_forced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b]8" not in run_nbprod(folder, "check", "--color", "always").stdout
    assert "\x1b]8" in run_nbprod(folder, "check", FORCE_HYPERLINK="1").stdout
    done = run_nbprod(folder, "check", "--output", "full:found.txt", FORCE_HYPERLINK="1")
    assert done.returncode == 1 and "\x1b" not in (folder / "found.txt").read_text()
    monkeypatch.setenv("FORCE_HYPERLINK", "0")
    assert not wants_links("always")


def test_the_diff_of_fixes_is_coloured_and_holds_no_other_escape(tmp_path: Path) -> None:
    hostile = "print(late, '\x1b[5m')"
    (tmp_path / "a.ipynb").write_bytes(book(hostile, "late = 1", "print(late)"))
    words = ("fix", "--unsafe-fixes", "--diff", "--isolated")
    plain = run_nbprod(tmp_path, *words).stdout
    painted = run_nbprod(tmp_path, *words, "--color", "always").stdout
    assert "\x1b" not in plain
    assert "\x1b[31m-" in painted and "\x1b[32m+" in painted and "\x1b[36m@@" in painted
    assert re.sub(r"\x1b\[(?:0|1|3[126])m", "", painted) == plain
