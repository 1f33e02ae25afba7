"""Every way to silence, what it reaches, and comments that are added where they count."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nbprod.checking.registry import select
from nbprod.config.settings import Settings
from nbprod.project.run import check_bytes
from tests.command import run_nbprod

SETTINGS = Settings(select=("NBP103", "NBP205", "NBP012"))


def book(*cells: dict[str, Any] | str, **metadata: Any) -> bytes:
    made = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": one}
        if isinstance(one, str)
        else one
        for one in cells
    ]
    return json.dumps(
        {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}, indent=1
    ).encode()


def tagged(source: str, *tags: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "metadata": {"tags": list(tags)}, "outputs": [],
        "execution_count": None, "source": source,
    }  # fmt: skip


def note(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def found(data: bytes, settings: Settings = SETTINGS) -> list[tuple[str, int | None, int]]:
    return [
        (one.code, place.cell, place.line)
        for one in check_bytes(data, "n.ipynb", settings).findings
        for place in (one.place, *(other.place for other in one.related))
    ]


A, B = ("NBP103", 1, 1), ("NBP103", 1, 2)
CASES = [
    ("nothing", ["print(aa)\nprint(bb)"], {}, [A, B]),
    ("at the end", ["print(aa)  # nbprod: ignore[NBP103]\nprint(bb)"], {}, [B]),
    ("by name", ["print(aa)  # nbprod: ignore[undefined-name]\nprint(bb)"], {}, [B]),
    ("by prefix", ["print(aa)  # nbprod: ignore[NBP1]\nprint(bb)"], {}, [B]),
    ("blanket", ["print(aa)  # nbprod: ignore\nprint(bb)"], {}, [B]),
    ("with a reason", ["print(aa)  # nbprod: ignore[NBP103] -- why not\nprint(bb)"], {}, [B]),
    ("noqa", ["print(aa)  # noqa: NBP103\nprint(bb)"], {}, [B]),
    ("noqa of others", ["print(aa)  # noqa: F821\nprint(bb)"], {}, [A, B]),
    ("noqa of both", ["print(aa)  # noqa: F821, NBP103\nprint(bb)"], {}, [B]),
    ("above", ["# nbprod: ignore[NBP103]\nprint(bb)"], {}, []),
    ("range", ["# nbprod: disable[NBP103]\nprint(aa)\n# nbprod: enable[NBP103]\nprint(bb)"], {},
     [("NBP103", 1, 4)]),
    ("range to the end", ["# nbprod: disable[NBP103]\nprint(aa)\nprint(bb)"], {}, []),
    ("cell", ["print(aa)\n# nbprod: cell-ignore[NBP103]\nprint(bb)"], {}, []),
    ("notebook comment", ["# nbprod: ignore-notebook[NBP103]", "print(aa)"], {}, []),
    ("notebook in a note", [note("<!-- nbprod: ignore-notebook[NBP103] -->"), "print(aa)"], {}, []),
    ("metadata", ["print(aa)"], {"nbprod": {"ignore": ["NBP103"]}}, []),
    ("tag", [tagged("print(aa)", "nbprod-ignore"), "print(bb)"], {}, [("NBP103", 2, 1)]),
    ("tag with names", [tagged("print(aa)", "nbprod:ignore=undefined-name")], {}, []),
    ("in a string", ['print(aa, "# nbprod: ignore")'], {}, [A]),
    ("not needed", ["x = 1  # nbprod: ignore[NBP103]"], {}, [("NBP012", 1, 1)]),
    ("half needed", ["print(aa)  # nbprod: ignore[NBP103, NBP205]"], {}, [("NBP012", 1, 1)]),
    ("spelt wrong", ["print(aa)  # nbprod: ignore[NBP13]"], {}, [A, ("NBP012", 1, 1)]),
    ("rule that is off", ["x = 1  # nbprod: ignore[NBP109]"], {}, []),
    ("code of another tool", ["x = 1  # noqa: E501"], {}, []),
    ("half a code of another tool", ["x = 1  # noqa: 811"], {}, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "metadata", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_is_silenced(
    cells: list[Any], metadata: dict[str, Any], wanted: list[tuple[str, int | None, int]]
) -> None:
    assert sorted(found(book(*cells, **metadata))) == sorted(wanted)


FRAME = "import pandas as pd\ndf = pd.read_csv('a.csv')"
MARK = "  # nbprod: ignore[NBP702]"
GROUPED = [
    ("a later place", ["df['a'][0] = 1", f"df['a'][1] = 1{MARK}", "df['a'][2] = 1"], [2, 4]),
    ("the first place", [f"df['a'][0] = 1{MARK}", "df['a'][1] = 1", "df['a'][2] = 1"], [3, 4]),
    ("all but the last", [f"df['a'][0] = 1{MARK}", f"df['a'][1] = 1{MARK}", "df['a'][2] = 1"], [4]),
    ("all places", [f"df['a'][{row}] = 1{MARK}" for row in range(3)], []),
    ("a cell", ["df['a'][0] = 1", f"df['a'][1] = 1\n{MARK.replace('ig', 'cell-ig')}"], [2]),
]


@pytest.mark.parametrize(
    ("cells", "wanted"), [case[1:] for case in GROUPED], ids=[case[0] for case in GROUPED]
)
def test_each_place_of_a_grouped_finding_is_silenced_by_itself(
    cells: list[str], wanted: list[int]
) -> None:
    settings = Settings(select=("NBP702", "NBP012"))
    findings = check_bytes(book(FRAME, *cells), "n.ipynb", settings).findings
    places = [
        place.cell for one in findings for place in (one.place, *(r.place for r in one.related))
    ]
    assert places == wanted
    assert len(findings) == bool(wanted)


def test_what_is_left_of_a_grouped_finding_says_so() -> None:
    data = book("print(aa)  # noqa: NBP103\nprint(bb)")
    (finding,) = check_bytes(data, "n.ipynb", SETTINGS).findings
    assert finding.message == "`bb` is not defined in any cell"


def test_comments_are_added_at_all_places_of_a_grouped_finding(tmp_path: Path) -> None:
    cells = [f"df['a'][{row}] = {row}" for row in range(9)]
    (tmp_path / "n.ipynb").write_bytes(book(FRAME, *cells))
    assert run(tmp_path, "--add-noqa=known", "--select", "NBP702").returncode == 0
    assert run(tmp_path, "--select", "NBP702,NBP012").returncode == 0
    text = (tmp_path / "n.ipynb").read_text()
    assert text.count("noqa: NBP702 -- known") == len(cells)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_nbprod(folder, "check", *arguments)


ADDED = [
    ("plain", "print(aa)", "print(aa)  # noqa: NBP103 -- later"),
    ("with a comment", "print(aa)  # hm", "print(aa)  # hm  # noqa: NBP103 -- later"),
    ("with a noqa", "print(aa)  # noqa: E501", "print(aa)  # noqa: E501, NBP103"),
    ("two rules", "def f(x=[]):\n    return x\nf(nope)",
     "def f(x=[]):  # noqa: NBP205 -- later\n    return x\nf(nope)  # noqa: NBP103 -- later"),
    ("several lines", 'print(aa, """\nx\n""")', 'print(aa, """\nx\n""")'),
    ("continued", "y = 1 + \\\n    aa", "y = 1 + \\\n    aa  # noqa: NBP103 -- later"),
    ("blanks at the end", "print(aa)   ", "print(aa)  # noqa: NBP103 -- later"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"), [case[1:] for case in ADDED], ids=[case[0] for case in ADDED]
)
def test_comments_are_added_where_they_count(before: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_bytes(book("import os", before))
    select = ("--select", "NBP103,NBP205,NBP012")
    done = run(tmp_path, *select, "--add-noqa=later")
    assert done.returncode == 0, done.stderr
    source = json.loads(path.read_bytes())["cells"][1]["source"]
    if before != after:
        assert "".join(source) == after
    assert run(tmp_path, *select).returncode == 0
    again = path.read_bytes()
    run(tmp_path, *select, "--add-noqa=later")
    assert path.read_bytes() == again


def test_where_no_comment_has_a_place_it_says_so(tmp_path: Path) -> None:
    output = {"output_type": "error", "ename": "E", "evalue": "x", "traceback": []}
    cell = {**tagged("!false"), "outputs": [output]}
    (tmp_path / "n.ipynb").write_bytes(book(cell))
    before = (tmp_path / "n.ipynb").read_bytes()
    done = run(tmp_path, "--select", "NBP112", "--add-noqa")
    assert done.returncode in (0, 1)
    if done.returncode == 1:
        assert "tag the cell" in done.stderr
        assert (tmp_path / "n.ipynb").read_bytes() == before


@pytest.mark.parametrize("word", ["unused-silencing", "unused-suppression", "NBP012"])
def test_the_former_name_of_the_rule_still_works(word: str) -> None:
    chosen = select((word,))
    assert [rule.name for rule in chosen.rules] == ["unused-suppression"]
