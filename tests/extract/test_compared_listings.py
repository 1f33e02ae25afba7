"""A list of files that a notebook prints has the module in it afterwards: that is no difference."""

from __future__ import annotations

from typing import Any

import pytest

from nbprod.execution.compare import MatchedCells, compare_runs


def run(text: str) -> dict[str, Any]:
    outputs = [{"stream": "stdout", "text": text}]
    return {"cells": [{"outputs": outputs, "values": {}}], "final": {}}


def differs(before: str, after: str) -> bool:
    verdict = compare_runs(run(before), run(after), [MatchedCells((0,), (0,))], "steps")
    assert bool(verdict.differences) or before == after or verdict.uncompared
    return bool(verdict.differences)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a.csv  b.ipynb\r\n", "a.csv  b.ipynb\tsteps.py\r\n"),
        ("a.csv\nb.ipynb\n", "a.csv\n__pycache__\nb.ipynb\nsteps.py\n"),
        ("\x1b[0m\x1b[01;32ma.csv\x1b[0m\n", "\x1b[01;34m__pycache__\x1b[0m/ a.csv\nsteps.py\n"),
    ],
)
def test_the_module_may_be_listed(before: str, after: str) -> None:
    assert not differs(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a.csv  b.ipynb\n", "a.csv  c.ipynb steps.py\n"),
        ("a.csv  b.ipynb\n", "b.ipynb steps.py\n"),
        ("3 4\n", "3 4 5\n"),
        ("a.csv\n", "a.csv __pycache__\n"),
    ],
)
def test_all_else_is_a_difference(before: str, after: str) -> None:
    assert differs(before, after)
