"""The readiness table: every rule it names exists, and what is found decides."""

from __future__ import annotations

import json
from pathlib import Path

from nbprod.checking.registry import rule_files
from nbprod.review.readiness import rules_of_items
from nbprod.review.readiness_items import ITEMS
from tests.command import run_nbprod
from tests.review.notebooks import cell, save


def test_every_rule_that_decides_exists() -> None:
    assert set(rules_of_items()) <= {file.name for file in rule_files()}


def test_the_rubric_is_whole() -> None:
    sections = [item.section for item in ITEMS]
    for section in ("data", "model", "infrastructure", "monitoring"):
        assert sections.count(section) == 7
    assert len({item.id for item in ITEMS}) == len(ITEMS)
    assert all(item.title and item.why for item in ITEMS)


def score(folder: Path, *options: str) -> str:
    done = run_nbprod(folder, "score", "--isolated", *options)
    done.check_returncode()
    return done.stdout


def test_what_is_found_decides(tmp_path: Path) -> None:
    bad = "from sklearn.svm import SVC\nprint(nowhere)\npath = '/Users/ada/data/x.csv'"
    save(tmp_path / "a.ipynb", cell(bad, "a"))
    save(tmp_path / "b.ipynb", cell("print(1)", "a"))
    found = json.loads(score(tmp_path, "--output-format", "json"))
    assert [one["path"] for one in found["notebooks"]] == ["a.ipynb", "b.ipynb"]
    states = [{row["id"]: row["state"] for row in one["items"]} for one in found["notebooks"]]
    failed = [sorted(key for key, state in one.items() if state == "failed") for one in states]
    assert failed == [["N1", "N5"], []]
    whole = {row["id"]: row for row in found["repository"]}
    assert (whole["N1"]["state"], whole["N1"]["count"]) == ("failed", 1)
    assert whole["N1"]["first"].startswith("a.ipynb:")
    assert whole["M4"]["state"] == "not checkable"
    # That nothing was found is no proof of what the rubric asks for.
    assert whole["I6"]["state"] == "nothing against it"


def test_people_see_no_total(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", cell("print(nowhere)", "a"))
    text = score(tmp_path, "--each")
    assert "no  N1  runs from top to bottom" in text
    assert text.count("yes  N4  contains no secrets") == 2
    assert "%" not in text and "/100" not in text
    table = score(tmp_path, "--output-format", "markdown")
    assert "| N1 | runs from top to bottom | failed | 1 finding, first at a.ipynb:" in table


def test_tables_have_their_lines(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", cell("print(nowhere)", "a"))
    for options, head in (
        ((), ["1 notebook", "", "notebook"]),
        (("--output-format", "markdown"), ["### 1 notebook", "", "| | item | | |"]),
        (("--output-format", "markdown", "--each"), ["### 1 notebook", "", "| | item | | |"]),
    ):
        text = score(tmp_path, *options)
        assert text.split("\n")[:3] == head and "\\n" not in text
