"""Exercises, lessons and courses: what they leave open or show on purpose is no fault."""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_true_findings import findings, said

STUBS = [
    "def spread(rows):\n    # YOUR CODE HERE\n    return widest - least",
    "def spread(rows):\n    # START CODE HERE\n\n    # END CODE HERE\n    return widest",
    "def spread(rows):\n    # TODO: compute the widest row\n    print(widest)",
    "def spread(rows):\n    least = ...\n    return widest",
]


@pytest.mark.parametrize("stub", STUBS)
def test_a_local_of_a_stub_is_left_to_be_written(stub: str) -> None:
    cells = [f"{stub}\nspread([1])", "widest = 9\nleast = 1"]
    assert not findings("NBP101", *cells, level="shared")
    found, *_ = findings("NBP101", *cells)
    assert found.severity == "info" and found.fix is None
    assert found.help is not None and found.help.startswith("write its definition in `spread`")
    assert not findings("NBP202", *cells)


def test_a_function_that_is_whole_is_no_stub() -> None:
    (found,) = findings(
        "NBP101", "def spread(rows):\n    # the widest\n    return top\nspread([1])", "top = 9"
    )
    assert found.severity == "error" and "write its definition" not in said([found])


SHOWN = [
    ("The name **is not accessible** out here.", "inner", "NameError: name 'inner' is not defined"),
    ("Python complains about a missing key.", "{}['a']", "KeyError: 'a'"),
    ("## Local scope", "inner", "NameError: name 'inner' is not defined"),
    ("What happens when a text is given?", "int('a')", "ValueError: invalid literal: 'a'"),
    ("Oops:", "[1][3]", "IndexError: list index out of range"),
]


def with_error(source: str, error: str, *traceback: str) -> dict[str, Any]:
    name, _, value = error.partition(": ")
    output = {
        "output_type": "error",
        "ename": name,
        "evalue": value,
        "traceback": [*traceback, error],
    }
    return {"source": source, "outputs": [output]}


def note(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": text}


@pytest.mark.parametrize(("text", "source", "error"), SHOWN)
def test_an_error_that_the_note_speaks_of_is_the_point(text: str, source: str, error: str) -> None:
    for rule in ("NBP112", "NBP103"):
        assert not findings(rule, note(text), with_error(source, error), level="shared")
    earnest = [note("Load the sales."), with_error("load(3).foo()", "ValueError: no rows")]
    assert findings("NBP112", *earnest, level="shared")


DISPLAYS = [
    "File ~/lib/matplotlib_inline/backend_inline.py:90, in show(close, block)\n--> 90 display(",
    "Error in callback <function flush_figures at 0x7f1> (for post_execute):",
    "File ~/lib/IPython/core/formatters.py:340, in __call__(self, obj)\n--> 340 return show(obj)",
]
IN_CELL = "Cell In[1], line 1\n----> 1 y = draw(3)\n"


@pytest.mark.parametrize("frame", DISPLAYS)
def test_an_interrupt_of_a_display_leaves_the_results(frame: str) -> None:
    cells = [with_error("y = draw(3)", "KeyboardInterrupt: ", frame), "print(y)"]
    assert not findings("NBP112", *cells, level="shared")
    assert "ran to its end" in said(findings("NBP112", *cells))
    cells[0] = with_error("y = draw(3)", "KeyboardInterrupt: ", IN_CELL, frame)
    assert "cell was interrupted" in said(findings("NBP112", *cells, level="shared"))


def test_a_syntax_error_of_a_line_that_is_gone_is_of_other_code() -> None:
    frame = '  Cell In[4], line 1\n    print(f"{"a"}")\n              ^\nSyntaxError: f-string\n'
    error = "SyntaxError: f-string: expecting '}'"
    assert not findings("NBP112", with_error("print('a')", error, frame), level="shared")
    assert findings("NBP112", with_error('print(f"{"a"}")', error, frame), level="shared")


COURSES = [
    ("Lesson 3/forests.ipynb", []),
    ("week_02/sales.ipynb", []),
    ("MyLectures/sales.ipynb", []),
    ("sales.ipynb", [note("# Homework 3: forests")]),
    ("sales.ipynb", [note("Exercise 1: fit"), note("Exercise 2: score"), note("Exercise 3: tune")]),
]
WORK = [
    "import pandas as pd\nfrom sklearn.ensemble import RandomForestClassifier\n"
    "def part(x):\n    assert x > 3\n    return x\ndf = pd.read_csv('sales.csv').sample(frac=1)",
    "model = RandomForestClassifier(n_estimators=30).fit(df[['a']], df.y)",
    "other = RandomForestClassifier(n_estimators=30).fit(df[['b']], df.y)",
]


@pytest.mark.parametrize("rule", ["NBP405", "NBP501"])
def test_nobody_configures_or_seeds_the_code_of_a_course(rule: str) -> None:
    for path, notes in COURSES:
        assert not findings(rule, *notes, *WORK, path=path)
    for path in ("sales.ipynb", "recourse/classification.ipynb", "modules/labels.ipynb"):
        assert findings(rule, *WORK, path=path)


COPY = """{0} = rows.groupby('{1}').agg('sum').reset_index()
{0}['rate'] = {0}['paid'] / {0}['due'] * 100
{0}['late'] = {0}['rate'].clip(0, 90).round(2).astype(float)
{0} = {0}[{0}['rate'] < 0.5].sort_values('rate').head(20)
print({0}.describe())"""
COPIES = [
    "import os\nimport pandas as pd\nparts = [pd.read_csv(name) for name in os.listdir('rows')]\n"
    "rows = pd.concat(parts)",
    COPY.format("wide", "shop"),
    COPY.format("low", "town"),
]


@pytest.mark.parametrize("rule", ["NBP506", "NBP901"])
def test_copies_and_listings_of_a_course_are_left(rule: str) -> None:
    assert findings(rule, *COPIES) and not findings(rule, *COPIES, path="week 3/rows.ipynb")


TAUGHT = [
    ("NBP203", "## The keyword global", ["n = 1", "def f():\n    global n\n    n = 2", "f()\nn"]),
    ("NBP701", "## Exceptions", ["def f():\n    try:\n        g()\n    except:\n        print(1)"]),
    ("NBP201", "### Global scope", ["n = 1\ndef f():\n    return n", "f()", "n = 2", "f()"]),
]


@pytest.mark.parametrize(("rule", "heading", "cells"), TAUGHT)
def test_what_a_lesson_is_about_is_its_point(rule: str, heading: str, cells: list[str]) -> None:
    assert not findings(rule, note(heading), *cells)
    assert findings(rule, note("## Prices"), *cells)


LAZY = [
    "def get():\n    global model\n    if model is None:\n        model = load()\n    return model",
    "def get():\n    global model\n    if not model:\n        model = load()\n    return model",
]


@pytest.mark.parametrize("function", LAZY)
def test_what_is_made_once_where_it_is_missing_is_a_cache(function: str) -> None:
    rest = ("get()", "print(model)")
    assert "`functools.cache`" in said(findings("NBP203", "model = None", function, *rest))
    other = function.replace("        model =", "        pass\n    model =")
    assert "return the value" in said(findings("NBP203", "model = None", other, *rest))


def test_a_tuple_that_cannot_change_is_shown_though_others_read_it() -> None:
    error = "TypeError: 'tuple' object does not support item assignment"
    frame = "Cell In[1], line 2\n      1 sizes = (3, 4)\n----> 2 sizes[0] = 2\n"
    cells = [with_error("sizes = (3, 4)\nsizes[0] = 2", error, frame), "print(sizes)"]
    assert not findings("NBP112", *cells, level="shared")
    lost = "Cell In[1], line 1\n----> 1 sizes = (3, 4)[0][1]\n"
    error = "TypeError: 'int' object is not subscriptable"
    cells[0] = with_error("sizes = (3, 4)[0][1]", error, lost)
    assert findings("NBP112", *cells, level="shared")
