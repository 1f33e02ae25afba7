"""What is said of reads that fail because of a broken cell, or because their cell stands below."""

from __future__ import annotations

import json

import pytest

from nbprod.project.run import check_bytes

Cells = list[tuple[int | None, str]]

BROKEN = [
    (["f(x,\n  color='r',\n  size=3\n  b=1)", "size", "color"], None),
    (["f(x, [\n  1,\n  dict(\n    rate=2\n", "rate"], None),
    (["g(  # (\n    kind='(',\n    rows = 1 2)", "rows"], None),
    (["f(x\nrate = 2", "rate"], "`rate` in cell 2"),
    (["def g():\n    print((1\n\nrate = 2", "rate"], "`rate` in cell 2"),
    (["f(a)\nrate = 2\nif x\n", "rate"], "`rate` in cell 2"),
    (["rate = 2\nif x\n", "print(rate)\nrate = 3"], None),
    (["rate = 2\nif x\n", "rate += 1"], None),
]
MOVED: list[tuple[Cells, bool]] = [
    ([(None, "print(df.shape)"), (None, "df = load()\n")], True),
    ([(None, "print(df.shape)"), (None, "df = [1]")], False),
    ([(None, "print(rates['a'])"), (None, "rates = 3")], False),
    ([(None, "print(rates['a'])"), (None, "rates = {'a': 1}")], True),
    ([(None, "total(3)"), (None, "total = 'x'")], False),
    ([(None, "total(3)"), (None, "def total(n): ...")], True),
    ([(None, "print(df)"), (None, "df = df.dropna()")], False),
    ([(2, "print(df)"), (3, "df = load()")], False),
    ([(3, "print(df)"), (2, "df = load()")], True),
    ([(0, "print(df)"), (2, "df = load()")], True),
]


def help_of(cells: Cells, code: str) -> str:
    plain = {"cell_type": "code", "metadata": {}, "outputs": []}
    made = [{**plain, "execution_count": count, "source": source} for count, source in cells]
    document = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    checked = check_bytes(json.dumps(document).encode(), "x.ipynb")
    return next(finding.help or "" for finding in checked.findings if finding.code == code)


@pytest.mark.parametrize(("sources", "told"), BROKEN)
def test_what_fails_with_a_broken_cell(sources: list[str], told: str | None) -> None:
    help_ = help_of([(None, source) for source in sources], "NBP010")
    advice, _, rest = help_.partition("; ")
    assert advice == "correct it, or make the cell a Markdown cell if it is text"
    assert rest == (f"cell cannot run, so these reads also fail: {told}" if told else "")


@pytest.mark.parametrize(("cells", "moves"), MOVED)
def test_a_definition_is_only_to_be_moved_where_it_would_do(cells: Cells, moves: bool) -> None:
    start = "move the definition in cell 2 above cell 1"
    assert help_of(cells, "NBP101").startswith(start) is moves


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("model.ask(1)\n# %%\ndel model", "`model` is not defined in any cell"),
        ("del model\n# %%\nmodel", "`model` is not defined in any cell"),
        ("if rows:\n    pass\n# %%\ndel rows, rows", "`rows` is not defined in any cell"),
        ("print(q)\nq = 1\ndel q", "`q` is used before this cell defines it"),
        ("if 0:\n    c = 1\ndel c", "`c` is only defined by code that does not run"),
    ],
)
def test_a_deletion_is_no_definition(source: str, told: str) -> None:
    checked = check_bytes(f"# %%\n{source}\n".encode(), "x.py")
    found = [finding for finding in checked.findings if finding.code in ("NBP101", "NBP103")]
    assert found and told in found[0].message
