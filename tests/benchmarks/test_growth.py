"""No shape of notebook makes a check grow much faster than the notebook.

Work is counted, not timed: the lines that run, each turn of a loop being one. So the test gives
the same answer on a busy machine; `tests/benchmarks/growth.py` measures seconds.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from nbprod import check
from nbprod.config.settings import Settings
from tests.benchmarks.shapes import SHAPES, notebook

_SMALL = 60
_TIMES = 4
_MOST = 6
# Parts of objects are told apart, and calls followed, up to a bound; growth counts from there on.
_FROM = {"aliases": 240, "columns": 200, "columns shown": 200, "keys": 200, "nested calls": 120}
_QUICK = frozenset(
    (
        "cells",
        "chain",
        "branches",
        "perhaps rebound",
        "nested calls",
        "aliases",
        "lambdas",
        "disorder",
        "shared variable",
        "functions of one variable",
    )
)


def _work(data: bytes, settings: Settings) -> int:
    """How many lines of Python run while a notebook is checked."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    outer = sys.gettrace()
    sys.settrace(trace)
    try:
        check("growth.ipynb", data, settings)
    finally:
        sys.settrace(outer)
    return count


@pytest.mark.parametrize(
    "shape",
    [pytest.param(shape, marks=() if shape in _QUICK else pytest.mark.slow) for shape in SHAPES],
)
def test_work_grows_with_the_notebook(shape: str) -> None:
    settings = Settings()
    check("growth.ipynb", notebook(SHAPES[shape](3)), settings)
    _assert_growth(shape, _FROM.get(shape, _SMALL if shape in _QUICK else 2 * _SMALL), settings)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_work_of_all_rules_grows_with_the_notebook(shape: str) -> None:
    settings = Settings(level="production", select=("ALL",))
    _assert_growth(shape, 2 * _SMALL, settings)


def _assert_growth(shape: str, size: int, settings: Settings) -> None:
    small = _work(notebook(SHAPES[shape](size)), settings)
    large = _work(notebook(SHAPES[shape](_TIMES * size)), settings)
    grown = large / small
    assert grown <= _MOST, f"{grown:.1f} times the work for {_TIMES} times the input"
