"""Reports on surveys: what they count and compare; they show no markup and no secret."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from nbprod.clones.find import find_clones
from nbprod.clones.sources import sources_of_notebook
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.survey.database import survey_database
from nbprod.survey.questions import QUESTIONS, readiness
from tests.command import run_nbprod
from tests.report.hostile import TEXTS
from tests.secrets.planted import code, notebook, random_key
from tests.survey.collections import FAULTY, book, fill, table

KEY = random_key(random.Random(3))


def source_of(name: str, word: str, number: int) -> str:
    return (
        f"def {name}(rows, {word}={number}):\n    total = 0\n    for row in rows:\n"
        f"        if row['size'] > {word}:\n            total = total + row['size'] * {number}\n"
        f"    print({word}, total)\n    shares = [row['size'] / total for row in rows if row]\n"
        f"    print(max(shares), min(shares))\n    return total / {word}"
    )


SWAPPED = source_of("other", "limit", 3).replace("total / limit", "limit / total")
CLASS = (
    "class Book:\n    def __init__(self, rows):\n        self.rows = [row for row in rows if row]\n"
    "        self.size = sum(len(row) for row in rows)\n    def mean(self):\n"
    "        return self.size / max(1, len(self.rows))\n    def most(self):\n"
    "        return max(len(row) for row in self.rows)"
)


def make_collection(folder: Path) -> None:
    fill(folder, 12)
    parts = {
        "repo0/a": [source_of("ratio", "limit", 5), "x = ratio([1])"],
        "repo1/b": ["y = 1\nprint(y)", source_of("share", "least", 9)],
        "repo1/c": [SWAPPED, CLASS],
        "repo2/d": ["z = 3", CLASS.replace("Book", "Page"), "for i in range(3):\n    print(i)"],
    }
    for name, cells in parts.items():
        (folder / f"{name}.ipynb").write_bytes(book(*cells))
    copied = [f"v{number} = load({'x, ' * number})\nprint(v{number} + 1)" for number in range(5)]
    for number, place in enumerate(("repo0/e", "repo2/f")):
        (folder / f"{place}.ipynb").write_bytes(book(*copied, f"w = {number}"))
    near = book(*copied, "for w in range(3):\n    print(w)")
    (folder / "repo1" / "g.ipynb").write_bytes(near)
    for number in range(2):
        secret = notebook([code(f'api_key = "{KEY}"\nprint({number})')])
        (folder / f"repo{number}" / "secret.ipynb").write_bytes(secret)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection, and the survey of it at the strictest level."""
    folder = tmp_path_factory.mktemp("survey")
    make_collection(folder / "notebooks")
    done = run_nbprod(folder, "survey", "notebooks", "-o", "findings", "-j", "1", "--level",
                      "production")  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def ask(folder: Path, title: str) -> list[dict[str, object]]:
    """The answer to a question of the report, with all rows."""
    with survey_database(str(folder / "findings")) as database:
        questions = (*QUESTIONS, readiness(database.rules))
        question = next(found for found in questions if found.title == title)
        answer = database.ask(question, 10_000)
    assert answer.total == len(answer.rows)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def test_counts_are_those_of_the_tables(folder: Path) -> None:
    findings = table(folder / "findings", "findings")
    books = table(folder / "findings", "notebooks")
    (whole,) = ask(folder, "Overview")
    assert (whole["notebooks"], whole["findings"]) == (len(books), len(findings))
    assert whole["repositories"] == 3
    assert sum(int(str(row["findings"])) for row in ask(folder, "Rules")) == len(findings)
    assert sum(int(str(row["findings"])) for row in ask(folder, "Repositories")) == len(findings)
    worst = ask(folder, "Notebooks with the worst findings")
    errors = [int(str(row["errors"])) for row in worst]
    assert errors == sorted(errors, reverse=True)


def test_repeated_functions_and_copies_are_those_of_clones(folder: Path) -> None:
    sources = []
    for path in sorted((folder / "notebooks").rglob("*.ipynb")):
        name = str(path.relative_to(folder))
        sources += sources_of_notebook(name, Facts(read_notebook(path.read_bytes(), name)).parsed)
    found = find_clones(sources)
    groups = {
        (len(group.fragments), f"{group.fragments[0].source.path} cell "
         f"{group.fragments[0].source.cell}")
        for group in found.groups
        if group.signature.startswith("def ratio") or "ratio" in group.signature
        or "Book" in group.signature
    }  # fmt: skip
    asked = ask(folder, "Functions for a shared module")
    assert {(row["notebooks"], row["first"]) for row in asked if row["name"] != "shown"} == groups
    assert len(groups) == 2
    copies = {(row["notebooks"], row["first"]) for row in ask(folder, "Copies")}
    paths = {copy.paths for copy in found.copies}
    assert ("notebooks/repo0/e.ipynb", "notebooks/repo2/f.ipynb") in {
        tuple(path for path in own if path[-7] in "ef") for own in paths
    }
    assert (2, "notebooks/repo0/e.ipynb") in copies
    near = {(row["first"], row["second"]) for row in ask(folder, "Near-duplicates")}
    assert ("notebooks/repo0/e.ipynb", "notebooks/repo1/g.ipynb") in near


def test_a_secret_in_two_notebooks_is_one_row(folder: Path) -> None:
    (row,) = ask(folder, "Secrets in several notebooks")
    assert (row["notebooks"], row["repositories"]) == (2, 2)


def test_readiness_is_that_of_the_rules_that_ran(folder: Path) -> None:
    rows = {str(row["item"]): row for row in ask(folder, "Readiness")}
    assert len(rows) > 10
    findings = table(folder / "findings", "findings")
    failing = {row["path"] for row in findings if "secret" in row["name"]}
    assert rows["N4"]["against"] == len(failing) == 2
    with survey_database(str(folder / "findings")) as database:
        assert "hardcoded-secret" in database.rules
    assert "0 of" in readiness(frozenset()).text


def test_reports_are_written_and_show_their_queries(folder: Path) -> None:
    done = run_nbprod(folder, "survey", "report", "findings", "-o", "r.html", "-o", "r.md")
    assert (done.returncode, done.stderr) == (0, "wrote r.html\nwrote r.md\n")
    page, text = (folder / "r.html").read_text(), (folder / "r.md").read_text()
    for question in QUESTIONS:
        assert f"<h2>{question.title}</h2>" in page and f"## {question.title}\n" in text
        assert question.sql.strip() in text
    assert page.count("<svg") == page.count("</svg>") > 2
    assert "CREATE VIEW findings AS FROM read_parquet('findings/findings/*.parquet')" in text
    assert not re.search(r"src=|href=|url\(", page)
    pieces = {KEY[at : at + 8] for at in range(len(KEY) - 7)}
    assert not [piece for piece in pieces if piece in page + text]
    printed = run_nbprod(folder, "survey", "report", "findings")
    assert printed.stdout == text


def test_a_rule_with_more_findings_fails_the_comparison(folder: Path, tmp_path: Path) -> None:
    make_collection(tmp_path / "notebooks")
    (tmp_path / "notebooks" / "repo0" / "new.ipynb").write_bytes(book("print(nowhere)"))
    done = run_nbprod(tmp_path, "survey", "notebooks", "-o", "now", "-j", "1", "--level",
                      "production")  # fmt: skip
    assert done.returncode == 0
    earlier = str(folder / "findings")
    done = run_nbprod(tmp_path, "survey", "report", "now", "--compare", earlier)
    assert done.returncode == 1
    assert re.fullmatch(r"undefined-name: (\d+) findings, \d+ before\n", done.stderr)
    assert "| notebooks/repo0/new.ipynb | NBP103 | 1 | 1 |" in done.stdout
    same = run_nbprod(tmp_path, "survey", "report", "now", "--compare", "now")
    assert (same.returncode, same.stderr) == (0, "")
    fewer = run_nbprod(tmp_path, "survey", "report", earlier, "--compare", "now")
    assert (fewer.returncode, fewer.stderr) == (0, "")
    run_nbprod(tmp_path, "survey", "notebooks", "-o", "shared", "-j", "1")
    other = run_nbprod(tmp_path, "survey", "report", "now", "--compare", "shared")
    assert (other.returncode, other.stderr) == (2, (
        "nbprod: shared was checked at level shared, now at level production; survey both alike\n"
    ))  # fmt: skip


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    for number, text in enumerate(TEXTS):
        name = re.sub(r"[/\0]", "_", text)[:60].encode("utf-8", "replace").decode()
        home = tmp_path / "notebooks" / f"{number}{name}"
        home.mkdir(parents=True)
        (home / "a.ipynb").write_bytes(book(*FAULTY, f"def f{number}(): pass"))
    done = run_nbprod(tmp_path, "survey", "notebooks", "-o", "findings", "-j", "1")
    assert done.returncode == 0, done.stderr
    assert run_nbprod(tmp_path, "survey", "report", "findings", "-o", "r.html", "-o", "r.md",
                      "--rows", "500").returncode == 0  # fmt: skip
    page, text = (tmp_path / "r.html").read_text(), (tmp_path / "r.md").read_text()
    tags = set(re.findall(r"<(\w+)", page))
    assert tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "tr", "th",
        "td", "details", "summary", "pre", "svg", "text", "rect",
    }  # fmt: skip
    outside = re.sub(r"(?s)```sql.*?```|</?details>|</?summary>|<code>.*?</code>", "", text)
    assert "<" not in outside and "@org" not in outside and "](" not in outside


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (None, "is not a survey; `nbprod survey SOURCE -o` makes one"),
        ("running", "is not complete; run `nbprod survey` again to continue"),
        ("{", "survey.json is not of a survey that this version reads"),
    ],
)
def test_what_is_no_survey_is_named(tmp_path: Path, state: str | None, said: str) -> None:
    record = tmp_path / "findings" / "survey.json"
    record.parent.mkdir()
    if state is not None:
        found = {"version": "1", "schema": "1", "state": state, "sources": [], "rules": []}
        record.write_text(state if state == "{" else json.dumps(found))
    done = run_nbprod(tmp_path, "survey", "report", "findings")
    assert done.returncode == 2
    assert said in done.stderr and done.stderr.count("\n") == 1
    done = run_nbprod(tmp_path, "survey", "report", "findings", "-o", "a.pdf")
    assert done.stderr == "nbprod: --output 'a.pdf': its name must end in .html or .md\n"
