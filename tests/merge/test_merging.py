"""Notebooks that repeat themselves, before and after: both run and have to come to the same."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path
from typing import Any, NamedTuple

import libcst as cst
import pytest

from nbprod.checking.engine import check_notebook
from nbprod.checking.registry import select
from nbprod.clones.find import Limits, find_clones
from nbprod.clones.sources import sources_of_notebook
from nbprod.extract.code.replace_literals import comments_of
from nbprod.facts import Facts
from nbprod.fixing.apply import fix_bytes
from nbprod.merge.edits import merges_of
from nbprod.notebook.read import read_notebook
from tests.extract.notebooks import as_bytes
from tests.flow.cells import sources_of

_TITLE = re.compile(r"^== (.*?): (def.*|refused: .*)$", re.MULTILINE)


class Case(NamedTuple):
    title: str
    expected: str
    cells: list[str]


def cases() -> list[Case]:
    text = Path(__file__).with_name("cases.txt").read_text(encoding="utf-8")
    parts = _TITLE.split(text)[1:]
    return [
        Case(title, expected, sources_of(body))
        for title, expected, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


CASES = cases()
MERGED = [case for case in CASES if case.expected.startswith("def")]
REFUSED = [case for case in CASES if not case.expected.startswith("def")]
SELECTION = select(("NBP901", "NBP1"), (), (), "production")


SMALL = Limits(weight=30)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases may be small."""
    monkeypatch.setattr("nbprod.rules.duplication.nbp901_repeated_code._LIMITS", SMALL)


def fixed(data: bytes) -> bytes:
    return fix_bytes(data, "n.ipynb", lambda one: check_notebook(one, SELECTION), unsafe=True).data


def code_of(data: bytes) -> list[str]:
    return [cell.source for cell in read_notebook(data, "n.ipynb").cells]


def run(cells: list[str]) -> tuple[dict[str, Any], list[str]]:
    """The variables at the end, and what each cell has printed and shown."""
    names: dict[str, Any] = {"__name__": "__main__"}
    said = []
    for source in cells:
        tree = ast.parse(source)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(tree, "cell", "exec"), names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
                if value is not None:
                    print("shown:", value)
        said.append(out.getvalue())
    return {
        name: value
        for name, value in names.items()
        if not name.startswith("__") and not callable(value) and type(value).__name__ != "module"
    }, said


def comments_in(cells: list[str]) -> set[str]:
    return {comment for cell in cells for comment in comments_of(cst.parse_module(cell))}


@pytest.mark.parametrize("case", MERGED, ids=lambda case: case.title)
def test_what_is_merged_does_the_same(case: Case) -> None:
    before = as_bytes(case.cells)
    after = fixed(before)
    code = code_of(after)
    assert case.expected in "\n".join(code)
    mine, said = run(case.cells)
    theirs, said_now = run(code)
    assert said_now == said
    shared = set(mine) & set(theirs)
    assert {name: theirs[name] for name in shared} == {name: mine[name] for name in shared}
    assert set(theirs) <= set(mine)
    assert comments_in(code) >= comments_in(case.cells)
    assert fixed(after) == after


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.title)
def test_what_cannot_be_is_refused(case: Case) -> None:
    data = as_bytes(case.cells)
    facts = Facts(read_notebook(data, "n.ipynb"))
    groups = find_clones(sources_of_notebook("n.ipynb", facts.parsed), SMALL).groups
    merges = merges_of(groups, {"n.ipynb": facts}, SMALL)
    assert groups and not merges.found
    reason = case.expected.removeprefix("refused: ")
    assert all(reason in one for one in merges.reasons.values()), merges.reasons
    assert fixed(data) == data
