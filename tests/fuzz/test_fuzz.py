"""A few mutated notebooks in every run, a thousand where there is time; found bugs as tests."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

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


# The smallest input of what the fuzzer has found: a name, the source of a code cell, its outputs.
FOUND: dict[str, tuple[str, str, list[Any]]] = {
    "half of a pair in the name": ("a\udcff.ipynb", "x = 1\nprint(x)", []),
    "an output whose data has no types": (
        "a.ipynb", "x = 3\nx", [{"output_type": "execute_result", "data": [[]], "metadata": {}}]
    ),
    "a backslash between two blocks": (
        "a.ipynb", "try:\n    model\nexcept NameError:\n\\\n    model = 1", []
    ),
    "a backslash before a block that ends": (
        "a.ipynb", "def rate(total, count):\n    # share\n    if count:\n\\\n        return 1", []
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "source", "outputs"), FOUND.values(), ids=FOUND)
def test_found_before(
    name: str, source: str, outputs: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": outputs}
    cell |= {"source": source, "execution_count": 1}  # type: ignore[dict-item]
    book = {"cells": [cell], "metadata": {}, "nbformat": 4}
    monkeypatch.chdir(tmp_path)
    assert os.listdir(tmp_path) == []
    data = json.dumps({**book, "nbformat_minor": 5}).encode()
    assert problems(Case(data, name, ""), tmp_path) == []


@pytest.mark.parametrize(
    "output",
    [
        {"outype": "stream", "name": "stdout", "text": "key = '%'"},
        {"output_type": "strewn", "text": ["key = '%'"]},
        {"ename": "KeyError", "evalue": "key = '%'"},
        {"output_type": "stream", "text": "none", "data": {"text/plain": "key = '%'"}},
    ],
)
def test_outputs_of_unknown_types_hide_their_credentials(
    output: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    secret = "ghp_pcf0Mm5F6qx2GPHQ6a7tj9i0qA0HCLELVEGl"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "x", "execution_count": 1}
    book = {"cells": [{**cell, "outputs": [output]}], "metadata": {}, "nbformat": 4}
    data = json.dumps({**book, "nbformat_minor": 5}).replace("%", secret).encode()
    assert problems(Case(data, "a.ipynb", secret), tmp_path) == []
