"""`nbprod report` in a real repository."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nbprod.review.text import render_text
from nbprod.review.types import FlowChange, NotebookReview, Review, Standing
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
    table = done.stdout.partition("<details>")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert rows == [
        "| kept.ipynb | Fails | 1 (+1) | cell 1 fails on Restart-and-Run-All: `a` |",
        "| new.ipynb | No findings | 0 | runs from top to bottom; no findings |",
        "| gone.ipynb | Removed |  | is not there any more |",
    ]
    assert "* *removed definition*: `a` is not defined any more (it was in cell 1)" in done.stdout
    assert "**NBP103** undefined-name" in done.stdout


def test_each_notebook_has_its_readiness_and_what_it_was(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", cell("# Shares\nprint(1)", "a"), cell("print(2)", "b"))
    save(tmp_path / "broken.ipynb", cell("print(1)", "a"))
    commit(tmp_path)
    lines = "folder = '/Users/ada/data/x.csv'\nother = '/Users/ada/data/y.csv'"
    save(tmp_path / "a.ipynb", cell("# Shares\nprint(1)", "a"), cell(lines, "b"))
    (tmp_path / "broken.ipynb").write_text("{")
    # The items are judged by their own rules, not by those that the report is about.
    words = ("report", "--isolated", "--select", "NBP103", "--html", "p", "--markdown", "t")
    for options, was in (((), ""), (("--base", "HEAD"), " (was passed)")):
        assert nbprod(tmp_path, *words, *options).returncode == 4
        text = (tmp_path / "t").read_text(encoding="utf-8")
        row = f"| N5 | paths are not those of one machine | failed{was} | cell 2: 1 `laptop-path` |"
        assert row in text.splitlines()
        assert text.count("<summary>Readiness: 1 failed, ") == 1
        page = (tmp_path / "p").read_text(encoding="utf-8")
        assert page.count('<details class="readiness">') == 1
        assert page.count('<span class="tag failed">failed</span>') == 1
        assert page.count('<span class="was">was passed</span>') == (1 if was else 0)
        assert '<a href="#n1c2">cell 2</a>: 1 <code>laptop-path</code>' in page
        assert page.count('scope="rowgroup"') == 5
        assert "M4 the impact of model staleness is known" in page
        # No number stands for all of them.
        assert "%" not in text and "/100" not in text


def test_a_comment_keeps_the_findings_and_drops_the_tables_where_it_is_long() -> None:
    rows = tuple(
        Standing(f"N{at}", "notebook", "a" * 400, "failed", "failed", "why", 1) for at in range(100)
    )
    flow = (FlowChange("new dependency", "cell 2 reads `a`", 2),)
    many = [
        NotebookReview(f"n{at}.ipynb", "same", "clean", "", (), (), (), (), flow, (), rows)
        for at in range(3)
    ]
    text = render_text(Review(tuple(many), None, "1"))
    assert len(text) < 65_000
    assert text.count("cell 2 reads `a`") == 3 and text.count("Readiness") == 1


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
    assert done.returncode == 4 and "nbprod: a.ipynb: " in done.stderr
    assert "| a.ipynb | Cannot be read |" in done.stdout


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
