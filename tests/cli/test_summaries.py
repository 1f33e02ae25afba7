"""What `check`, `score`, `report` and `--diff` count, and that they count the same."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from nbprod.checking.registry import select
from nbprod.review.readiness_items import ITEMS
from tests.cli.test_check import book, nbprod

# Cells of a notebook, and whether a run of all of them from a fresh kernel certainly fails.
BOOKS = {
    "undefined": (["print(never)"], True),
    "early": (["print(late)", "late = 1"], True),
    "deleted": (["a = 1", "del a", "print(a)"], True),
    "local": (["n = 0\ndef up():\n    n += 1\nup()"], True),
    "syntax": (["a = (1"], True),
    "key": (["a = {'x': 1}", "print(a['y'])"], True),
    "refused": (["# note\n%%time\na = 1"], True),
    "perhaps": (["import random\nif random.random() > 2:\n    a = 1", "print(a)"], False),
    "uncalled": (["def f():\n    return never"], False),
    "caught": (["try:\n    print(never)\nexcept NameError:\n    pass"], False),
    "fine": (["a = 1", "print(a)"], False),
}
UNSAFE = book("import pandas as pd", "df = pd.read_csv('/Users/ada/a.csv')", "print(a)", "a = 1")


def test_each_rule_on_failures_is_of_the_item_that_notebooks_run() -> None:
    predicting = {rule.name for rule in select().rules if rule.predicts == "failure"}
    (runs,) = (item for item in ITEMS if item.about_runs)
    assert set(runs.rules) == predicting


def test_check_score_and_report_agree_on_what_runs_from_top_to_bottom(tmp_path: Path) -> None:
    for name, (cells, _) in BOOKS.items():
        (tmp_path / f"{name}.ipynb").write_bytes(book(*cells))
    fails = {f"{name}.ipynb" for name, (_, does_fail) in BOOKS.items() if does_fail}
    arguments = ("--isolated", ".")

    checked = nbprod("check", *arguments, cwd=tmp_path)
    ends = f"{len(fails)} of {len(BOOKS)} notebooks would fail on Restart and Run All.\n"
    assert (checked.stdout + checked.stderr).endswith(" " + ends)

    scored = nbprod("score", "--output-format", "json", *arguments, cwd=tmp_path)
    items = {row["path"]: row["items"][0] for row in json.loads(scored.stdout)["notebooks"]}
    assert {item["id"] for item in items.values()} == {"N1"}
    assert {path for path, item in items.items() if item["state"] == "failed"} == fails

    reported = nbprod("report", "--markdown", "-", *arguments, cwd=tmp_path)
    table = reported.stdout.partition("<details>")[0]
    assert set(re.findall(r"^\| (\S+) \| Fails ", table, re.M)) == fails


def test_nothing_is_added_where_everything_runs(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(book("path = '/Users/ada/a.csv'", "print(open(path))"))
    done = nbprod("check", "--isolated", ".", cwd=tmp_path)
    assert "Found 1 finding in 1 of 1 notebook" in done.stdout + done.stderr
    assert "would fail" not in done.stdout + done.stderr


JOINED = [
    ("%pip install numpyy\nimport scipy", "NBP502,NBP504", [0, 0]),
    ("!pip install requests", "NBP502,NBP503", [1]),
    ("import matplotlb, sklaern", "NBP504,NBP507", [3]),
    ("import matplotlb\nimport sklaern", "NBP504,NBP507", [2, 0]),
]


@pytest.mark.parametrize(("source", "codes", "beside"), JOINED, ids=[case[0] for case in JOINED])
def test_one_line_about_distributions_is_one_finding(
    source: str, codes: str, beside: list[int], tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("pandas\n")
    (tmp_path / "a.ipynb").write_bytes(book(source))
    words = ("check", "a.ipynb", "--isolated", "--output-format", "json", "--select")
    findings = json.loads(nbprod(*words, codes, cwd=tmp_path).stdout)["findings"]
    assert [len(finding["related"]) for finding in findings] == beside
    # Nothing is lost: each rule alone finds what is beside another here.
    alone = [
        len(json.loads(nbprod(*words, code, cwd=tmp_path).stdout)["findings"])
        for code in codes.split(",")
    ]
    assert len(findings) <= sum(alone)
    lines = [finding["line"] for finding in findings]
    assert lines == sorted(set(lines))


def test_a_diff_counts_the_unsafe_fixes_that_it_does_not_show(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.ipynb").write_bytes(UNSAFE)
    words = ("check", "--isolated", "--diff", "--select", "NBP101,NBP401", ".")
    done = nbprod(*words, cwd=tmp_path)
    assert done.stderr.splitlines()[-2:] == [
        "0 notebooks would change.", "4 more fixes with --unsafe-fixes."
    ]  # fmt: skip
    unsafe = nbprod(*words, "--unsafe-fixes", cwd=tmp_path)
    assert unsafe.stderr.splitlines()[-1:] == ["2 notebooks would change."]
    (tmp_path / "b.ipynb").write_bytes(book("a = 1"))
    assert "1 more fix with" in nbprod(*words[:4], "NBP101", ".", cwd=tmp_path).stderr


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", *arguments],
        cwd=folder, capture_output=True, check=True,
    )  # fmt: skip


def test_since_counts_only_the_baseline_of_what_it_checked(tmp_path: Path) -> None:
    for name in ("kept", "edited"):
        (tmp_path / f"{name}.ipynb").write_bytes(book("print(never)", "print(gone)"))
    git(tmp_path, "init", "-q")
    assert nbprod("baseline", "write", ".", cwd=tmp_path).returncode == 0
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "start")
    known = nbprod("check", ".", cwd=tmp_path)
    assert "4 " in known.stderr
    # What is hidden still fails.
    assert "2 of 2 notebooks would fail on Restart and Run All." in known.stdout
    (tmp_path / "edited.ipynb").write_bytes(book("print(never)", "print(new)"))
    done = nbprod("check", "--since", "HEAD", "--output-format", "concise", ".", cwd=tmp_path)
    assert done.returncode == 1
    assert "`new`" in done.stdout and "`never`" not in done.stdout
    assert "kept.ipynb" not in done.stdout + done.stderr
    # No entry of the notebook that was not checked is counted, neither hidden nor obsolete.
    assert "4 " not in done.stderr and "3 " not in done.stderr, done.stderr
    whole = nbprod("check", "--output-format", "concise", ".", cwd=tmp_path)
    assert "3 " in whole.stderr and "1 " in whole.stderr, whole.stderr


def test_a_few_rules_do_not_say_which_notebooks_run(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(book("print(never)"))
    (tmp_path / "b.ipynb").write_bytes(book("print(late)", "late = 1"))
    done = nbprod("check", "--isolated", "--select", "NBP101", ".", cwd=tmp_path)
    assert done.stdout.endswith("(1 with --fix --unsafe-fixes).\n")
