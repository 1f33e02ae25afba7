"""Notebooks that are there to be read are not told how to get to production; counts are of code."""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_true_findings import findings

INSTALL = "%pip install pandas seaborn"
STAR = "from shop import *\nprint(price)"


@pytest.mark.parametrize(
    "path",
    [
        "docs/howto/plot.ipynb", "examples/01_load.ipynb", "gallery/waves.ipynb",
        "second_edition/text.ipynb", "notebooks/getting_started.ipynb", "PCA_Demo.ipynb",
        "cookbook/2-mean.ipynb", "lectures/3.ipynb",
    ],
)  # fmt: skip
def test_examples_and_documentation_are_spared(path: str) -> None:
    assert not findings("NBP502", INSTALL, path=path)
    assert not findings("NBP805", STAR, path=path)


@pytest.mark.parametrize(
    "path", ["notebooks/sales.ipynb", "src/doctor.ipynb", "example.ipynb", "samplesize/a.ipynb"]
)
def test_other_notebooks_are_not(path: str) -> None:
    assert findings("NBP502", INSTALL, path=path)
    assert findings("NBP805", STAR, path=path)


@pytest.mark.parametrize(
    "note",
    [
        "# Shapes\nThis notebook demonstrates rolling windows.",
        "In this example, we show how to fit a line.",
        "This notebook contains the code samples found in Chapter 3 of the book.",
    ],
)
def test_a_note_may_say_so(note: str) -> None:
    text = {"cell_type": "markdown", "source": note}
    assert not findings("NBP502", text, INSTALL)
    assert findings("NBP502", {"cell_type": "markdown", "source": "# Sales of May"}, INSTALL)


@pytest.mark.parametrize(
    ("filler", "reported"),
    [
        ("    # total += 1\n", False),
        ("\n", False),
        ("    total += row\n", True),
    ],
)
def test_long_cells_are_long_in_code(filler: str, reported: bool) -> None:
    source = "total = 0\nfor row in rows():\n" + 80 * filler + "    print(row)\n"
    assert bool(findings("NBP801", "def rows():\n    return [1]", source)) is reported


def test_a_large_picture_is_to_be_drawn_smaller() -> None:
    picture = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"image/png": "A" * 2_500_000},
    }
    (found,) = findings("NBP809", {"source": "draw()", "outputs": [picture]})
    assert "dots per inch" in str(found.help)
    text = {"output_type": "stream", "name": "stdout", "text": "x\n" * 9000}
    (found,) = findings("NBP809", {"source": "draw()", "outputs": [text]})
    assert "print less" in str(found.help)


@pytest.mark.parametrize("value", ["str", "list[int]", "typing.Dict[str, int]", "Row"])
def test_another_name_of_a_type_is_no_value_to_pass(value: str) -> None:
    cells = ["import typing\nclass Row:\n    pass", f"Kind = {value}"]
    cells += ["def make(x) -> Kind:\n    return Kind(x)", "make(1)\nmake(2)"]
    assert not findings("NBP202", *cells, selected=True)


def test_the_last_value_right_below_its_cell_is_what_it_seems() -> None:
    assert not findings("NBP110", "1 + 1", "x = _", level="shared")
    assert findings("NBP110", "y = 2", "x = _", level="shared")
    assert findings("NBP110", "1 + 1", "x = Out[1]", level="shared")


def test_python_2_in_an_archive_is_information() -> None:
    old: dict[str, Any] = {"language_info": {"name": "python", "version": "2.7.1"}}
    assert findings("NBP010", "print 1", level="shared", **old)
    assert not findings("NBP010", "print 1", level="shared", path="legacy/a.ipynb", **old)


def test_blanks_of_hashes_are_left_on_purpose() -> None:
    assert not findings("NBP010", 'model."####"(x)', level="shared")
    assert findings("NBP010", 'model."#"(x)', level="shared")


def test_no_parameter_is_added_where_a_cell_that_does_not_parse_may_call() -> None:
    cells = ["rate = 1", "def net(x):\n    return x * rate", "net(1)", "rate = 2\nnet(2)"]
    (found,) = findings("NBP201", *cells)
    assert found.fix is not None
    (found,) = findings("NBP201", *cells, "print net(3)")
    assert found.fix is None


@pytest.mark.parametrize(("source", "gone"), [("# load('a')\nx = 1", True), ("load('a')", False)])
def test_a_line_that_is_a_comment_now_did_not_fail(source: str, gone: bool) -> None:
    frame = "ValueError  Traceback (most recent call last)\n<ipython-input-1-abc> in <module>\n"
    error = {"output_type": "error", "ename": "ValueError", "evalue": "bad",
        "traceback": [f"{frame}----> 1 load('a')\n", "ValueError: bad"]}  # fmt: skip
    (found,) = findings("NBP112", {"source": source, "outputs": [error]})
    assert ("of other code than the cell has now" in found.message) is gone
