"""Every way out has one line and its own exit code, whatever became of the streams."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod import errors
from nbprod.errors import NbprodError
from tests.secrets.planted import code, notebook


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    odd = code("print(nope)  # \N{GREEK SMALL LETTER ALPHA}\u00e9")
    cells = [odd, code("from math import *\nsqrt(2)")]
    (tmp_path / "n.ipynb").write_bytes(notebook(cells))
    return tmp_path


def shell(folder: Path, command: str, **more: str) -> tuple[int, str, str]:
    """Run a line of bash, in which `nbprod` is nbprod."""
    line = f'nbprod() {{ "{sys.executable}" -m nbprod "$@"; }}; {command}'
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, capture_output=True, check=False, timeout=60,
        env={**os.environ, "NBPROD_NO_CACHE": "1", **more},
    )  # fmt: skip
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    assert "Traceback" not in out + err and "Exception ignored" not in err
    return done.returncode, out, err


COMMANDS = (
    "check --isolated", "check --isolated --output-format json", "score --isolated",
    "clones --isolated", "graph n.ipynb", "rule --all", "--help", "report --html -",
    "check --fix --diff --isolated --select ALL --unsafe-fixes",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_output_is_one_line(command: str, folder: Path) -> None:
    code, _, err = shell(folder, f"nbprod {command} >&-")
    assert code == 4 and err.splitlines()[-1] == "nbprod: standard output: Bad file descriptor"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_one_line(command: str, folder: Path) -> None:
    code, _, err = shell(folder, f"nbprod {command} >/dev/full")
    assert code == 4 and err.splitlines()[-1] == "nbprod: standard output: No space left on device"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_stops_is_no_news(command: str, folder: Path) -> None:
    line = f"(sleep 0.2; nbprod {command}) | true; exit ${{PIPESTATUS[0]}}"
    code, _, err = shell(folder, line)
    assert code == 141 and "Broken pipe" not in err


def test_all_streams_may_be_closed(folder: Path) -> None:
    before = (folder / "n.ipynb").read_bytes()
    code, _, _ = shell(folder, "nbprod check --isolated --fix --unsafe-fixes <&- >&- 2>&-")
    assert code == 4
    assert (folder / "n.ipynb").read_bytes() == before, "nothing was printed into a file"
    assert shell(folder, "nbprod check --isolated --output json:out.json -q <&- >&- 2>&-")[0] == 1
    assert json.loads((folder / "out.json").read_text())["findings"]


@pytest.mark.parametrize("form", ["full", "concise", "grouped", "markdown", "github", "json"])
def test_a_terminal_for_ascii_only(form: str, folder: Path) -> None:
    line = f"nbprod check --isolated --output-format {form}"
    code, out, err = shell(folder, line, PYTHONIOENCODING="ascii")
    assert code == 1 and "NBP103" in out, err
    if form == "json":
        assert json.loads(out) == json.loads(shell(folder, line, PYTHONIOENCODING="utf-8")[1])


def test_a_name_that_is_not_text(folder: Path) -> None:
    os.rename(os.fsencode(folder / "n.ipynb"), os.fsencode(folder) + b"/\xff.ipynb")
    for command in ("check --isolated", "score --isolated --each", "clones --isolated"):
        code, out, err = shell(folder, f"nbprod {command}")
        assert code in (0, 1), err
    assert "\\udcff.ipynb" in shell(folder, "nbprod check --isolated --show-files")[1]


@pytest.mark.parametrize("command", ["check", "score", "--version", "report", "init", "config"])
def test_a_directory_that_is_gone(command: str, folder: Path) -> None:
    code, _, err = shell(folder, f"mkdir gone; cd gone; rmdir ../gone; nbprod {command}")
    assert code == 4
    assert err == "nbprod: the working directory no longer exists; change to another one\n"


WRITES = (
    ("report", 2), ("report --html out/p.html", 2), ("baseline write", 2),
    ("check --isolated --output json:out/x", 2), ("requirements -o out/r.txt", 2),
    ("clones --write-baseline out/c", 2), ("extract n.ipynb -o out/m.py --cells 2", 2),
)  # fmt: skip


@pytest.mark.parametrize(("command", "expected"), WRITES)
def test_a_place_that_cannot_be_written(command: str, expected: int, folder: Path) -> None:
    # Root may write everywhere, but nobody in a file.
    (folder / "out").write_text("in the way")
    for name in ("nbprod-report.html", ".nbprod-baseline.json"):
        (folder / name).symlink_to("out/in")
    code, _, err = shell(folder, f"nbprod {command}")
    assert (code, len(err.strip().splitlines()) - err.count("warning:")) == (expected, 1), err
    assert "cannot be" in err and (folder / "out").read_text() == "in the way"


@pytest.mark.parametrize("command", ["check", "score", "report", "clones", "requirements"])
@pytest.mark.parametrize("kind", ["truncated", "directory", "pipe"])
def test_a_notebook_that_cannot_be_read_is_exit_code_4(
    kind: str, command: str, folder: Path
) -> None:
    odd = folder / "odd.ipynb"
    if kind == "truncated":
        odd.write_text('{"cells": [')
    elif kind == "directory":
        odd.mkdir()
    else:
        os.mkfifo(odd)
    code, out, err = shell(folder, f"nbprod {command}")
    assert code == 4 and (out + err).count("odd.ipynb:") >= 1, err


def exceptions() -> list[type[Exception]]:
    """Every exception of nbprod that a user may meet."""
    import importlib
    import pkgutil

    import nbprod

    for module in pkgutil.walk_packages(nbprod.__path__, "nbprod."):
        if module.name not in ("nbprod.__main__",):
            importlib.import_module(module.name)
    found: list[type[Exception]] = []
    waiting: list[type[Exception]] = [NbprodError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return found


def test_every_error_survives_the_way_from_another_process() -> None:
    kinds = exceptions()
    assert len(kinds) > 8 and errors.ReadError in kinds
    for kind in kinds:
        error = kind.__new__(kind, "a text")
        error.__dict__.update(kind="invalid-json", line=3, column=4, path="p")
        back = pickle.loads(pickle.dumps(error))
        assert type(back) is kind and str(back) == str(error) and back.__dict__ == error.__dict__
    read = pickle.loads(pickle.dumps(errors.ReadError("empty-file", "is empty", 3, 4)))
    assert (str(read), read.kind, read.line, read.column) == ("is empty", "empty-file", 3, 4)
