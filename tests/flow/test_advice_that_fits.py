"""Moves, help and levels that fit what a notebook is and what its cells keep."""

from __future__ import annotations

import pytest

from tests.test_true_findings import findings, said

START = "from shop import Store, make"
STORED = [
    ("rows = store.load('rows')", "store.save(make(), 'rows')"),
    ("rows = store.read_table()", "store.write_table(make())"),
    ("import pandas as pd\nrows = pd.read_csv('a.csv')", "make(store).to_csv('a.csv')"),
]


@pytest.mark.parametrize(("load", "save"), STORED)
def test_no_cell_goes_below_those_that_load_what_it_saves(load: str, save: str) -> None:
    cells = [START, save, f"store = Store()\n{load}\nprint(rows)"]
    (found,) = findings("NBP101", *cells)
    assert found.fix is None
    assert found.help == "define it above this cell"


def test_what_another_object_keeps_is_no_matter() -> None:
    cells = [START, "store.save(make(), 'rows')", "store = Store()", "print(4)"]
    (found,) = findings("NBP101", *cells)
    assert found.fix is not None


def test_the_first_cell_that_imports_is_named() -> None:
    late = "import keras\nfrom keras import layers"
    counts = {"print(layers)": 4, "print(1)": 5, late: 37, f"{late}\n": None}
    cells = [{"source": text, "execution_count": count} for text, count in counts.items()]
    (found,) = findings("NBP101", *cells)
    assert "before cell 3 defines it" in found.message


NOTE = {"cell_type": "markdown", "source": "And so on."}
SHAPES = """\
corners = [point(2, 2), point(2, 1), point(3, 1), point(4, 1), point(4, 2)]
middle = [point(3, 0), point(3, 1)]
arcs = chain(corners) + chain(middle)
net = network(arcs, corners, middle)
size = net.size + len(arcs) + len(corners)
"""


def test_a_text_with_code_may_say_the_same_twice() -> None:
    start = "from shapes import chain, network, point"
    bare = [start, SHAPES, "print(size)", SHAPES, "print(net, size)"]
    assert findings("NBP901", *bare)
    explained = [start, NOTE, SHAPES, "print(size)", NOTE, SHAPES, NOTE, "print(net, size)"]
    assert not findings("NBP901", *explained)
    assert findings("NBP901", *explained, NOTE, SHAPES)


@pytest.mark.parametrize(
    ("tried", "wanted"),
    [
        ("import fastlib", "`ImportError`"),
        ("found = table[key]", "`KeyError`"),
        ("found = rows[0]", "`IndexError`"),
        ("found = work(table)", "catch specific exceptions"),
    ],
)
def test_the_exception_to_catch_is_named_where_it_is_one(tried: str, wanted: str) -> None:
    source = f"try:\n    {tried}\nexcept:\n    found = None"
    assert wanted in said(findings("NBP701", source))


def test_asking_for_the_platform_is_no_finding() -> None:
    asking = "try:\n    {}\n    inside = True\nexcept:\n    inside = False"
    assert not findings("NBP701", asking.format("import google.colab"))
    assert not findings("NBP701", asking.format("from kaggle_secrets import UserSecretsClient"))
    assert findings("NBP701", asking.format("import fastlib"))


def test_a_sketch_that_never_ran_is_not_to_be_run() -> None:
    shown = {"output_type": "stream", "name": "stdout", "text": "1"}
    cells = [
        {"source": "a = 1\nprint(a)", "execution_count": 1, "outputs": [shown]},
        {"source": "mean = encoder(a)", "execution_count": None},
        {"source": "print(a)", "execution_count": 2, "outputs": [shown]},
    ]
    assert not findings("NBP120", *cells)
    cells[1] = {"source": "mean = a / 2\nprint(mean)", "execution_count": None}
    assert findings("NBP120", *cells)


def test_the_functions_of_an_assignment_are_called_as_it_says() -> None:
    source = (
        "import pandas as pd\ndef model():\n    rows = pd.read_csv('a.csv')\n    return rows.sum()"
    )
    assert findings("NBP808", source)
    assert not findings("NBP808", {"cell_type": "markdown", "source": "## Assignment 4"}, source)
