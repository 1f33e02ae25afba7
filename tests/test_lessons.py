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
    # Of a notebook that needs nothing but Python it is not: that is a lesson.
    assert "NBP109" in codes(f"import pandas\n{made}", changed, level="production")


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


@pytest.mark.parametrize(
    ("made", "changed", "used"),
    [
        ("total = 100", "total += 5", "share = 3 / total"),
        ("prices = [4, 5]", "prices.append(6)", "import statistics\nm = statistics.mean(prices)"),
        (
            "import numpy as np\nm = np.array([1, 2])",
            "m = m * 2",
            "import json\njson.dumps(list(m))",
        ),
        ("x = 3", "x = x + 1", "def f(n):\n    return n\ny = f(x)"),
    ],
)
def test_what_is_computed_with_below_is_no_exercise(made: str, changed: str, used: str) -> None:
    assert "NBP109" in codes(made, changed, used)


@pytest.mark.parametrize(
    "shown", ["print(total + 1)", "total", "total * 2", "total -= 3", "print(type(total))"]
)
def test_what_is_shown_below_is_still_an_exercise(shown: str) -> None:
    assert "NBP109" not in codes("total = 100", "total += 5", shown)


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


def failed(source: str, error: str = "", **fields: Any) -> dict[str, Any]:
    name, _, value = error.partition(": ")
    saved = {"output_type": "error", "ename": name, "evalue": value, "traceback": []}
    return {"source": source, "outputs": [saved] if error else [], **fields}


def note(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": text, "execution_count": None}


UNDEFINED = "NameError: name 'lion' is not defined"
INTENDED: dict[str, tuple[Any, ...]] = {
    "a comment names the error": (failed("print(lion)  # NameError", UNDEFINED),),
    "a note tells of it": (note("The next line will raise an error:"), failed("print(lion)")),
    "a note in another language": (note("下面的代码会报错"), failed("print(lion)", UNDEFINED)),
    "a tag": (failed("print(lion)", metadata={"tags": ["raises-exception"]}),),
    "defined below": (note("This code fails."), failed("lion", UNDEFINED), "lion = 1"),
    "a key": ("ages = {'Ann': 3}", failed("ages['Bob']", "KeyError: 'Bob'")),
    "a key, announced": (failed("ages = {'Ann': 3}\n# this will fail\nages['Bob']"),),
    "a key, set below": (
        "ages = {'Ann': 3}", failed("ages['Bob']", "KeyError: 'Bob'"), "ages['Bob'] = 4",
    ),
    "a local variable": (
        "n = 1\ndef f():\n    n += 1",
        failed("f()  # raises an error", "UnboundLocalError: local variable 'n' referenced before"),
    ),
    "what del does": ("lion = 1", "del lion", failed("lion", UNDEFINED)),
    "what del does, in one cell": (failed("lion = 1\ndel lion\nprint(lion)", UNDEFINED),),
    "a tuple": ("t = (1, 2)", failed("t[0] = 3", "TypeError: no item assignment")),
    "a method": ("t = (1, 2)", failed("t.append(3)", "AttributeError: 'tuple' object has no "
        "attribute 'append'")),  # fmt: skip
    "a conversion": (failed("int('one')", "ValueError: invalid literal"),),
    "two values of one cell": (
        failed("days = 29\ntext = 'in all: '\ntext + days", "TypeError: can only concatenate"),
    ),
    "a group of a pattern": (
        "import re\nfound = re.search('(a)', 'abc')", failed("found.group(2)", "IndexError: no"),
    ),
    "a question above": (
        "names = open('a').read()", note("Can we change it?"), failed("names[0] = 'x'",
        "TypeError: no item assignment"),
    ),  # fmt: skip
    "stopped by hand": (failed("while True:\n    print(1)", "KeyboardInterrupt: "),),
    "a server": ("import app", failed("app.serve()", "KeyboardInterrupt: "), "print(2)"),
}  # fmt: skip
ERRORS = {"NBP101", "NBP103", "NBP104", "NBP105", "NBP112", "NBP121"}


@pytest.mark.parametrize("cells", INTENDED.values(), ids=INTENDED)
def test_an_error_that_is_the_point_is_told_before_production_only(cells: tuple[Any, ...]) -> None:
    assert not ERRORS & set(codes(*cells))
    assert ERRORS & set(codes(*cells, level="production"))


EARNEST: dict[str, tuple[str, tuple[Any, ...]]] = {
    "a name": ("NBP103", (failed("print(lion)", UNDEFINED),)),
    "a comment on something else": ("NBP103", (failed("print(lion)  # the mean error"),)),
    "no error is announced": ("NBP103", (note("This will not raise an error"), failed("lion"))),
    "an error that is measured": ("NBP103", (note("The root mean squared error"), failed("lion"))),
    "it ran": ("NBP103", (note("This fails"), {"source": "lion", "outputs": [
        {"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {},
         "execution_count": 2}]})),
    "a key": ("NBP121", ("ages = {'Ann': 3}", "print(ages['Anne'])")),
    "what was read": ("NBP112", ("x = open('a').read()", failed("x + 1", "TypeError: no"))),
    "an own function": (
        "NBP112", ("def f(x):\n    return x[3]", failed("f([1])", "IndexError: no")),
    ),
    "another version": ("NBP112", ("import numpy as np", failed("np.float(1)",
        "AttributeError: module 'numpy' has no attribute 'float'"))),
    "a class of a library": ("NBP112", ("import pandas as pd\ndf = pd.DataFrame({'a': [1]})",
        failed("df.append({'a': 2})", "AttributeError: 'DataFrame' object has no attribute"))),
    "others read it": ("NBP112", (failed("x = int('a')", "ValueError: no"), "print(x)")),
    "others read what was interrupted": (
        "NBP112", ("import m", failed("x = m.fit()", "KeyboardInterrupt: "), "print(x)"),
    ),
    "deleted long ago": ("NBP104", ("lion = 1", "del lion", "print(1)", failed("lion", UNDEFINED))),
}  # fmt: skip


@pytest.mark.parametrize(("code", "cells"), EARNEST.values(), ids=EARNEST)
def test_an_error_in_earnest_is_told(code: str, cells: tuple[Any, ...]) -> None:
    assert code in codes(*cells)


@pytest.mark.parametrize(
    "cells",
    [
        ("rates = {'a': open('a').read()}\nx = 1\ny = 2\nz = rates['b']", "KeyError: 'b'"),
        ("n = 1\ndef f():\n    n += 1\nf()", "UnboundLocalError: local variable 'n' referenced "
         "before assignment"),
    ],
)  # fmt: skip
def test_a_failure_that_is_foreseen_and_was_saved_is_one_finding(cells: tuple[str, str]) -> None:
    assert len(ERRORS & set(codes(failed(*cells)))) == 1
