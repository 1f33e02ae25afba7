"""`nbprod report` in a real repository."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.review.notebooks import cell, commit, nbprod, save

BAD = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
HOSTILE = [
    cell(f"x = '''{BAD}'''\nprint(missing, x)", "a\"><script>alert(3)</script>",
         {"output_type": "stream", "name": "stdout", "text": [BAD]},
         {"output_type": "display_data", "data": {"text/html": BAD, "image/png": BAD},
          "metadata": {}},
         {"output_type": "error", "ename": BAD, "evalue": BAD, "traceback": [BAD]}),
    cell(f"# {BAD}\n[link](javascript:alert(4)) </pre></article>", "b", kind="markdown"),
    cell(f"del y\n# {BAD}</style></script>\x1b\x00\u202e\ud800", "c"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "kept.ipynb", cell("a = 1", "a"), cell("print(a)", "b"))
    save(tmp_path / "gone.ipynb", cell("a = 1", "a"))
    save(tmp_path / "same.ipynb", cell("print(1)", "a"))
    commit(tmp_path)
    save(tmp_path / "kept.ipynb", cell("print(a)", "b"), cell("b = 2\nprint(b)", "c"))
    save(tmp_path / "new.ipynb", cell("print(1)", "a"))
    (tmp_path / "gone.ipynb").unlink()
    return tmp_path


def test_all_notebooks_without_a_base(folder: Path) -> None:
    done = nbprod(folder, "report", "--isolated")
    assert done.returncode == 0, done.stderr
    page = (folder / "nbprod-report.html").read_text(encoding="utf-8")
    assert re.findall(r'<h2 id="t\d">(\S+) ', page) == ["kept.ipynb", "new.ipynb", "same.ipynb"]


def test_only_what_differs_from_the_base(folder: Path) -> None:
    done = nbprod(folder, "report", "--isolated", "--base", "HEAD", "--markdown", "-")
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    assert rows == [
        "| kept.ipynb | would fail | 1 (+1) | cell 1 fails on Restart-and-Run-All: `a` |",
        "| new.ipynb | fine | 0 | runs from top to bottom; nothing found |",
        "| gone.ipynb | removed |  | is not there any more |",
    ]
    assert "* *removed definition*: `a` is not defined any more (it was in cell 1)" in done.stdout
    assert "**NBP103** undefined-name" in done.stdout


def test_below_a_folder_only_what_is_below_it(folder: Path) -> None:
    (folder / "deep").mkdir()
    save(folder / "deep" / "one.ipynb", cell("print(1)", "a"))
    done = nbprod(folder, "report", "--isolated", "--base", "HEAD", "--markdown", "-", "deep")
    assert "deep/one.ipynb" in done.stdout
    assert "gone.ipynb" not in done.stdout and "kept.ipynb" not in done.stdout


def test_no_credential_of_either_version_is_shown(tmp_path: Path) -> None:
    value = "".join(chr(97 + (5 * i) % 26) + str((7 * i) % 10) for i in range(14))
    said = {"output_type": "stream", "name": "stdout", "text": [f"using {value}\n"]}
    save(tmp_path / "a.ipynb", cell(f'password = "{value}"', "a", said))
    commit(tmp_path)
    # Only the base says what it is; the finding's own line holds it.
    lines = f'password = input("?")\nprint(nowhere, "{value}")'
    save(tmp_path / "a.ipynb", cell(lines, "a", said))
    for options in (["--base", "HEAD"], []):
        nbprod(tmp_path, "report", "--isolated", "--markdown", "t", "--html", "p", *options)
        for name in ("t", "p"):
            text = (tmp_path / name).read_text(encoding="utf-8")
            pieces = [value[at : at + 8] for at in range(len(value) - 7)]
            if options:
                assert not any(piece in text for piece in pieces), name


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text('{"cells": [')
    done = nbprod(tmp_path, "report", "--isolated", "--markdown", "-")
    assert done.returncode == 0
    assert "| a.ipynb | cannot be read |" in done.stdout


class Markup(HTMLParser):
    """Gathers the tags, and the attributes that could run something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.risky: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            text = (value or "").strip().lower()
            if name.startswith("on") or text.startswith(("javascript:", "http")):
                if name != "xmlns":
                    self.risky.append((name, text))


def test_hostile_notebooks_add_no_markup(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", *HOSTILE, metadata={"title": BAD, "kernelspec": {"name": BAD}})
    done = nbprod(tmp_path, "report", "--isolated")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "nbprod-report.html").read_text(encoding="utf-8")
    page = Markup()
    page.feed(text)
    assert page.tags.count("script") == 1
    assert page.risky == [] and "img" not in page.tags
    assert "alert(1)" in text
    assert "\x1b" not in text and "\x00" not in text and "\u202e" not in text
