"""Types of parameters and results that are numbers, where the run saw a narrower one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from nbprod.extract.code.parameter_types import widened_numbers
from tests.extract.notebooks import as_bytes
from tests.extract.test_command import nbprod

FUNCTIONS = [
    (
        "def f(a, b):\n    while b - a > 1:\n        middle = (a + b) / 2\n        a = middle",
        "float",
    ),
    ("def f(a, b):\n    a, b = b, a\n    return a / b", "float"),
    ("def f(a):\n    a = a * 0.5\n    return a", "float"),
    ("def f(a):\n    a = a / 2\n    return range(a)", "int"),
    ("def f(a, rows):\n    a = rows\n    return rows[a]", "int"),
    ("def f(a):\n    a = a + 1\n    a += 2\n    return a", "int"),
    ("def f(a):\n    b = a / 2\n    return b", "int"),
]


@pytest.mark.parametrize(("source", "hint"), FUNCTIONS)
def test_a_whole_number_that_becomes_a_fraction_is_a_float(source: str, hint: str) -> None:
    node = ast.parse(source).body[0]
    assert widened_numbers(node, {"a": "int", "name": "str"}) == {"a": hint, "name": "str"}


CELLS = [
    "import numpy as np",
    """def scaled(rows, low):
    rows = np.array(rows)
    return rows * low / rows.sum()""",
    "shares = scaled([1.0, 2.0, 5.0], 2)",
    """middle = np.mean(shares)
spread = np.std(shares)
kept = shares[shares > middle]
count = len(kept)
limit = middle + spread / max(count, 1)""",
    "print(middle, limit, count)",
]


@pytest.mark.slow
def test_measures_and_arrays_have_the_types_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(as_bytes(CELLS))
    done = nbprod(tmp_path, "extract", "a.ipynb", "-o", "b.py", "--all", "--run", "--verify")
    assert done.returncode == 0, done.stderr
    module = (tmp_path / "b.py").read_text()
    assert "# mypy: allow-redefinition\n# mypy: no-warn-return-any\n" in module
    assert "def scaled(rows: list[float], low: int) -> np.ndarray:" in module
    assert "tuple[np.floating, int, float]:" in module
