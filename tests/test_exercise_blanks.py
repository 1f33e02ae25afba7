"""Unfilled blanks of an exercise are one finding of a notebook; other errors keep their own."""

from __future__ import annotations

import pytest

from nbprod.notebook.types import Cell
from nbprod.syntax.exercise_blanks import blank_of
from nbprod.syntax.parse import parse_cell
from tests.test_true_findings import findings, said

BLANKS = [
    ("model = <>", "<>"),
    ("def f(x):\n    <WRITE THE LOOP>\n    return x", "<WRITE THE LOOP>"),
    ("rows = load(<path of the file>)", "<path of the file>"),
    ("return_of = [<...>]", "<...>"),
    ("total = ____ of x", "____"),
    ("mean = ...YOUR CODE HERE...", "YOUR CODE HERE..."),
    ("rate = # your favourite rate\nprint(rate)", "# your favourite rate"),
    ("class Net:\n    def forward(self):\n        # TODO: the layers\n", "# TODO: the layers"),
    ("for name in names:\n    ### START CODE HERE\n\n    ### END CODE HERE", "# CODE HERE"),
    ("def f(x):\n    # Code goes here\n\nprint(f(2))", "# Code goes here"),
    ("small = resize(# YOUR CODE HERE)\nprint(small)", "# YOUR CODE HERE"),
    ("last = # Your code here\nmodel = build(3, # Your code here)", "# Your code here"),
    ("loss = (guess - ...\nprint(loss)", "..."),
    ("net = Sequential(\n    ...\n    ...\n)", "..."),
    ("def f(x):\n    return max(x, ...\n", "..."),
    ("best =\n# </END OF YOUR SOLUTION>", "# <YOUR SOLUTION>"),
]
ERRORS = [
    "if a <> b:\n    pass",
    "print total",
    "raise ValueError, 'no rows'  # your code here",
    "<div align='center'>rows</div>",
    "<center>",
    "# your code here\nprint 'rows'",
    "x = (1\n# TODO",
    "x = [1, ...]\nprint x",
    "x = ...\ny = (2",
    "for row in rows\n    # your code\n    pass",
]


@pytest.mark.parametrize(("source", "blank"), BLANKS)
def test_a_blank_is_told_as_it_is_written(source: str, blank: str) -> None:
    (found,) = findings("NBP010", source)
    assert found.message == f"cell has an unfilled blank `{blank}`"
    assert found.severity == "info" and not findings("NBP010", source, level="explore")


@pytest.mark.parametrize("source", ERRORS)
def test_other_errors_are_no_blanks(source: str) -> None:
    assert blank_of(parse_cell(Cell(0, "code", source))) is None
    (found,) = findings("NBP010", source, level="explore")
    assert found.severity == "error" and "blank" not in said([found])


def test_the_blanks_of_a_notebook_are_one_finding_and_hide_no_other() -> None:
    blanks, error = findings("NBP010", "a = <YOUR CODE>", "print a", "b = <>", "c = <YOUR CODE>")
    assert blanks.message == "3 cells have unfilled blanks: `<YOUR CODE>`"
    assert [place.place.cell for place in blanks.related] == [3, 4]
    assert error.place.cell == 2 and error.severity == "error"
    assert not any("Python 2" in one.message for one in (blanks, error))
