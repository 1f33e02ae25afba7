"""Moves are offered where the cells also draw, print and compute the same afterwards."""

from __future__ import annotations

import pytest

from tests.test_true_findings import findings

STATES = [
    # The cell with the name sets a style, draws a number or a figure: it stays where it is.
    ("import matplotlib.pyplot as plt", "plt.plot([2])", "plt.style.use('ggplot')"),
    ("import random\nrandom.seed(1)", "print(random.random())", "random.random()"),
    ("%matplotlib notebook\nimport matplotlib.pyplot as plt", "plt.plot([2])", "plt.figure()"),
    ("import os", "print(open('a.csv').read())", "os.chdir('data')"),
]


@pytest.mark.parametrize(("start", "between", "change"), STATES)
def test_a_cell_that_changes_unseen_state_does_not_go_up(
    start: str, between: str, change: str
) -> None:
    cells = [start, "print(name)", between, f"{change}\nname = 'a'"]
    (found,) = findings("NBP101", *cells)
    assert found.fix is not None and found.fix.title == "Move cell 2 below cell 4"
    # Where the state matters to nothing between, it may.
    (found,) = findings("NBP101", start, "print(name)", "print(3)", f"{change}\nname = 'a'")
    assert found.fix is not None and found.fix.title == "Move cell 4 above cell 2"


FILLED = [
    ("rows = []", "rows.append(read('a'))", "rows.append(read('b'))"),
    ("rows = {}", "rows['a'] = read('a')", "rows.update(read('b'))"),
    ("rows = set()", "rows.add(read('a'))", "rows.update(read('b'))"),
]


@pytest.mark.parametrize(("empty", "first", "second"), FILLED)
def test_what_cells_fill_is_read_below_the_last_of_them(
    empty: str, first: str, second: str
) -> None:
    read = "def read(path):\n    return open(path).read()"
    (found,) = findings("NBP101", read, "for row in rows:\n    print(row)", empty, first, second)
    assert found.fix is not None and found.fix.title == "Move cell 2 below cell 5"
    (found,) = findings("NBP101", read, first, empty, second)
    assert found.fix is not None and found.fix.title == "Move cell 3 above cell 2"


def test_a_row_of_changes_in_another_order_is_no_other_value() -> None:
    def counted(number: int, source: str) -> dict[str, object]:
        return {"source": source, "execution_count": number}

    cells = [
        counted(1, "names = []"),
        counted(3, "names.append('a')"),
        counted(2, "names.append('b')"),
    ]
    assert not findings("NBP106", *cells, counted(4, "print(len(names))"))
    # One that has not run yet is.
    late = [
        cells[0],
        counted(2, "names.append('a')"),
        counted(4, "print(len(names))"),
        counted(3, "names.append('b')"),
    ]
    assert findings("NBP106", *late)


def test_an_order_to_which_a_run_does_not_come_is_not_reported() -> None:
    def counted(number: int, source: str) -> dict[str, object]:
        return {"source": source, "execution_count": number}

    cells = [counted(1, "rate = 1"), counted(4, "print(rate)"), counted(3, "rate = 2")]
    assert findings("NBP106", *cells)
    for stop in ("print(nothing)", "x = = 3"):
        assert not findings("NBP106", counted(2, stop), *cells)
        assert findings("NBP106", *cells, counted(5, stop))
