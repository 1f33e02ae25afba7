"""A few mutated notebooks in every run, a thousand where there is time; found bugs as tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fuzz.__main__ import run
from tests.fuzz.invariants import problems
from tests.fuzz.mutate import Case, case_of, seeds


def test_a_number_is_always_the_same_notebook() -> None:
    assert len(seeds()) > 200
    assert case_of(7, 1) == case_of(7, 1)
    assert len({case_of(number, 1) for number in range(30)}) > 25


@pytest.mark.parametrize("number", range(12))
def test_a_few(number: int) -> None:
    assert run(number, 2) == []


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 1000, 100))
def test_a_thousand(start: int) -> None:
    found = {number: run(number, 1) for number in range(start, start + 100)}
    assert {number: kinds for number, kinds in found.items() if kinds} == {}


# The smallest input of what the fuzzer has found: a name, and the source of a code cell.
FOUND = {
    "half of a pair in the name": ("a\udcff.ipynb", "x = 1\nprint(x)"),
}


@pytest.mark.parametrize(("name", "source"), FOUND.values(), ids=FOUND)
def test_found_before(
    name: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    book = {"cells": [{**cell, "source": source}], "metadata": {}, "nbformat": 4}
    monkeypatch.chdir(tmp_path)
    assert os.listdir(tmp_path) == []
    data = json.dumps({**book, "nbformat_minor": 5}).encode()
    assert problems(Case(data, name, ""), tmp_path) == []
