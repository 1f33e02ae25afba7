"""Cells that somebody has made to keep a check busy, or to make it fail."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from nbprod import check
from nbprod.config.settings import Settings
from nbprod.project.stack import with_deep_stack
from tests.benchmarks.shapes import notebook

_SECONDS = 5
_STEPS = 3_000
SHAPES: dict[str, Callable[[], list[str]]] = {
    "comprehensions over two, 60 deep": lambda: [
        "x = " + "[" * 60 + "1" + " for a in (1, 2)]" * 60
    ],
    "60 clauses over two": lambda: ["x = [1" + " for a in (1, 2)" * 60 + "]"],
    "functions that each call the one before for two": lambda: [
        "def f0(x):\n    return x",
        *(f"def f{i}(x):\n    return [f{i - 1}(y) for y in (1, 2)]" for i in range(1, 60)),
        "f59(1)",
    ],
    "a string that doubles": lambda: ["s = 'ab'", *["s = s + s"] * 80, "print(s)"],
    "a formatted string that doubles": lambda: ["s = 'ab'", *["s = f'{s}{s}'"] * 80, "print(s)"],
    "a list that doubles": lambda: ["s = [1]", *["s = [*s, *s]"] * 80, "print(s)"],
    "a text that is replaced": lambda: ["s = 'a'", *["s = s.replace('a', 'aa')"] * 80],
    "a text that is joined": lambda: ["s = 'a'", *["s = ''.join([s, s])"] * 80],
    "a list that holds itself twice": lambda: [
        "a0 = [1]", *(f"a{i} = [a{i - 1}, a{i - 1}]" for i in range(1, 80)), "print(a79)",
    ],
    "a chain of methods": lambda: [
        "import pandas as pd\ndf = pd.read_csv('a.csv')", "df = df" + ".dropna()" * 1_200,
    ],
    "names of 3,000 letters": lambda: [
        *("a" * 3_000 + f"{'b' * i} = 1" for i in range(20)),
        *(f"print({'a' * 2_999}c{'b' * i})" for i in range(20)),
    ],
    "credentials in one table": lambda: [
        "d = {" + "".join(f"'password{i}': 'hunter{i}xYz9q',\n" for i in range(400)) + "}"
    ],
    "credentials on one line": lambda: [f"x = '{'password=abcDEF123$ ' * 400}'"],
    "private keys without an end": lambda: [
        "x = '''" + "-----BEGIN RSA PRIVATE KEY-----\n" * _STEPS + "'''"
    ],
    "a definition in a function of comments": lambda: [
        "# def load():\n" + "#     rows = 1\n" * 4 * _STEPS, "print(rows)",
    ],
    "suppressions": lambda: ["x = 1  # nbprod: ignore[NBP101]\n" * _STEPS],
    "suppressions where nothing parses": lambda: ["x = = 1  # noqa: NBP101\n" * _STEPS],
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_cell_that_is_made_to_take_long_does_not(shape: str) -> None:
    data = notebook(SHAPES[shape]())
    begin = time.process_time()
    found = check("a.ipynb", data, Settings(level="production"))
    assert time.process_time() - begin < _SECONDS
    assert [finding for finding in found if finding.name == "internal-error"] == []


def test_calls_that_go_too_deep_get_a_larger_stack() -> None:
    def down(depth: int) -> int:
        return 1 + down(depth - 1) if depth else 0

    assert with_deep_stack(lambda: down(10_000)) == 10_000
    with pytest.raises(RecursionError):
        down(10_000)
    with pytest.raises(RecursionError):
        with_deep_stack(lambda: down(10**6))
    with pytest.raises(ZeroDivisionError):
        with_deep_stack(lambda: down(10_000) // 0)
