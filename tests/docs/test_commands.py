"""Every command of every page runs, and prints what the page shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from nbprod.notebook.read import read_notebook
from tests.docs.pages import commands_of, fences_of, name_of, page_paths, text_of
from tests.docs.running import run_all
from tests.docs.scenes import prepare

PAGES = [path for path in page_paths() if list(commands_of(text_of(path)))]
# How many statements a module has, and which mutants are noticed, changes with its formatting.
_VARIES = re.compile(r"^The tests run.*")


def _plain(line: str) -> str:
    return re.sub(r"\d+", "9", line) if _VARIES.match(line) else line.rstrip()


def missing_lines(printed: str, expected: tuple[str, ...]) -> list[str]:
    """The lines of the page that are not printed in that order; `...` is any lines."""
    lines = [_plain(line) for line in printed.splitlines()]
    missing, start = [], 0
    for line in map(_plain, expected):
        if line == "...":
            continue
        found = [number for number, other in enumerate(lines) if number >= start and line in other]
        if found:
            start = found[0] + bool(line)
        else:
            missing.append(line)
    return missing


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_the_commands_of_a_page_print_what_it_shows(path: Path, tmp_path: Path) -> None:
    if not all(map(shutil.which, ("bash", "git", "curl"))):
        pytest.skip("needs bash, git and curl")
    folder = tmp_path / "work"
    folder.mkdir()
    programs = prepare(name_of(path), folder)
    commands = list(commands_of(text_of(path)))
    ran = run_all([command.line for command in commands], folder, programs)
    for command, (printed, code) in zip(commands, ran, strict=True):
        is_error = any(line.startswith("nbprod: ") for line in command.printed)
        assert code in (0, 1) or is_error, (command.line, code, printed)
        assert "Traceback" not in printed and "internal error" not in printed, printed
        assert missing_lines(printed, command.printed) == [], (command.line, printed)
    _check_excerpts(path, folder)
    if path.name == "make-a-pipeline.md":
        for name in re.findall(
            r"`(src/shop/[\w/]+\.\w+|docs/\w+\.md|dags/\w+\.py)`", text_of(path)
        ):
            assert (folder / "shop" / name.replace("NAME", "clean_sales")).is_file(), name


def _check_excerpts(path: Path, folder: Path) -> None:
    """Code blocks with a title are parts of the files that the commands wrote."""
    if path.name == "file-formats.md":
        return
    for fence in fences_of(text_of(path)):
        if fence.title.endswith(".ipynb"):
            cells = read_notebook((folder / fence.title).read_bytes(), fence.title).cells
            assert fence.text.rstrip("\n") in [cell.source for cell in cells]
        elif fence.title:
            assert fence.text in (folder / fence.title).read_text(encoding="utf-8"), fence.title


@pytest.mark.parametrize(
    ("printed", "expected", "missing"),
    [
        ("a\nb\nc\n", ("a", "c"), []),
        ("a\nb\nc\n", ("c", "a"), ["a"]),
        ("a\nb\n", ("a", "...", "b", "d"), ["d"]),
        ("The tests run 7 of 9\n", ("The tests run 8 of 8",), []),
    ],
)
def test_lines_that_are_not_printed_are_found(
    printed: str, expected: tuple[str, ...], missing: list[str]
) -> None:
    assert missing_lines(printed, expected) == missing
