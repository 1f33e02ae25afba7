"""What a lesson shows on purpose is no finding at the default level; the same in earnest is one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbprod.config.settings import Settings
from nbprod.project.run import check_bytes
from nbprod.rule import Level

Output = dict[str, Any]


def codes(*cells: Any, level: Level = "shared") -> list[str]:
    """The codes of what is found; a cell is a source, or the fields of a cell."""
    content = []
    for number, cell in enumerate(cells, 1):
        fields = {"source": cell} if isinstance(cell, str) else cell
        content.append({"cell_type": "code", "execution_count": number, "metadata": {},
            "outputs": [], **fields})  # fmt: skip
    notebook = {"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    checked = check_bytes(json.dumps(notebook).encode(), "sales.ipynb", Settings(level=level))
    return [finding.code for finding in checked.findings]


EXERCISES = [
    ("a = 5", "a = a + 10"),
    ("a = 5", "a += 1"),
    ("a, b = 2, 3", "a = a * b"),
    ("text = 'one'", "text = text + ' two'"),
    ("rates = {'x': 3}", "rates['x'] -= 1"),
    ("import numpy as np\nm = np.array([[1, 2], [3, 4]])", "m += 1"),
    ("import numpy as np\nm = np.arange(9).reshape(3, 3)", "m = m[::-1]"),
    ("import pandas as pd\ndf = pd.DataFrame({'x': [1, 2]})", "df['x'] = df['x'] * 2"),
    ("x = 3.0\nrate = 0.1", "x = x - rate * 2 * x"),
    ("left, right = open('a').read(), open('b').read()", "left, right = right, left"),
    ("words = open('a').read().split()", "words[0], words[-1] = words[-1], words[0]"),
    ("squares = (n * n for n in range(4))", "next(squares)"),
    ("lines = iter(open('a').read().split())", "print(next(lines))"),
]


@pytest.mark.parametrize(("made", "changed"), EXERCISES)
def test_what_is_written_out_and_changed_by_constants_is_an_exercise(
    made: str, changed: str
) -> None:
    assert "NBP109" not in codes(made, changed)


@pytest.mark.parametrize(("made", "changed"), EXERCISES[:9])
def test_an_exercise_is_told_before_production(made: str, changed: str) -> None:
    assert "NBP109" in codes(made, changed, level="production")


@pytest.mark.parametrize(
    ("made", "changed"),
    [
        ("total = 0\nrow = float(open('a').read())", "total += row"),
        ("rows = []", "rows.append(3)"),
        ("import pandas as pd\ndf = pd.read_csv('a')", "df['x'] = df['x'] * 2"),
        ("import numpy as np\nm = np.load('a')", "m = m / 255"),
        ("import numpy as np\nm = np.zeros(3)", "m[0] += 1"),
        ("lines = iter(open('a').read().split())", "next(lines)\nprint(list(lines))"),
        ("def made():\n    return open('a').read()\ntext = made()", "text = text + 'x'"),
    ],
)
def test_what_was_read_or_fills_up_is_no_exercise(made: str, changed: str) -> None:
    assert "NBP109" in codes(made, changed)


ROUNDS = [
    "for n in range(3):\n    total = 1 if n == 0 else total * 2",
    "for n in range(3):\n    total = total * 2 if n else 1",
    "for n, row in enumerate([4, 5]):\n    if not n:\n        total = row\n"
    "    else:\n        total += row",
    "first = True\nfor row in (4, 5):\n    if first:\n        total = row\n        first = False\n"
    "    else:\n        total = total + row",
    "n = 0\nwhile n < 3:\n    if n == 0:\n        total = 1\n    total *= 2\n    n += 1",
]


@pytest.mark.parametrize("loop", ROUNDS)
def test_a_value_that_the_first_round_gives_is_no_rest_of_the_last_run(loop: str) -> None:
    assert "NBP109" not in codes("total = float(open('a').read())", loop)


def test_a_choice_that_is_none_of_rounds_starts_nothing_anew() -> None:
    loop = "for n in (1, 2):\n    total = 1 if total is None else total * 2"
    assert "NBP109" in codes("total = float(open('a').read())", "total *= 3", loop)
