"""A fault that a notebook repeats is one finding, with the other places beside it."""

from __future__ import annotations

import json

import pytest

from nbprod.checking.engine import check_notebook
from nbprod.config.settings import Settings
from nbprod.facts import CheckOptions
from nbprod.fixing.apply import fix_bytes
from nbprod.model import Finding
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from tests.truth.score import as_bytes

FRAME = "import pandas as pd\ndf = pd.read_csv('a.csv')"
CHAINED = [
    'df[df["a"] > 1]["b"] = 0', 'df["b"][df["a"] > 1] = 0', 'df.loc[df["a"] > 1]["b"] += 1',
    'df["a"][0] = 5', "df.a[0] = 5", 'df["a"].iloc[0] = 5', 'df["a"].at[0] += 5',
    'df[["a"]].iloc[0] = 5', 'df.loc[0]["b"] = 5', 'df.iloc[0:2]["b"] = 5',
    'df.query("a > 1")["b"] = 7', "df[df.a > 1].b = 5", 'df.head(2)["b"] = 7',
    'df["a"].fillna(0, inplace=True)', "df.a.replace(1, 2, inplace=True)",
]  # fmt: skip
PATHS = [
    ["a = open('/Users/ada/a.csv')", "b = open('/Users/ada/a.csv')"],
    ["a = '/Users/ada/a.csv'", "!head /Users/ada/a.csv"],
    ["%cd D:\\\\work\\\\sales", "!ls D:\\\\work\\\\sales", "!du D:\\\\work\\\\sales"],
]


def findings_of(cells: list[str], code: str) -> list[Finding]:
    notebook = read_notebook(as_bytes(cells, [None] * len(cells)), "x.ipynb")
    return list(check_notebook(notebook, Settings(select=(code,)).selection()))


@pytest.mark.parametrize("statement", CHAINED)
def test_each_spelling_of_a_chained_assignment_is_found(statement: str) -> None:
    assert [finding.symbol for finding in findings_of([FRAME, statement], "NBP702")] == ["df"]


def test_one_spelling_for_a_frame_is_one_finding() -> None:
    cells = [f'df["{column}"][{row}] = {row}' for row, column in enumerate("abc")]
    (finding,) = findings_of([FRAME, *cells], "NBP702")
    assert finding.place.cell == 2
    assert [other.place.cell for other in finding.related] == [3, 4]
    assert {other.message for other in finding.related} == {"`df` is not updated here"}


def test_two_spellings_are_two_findings() -> None:
    assert len(findings_of([FRAME, *CHAINED, *CHAINED], "NBP702")) == len(CHAINED)


@pytest.mark.parametrize(
    "statements",
    [
        ["df['a'].fillna(0, inplace=True)", "df.b.fillna(df.b.mean(), inplace=True)"],
        ["df['a'].replace([1], [2], inplace=True)", "df['b'].replace('x', 'y', inplace=True)"],
        ["df.iloc[:3]['a'] = 1", "df.iloc[len(df) - 3 :]['b'] = 2"],
    ],
)
def test_one_habit_is_one_finding_whatever_it_is_given(statements: list[str]) -> None:
    (finding,) = findings_of([FRAME, *statements], "NBP702")
    assert [other.place.cell for other in finding.related] == [3]


def test_two_frames_are_two_findings() -> None:
    other = FRAME.replace("df", "other")
    cells = [FRAME, other, 'df["a"][0] = 5', 'other["a"][0] = 5', 'df["b"][0] = 5']
    found = findings_of(cells, "NBP702")
    assert [(finding.symbol, len(finding.related)) for finding in found] == [
        ("df", 1),
        ("other", 0),
    ]


def test_the_fix_changes_all_places() -> None:
    def check(notebook: Notebook) -> tuple[Finding, ...]:
        return check_notebook(notebook, Settings(select=("NBP702",)).selection())

    cells = [FRAME, *(f'df[df["a"] > {limit}]["b"] = 0' for limit in range(15))]
    fixed = fix_bytes(as_bytes(cells, [None] * len(cells)), "x.ipynb", check, unsafe=True)
    sources = [cell.source for cell in read_notebook(fixed.data, "x.ipynb").cells]
    assert sources[1:] == [f'df.loc[df["a"] > {limit}, "b"] = 0' for limit in range(15)]
    assert len(fixed.applied) == 1


@pytest.mark.parametrize("cells", PATHS, ids=["calls", "a line of the shell", "magics"])
def test_a_path_is_one_finding(cells: list[str]) -> None:
    (finding,) = findings_of(cells, "NBP401")
    assert finding.place.cell == 1
    assert [other.place.cell for other in finding.related] == list(range(2, len(cells) + 1))


FOLDERS = [
    (["a = '/Users/ada/a.csv'", "b = '/Users/ada/b/b.csv'", "c = '/Users/ada/a.csv'"], [2]),
    (["a = '/Users/ada/a.csv'", "b = '/Users/bob/b.csv'"], [0, 0]),
    (["a = 'D:/data/a.csv'", "b = r'D:\\other\\b.csv'", "c = 'E:/data/c.csv'"], [1, 0]),
    (["a = '/mnt/disk/a.csv'", "b = '/mnt/disk/c/b.csv'", "c = '~/Downloads/c.csv'"], [1, 0]),
]


@pytest.mark.parametrize(("cells", "related"), FOLDERS)
def test_paths_of_one_folder_are_one_finding(cells: list[str], related: list[int]) -> None:
    assert [len(finding.related) for finding in findings_of(cells, "NBP401")] == related


def test_each_use_of_a_path_is_fixed_in_the_end() -> None:
    def check(notebook: Notebook) -> tuple[Finding, ...]:
        return check_notebook(notebook, Settings(select=("NBP401",)).selection())

    cells = ["import pandas as pd", *("pd.read_csv('/Users/ada/a.csv')" for _ in range(3))]
    fixed = fix_bytes(as_bytes(cells, [None] * len(cells)), "x.ipynb", check, unsafe=True)
    after = read_notebook(fixed.data, "x.ipynb")
    assert not any(
        "/Users/" in cell.source for cell in after.cells if "parameters" not in cell.tags
    )


EARLY = [
    ("the same name in three cells", ["print(x)", "y = x", "z = x + 1", "x = 1"], 1),
    ("two names of one cell that one cell defines", ["print(x, y)", "x, y = 1, 2"], 1),
    ("two names that two cells define", ["print(x, y)", "x = 1", "y = 2"], 1),
    ("one through a call", ["def f():\n    return x\nf()", "print(x)", "x = 1"], 1),
]


@pytest.mark.parametrize(("cells", "count"), [row[1:] for row in EARLY], ids=[r[0] for r in EARLY])
def test_what_is_read_too_early_is_one_finding_a_name(cells: list[str], count: int) -> None:
    notebook = read_notebook(as_bytes(cells, [*range(1, len(cells) + 1)]), "x.ipynb")
    found = check_notebook(notebook, Settings(select=("NBP101",)).selection())
    assert len(found) == count
    assert all("NameError on Restart and Run All" in finding.message for finding in found)


NOWHERE = [
    ("two names of a cell", ["print(aa)\nprint(bb)"], ["`aa` and `bb` are not defined"]),
    ("a name of two cells, and another", ["aa", "aa + bb", "bb"], ["`aa` and `bb` are not"]),
    ("two cells", ["aa", "bb"], ["`aa` is not", "`bb` is not"]),
    ("another kind of fault", ["unicode(aa)"], ["`unicode` is a builtin of Python 2", "`aa` is"]),
]


@pytest.mark.parametrize(
    ("cells", "messages"), [row[1:] for row in NOWHERE], ids=[row[0] for row in NOWHERE]
)
def test_names_that_are_missing_in_one_cell_are_one_finding(
    cells: list[str], messages: list[str]
) -> None:
    found = findings_of(cells, "NBP103")
    assert len(found) == len(messages)
    assert all(a.message.startswith(b) for a, b in zip(found, messages, strict=True))


def test_a_notebook_of_snippets_that_never_ran_is_one_finding() -> None:
    cells = [f"print(name_{number})" for number in range(9)]
    (finding,) = findings_of(cells, "NBP103")
    assert len(finding.related) == 8
    ran = read_notebook(as_bytes(cells, [*range(1, 10)]), "x.ipynb")
    assert len(check_notebook(ran, Settings(select=("NBP103",)).selection())) == 9


def test_a_credential_in_outputs_is_one_finding_that_clears_all() -> None:
    key = "AKIA" + "Z7Q4M2X9K1B5T8R3"
    shown = [{"output_type": "stream", "name": "stdout", "text": f"{key}\n"}] * 3
    cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": "show()"}
    book = {"cells": [{**cell, "outputs": shown}] * 2, "metadata": {}, "nbformat": 4}
    data = json.dumps({**book, "nbformat_minor": 4}).encode()
    (finding,) = check_notebook(
        read_notebook(data, "x.ipynb"), Settings(select=("NBP302",)).selection()
    )
    assert [place.place.cell for place in finding.related] == [2]
    assert finding.fix is not None and len(finding.fix.edits) == 6


PARTIAL = [
    # What a move leaves undefined was beside the finding that it mends.
    ["print(a)\nprint(z)", "print(b)", "a = 1\nb = 2"],
    ["print(a)", "print(a + nowhere)", "print(nowhere)", "a = 1"],
    ["print(a)", "b = a + c", "a = 1", "c = b"],
]


@pytest.mark.parametrize("cells", PARTIAL)
def test_an_order_fix_is_applied_though_others_of_its_finding_stay(cells: list[str]) -> None:
    selection = Settings(select=("NBP101", "NBP103")).selection()
    data = as_bytes(cells, [None] * len(cells))
    options = CheckOptions(effort=30)

    def check(notebook: Notebook) -> tuple[Finding, ...]:
        return check_notebook(notebook, selection, options)

    fixed = fix_bytes(data, "x.ipynb", check, unsafe=True)
    assert len(fixed.applied) == 1 and not fixed.refused
    left = check(read_notebook(fixed.data, "x.ipynb"))
    assert all(finding.symbol != "a" for finding in left)
