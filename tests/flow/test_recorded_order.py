"""What the execution counts prove about where a value came from, and what they leave open."""

from __future__ import annotations

import json

import pytest

from nbprod.config.settings import Settings
from nbprod.project.run import check_bytes

Cells = list[tuple[int | None, str]]

PROVEN: list[Cells] = [
    [(1, "x = [1]"), (3, "print(x)"), (2, "x = [2]")],
    [(None, "y = 1"), (1, "x = [1]"), (3, "print(x)"), (2, "x = [2]")],
    [(2, "x = [1]"), (4, "print(x)"), (3, "x = [2]"), (1, "y = 3"), (0, "z = 1")],
    [(1, "import math\nr = 1"), (7, "print(r)"), (6, "r = math.pi")],
]
OPEN: list[Cells] = [
    [(5, "x = [1]"), (4, "print(x)"), (1, "x = [2]")],
    [(0, "x = [3]"), (2, "x = [1]"), (6, "print(x)"), (3, "x = [2]")],
    [(None, "x = [3]"), (9, "x = [1]"), (7, "print(x)"), (3, "x = [2]")],
    [(20, "f = abs"), (12, "print(f(1))"), (4, "f = bin"), (1, "y = 1")],
]
EQUAL: list[Cells] = [
    [(1, "n = 2"), (4, "x = [n] * n"), (3, "print(x)"), (2, "x = [n] * n")],
    [(1, "def f(a): return [a]"), (4, "x = f(2)"), (3, "print(x)"), (2, "x = f(2)")],
    [(1, "class A: ..."), (4, "m = A()"), (3, "print(m)"), (2, "m = A()")],
]


def is_told(cells: Cells) -> bool:
    plain = {"cell_type": "code", "metadata": {}, "outputs": []}
    made = [{**plain, "execution_count": count, "source": source} for count, source in cells]
    document = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    data = json.dumps(document).encode()
    checked = check_bytes(data, "x.ipynb", Settings(level="production"))
    return any(finding.code == "NBP106" for finding in checked.findings)


@pytest.mark.parametrize("cells", PROVEN)
def test_a_source_that_the_counts_prove_is_told(cells: Cells) -> None:
    assert is_told(cells)


@pytest.mark.parametrize("cells", OPEN)
def test_an_earlier_run_of_which_the_count_is_gone_may_have_been_the_source(cells: Cells) -> None:
    assert not is_told(cells)


@pytest.mark.parametrize("cells", EQUAL)
def test_the_same_text_of_the_same_values_makes_no_difference(cells: Cells) -> None:
    assert not is_told(cells)
