"""Where a value came from is said only where the counts leave no other cell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_true_findings import findings


def counted(count: int | None, source: str) -> dict[str, Any]:
    return {"source": source, "execution_count": count, "outputs": []}


def origins(*cells: dict[str, Any]) -> list[str]:
    (found,) = findings("NBP101", *cells)
    return [label.message for label in found.related if "came from" in label.message]


READ = counted(3, "print(rows)")
MADE = counted(1, "rows = [1]")


def test_the_last_cell_that_bound_a_name_is_named() -> None:
    assert origins(READ, MADE, counted(2, "other = 2")) == [
        "when cell 1 ran, it came from cell 2 In[1]"
    ]


@pytest.mark.parametrize(
    "between",
    [
        "rows.append(2)",
        "rows[0] = 5",
        "rows.sort()",
        "print 3\nrows = []",
        "%%notify\nrows = rows[:1]\nprint rows",
    ],
)
def test_nothing_is_said_where_a_cell_in_between_may_have_changed_it(between: str) -> None:
    assert origins(READ, MADE, counted(2, between)) == []


def test_another_cell_in_between_is_where_it_came_from() -> None:
    said = origins(READ, MADE, counted(2, "%%bash --out rows\nls"))
    assert said == ["when cell 1 ran, it came from cell 3 In[2]"]


def test_nothing_is_said_where_a_cell_that_ran_in_between_is_gone() -> None:
    assert origins(READ, MADE) == []
    assert origins(counted(7, "print(rows)"), MADE, counted(5, "other = 2")) == []


@pytest.mark.parametrize("between", ["print 3\nrows = [1]", "rows = [1,\nx = (", "rows = 1 2"])
def test_what_a_cell_that_does_not_parse_binds_fails_by_no_other_cell(between: str) -> None:
    (found,) = findings(
        "NBP101", counted(3, "rows = rows[1:]"), counted(2, between), counted(4, "len(rows)")
    )
    assert "as a result" not in (found.help or "")
    (found,) = findings("NBP101", counted(3, "rows = rows[1:]"), counted(4, "len(rows)"))
    assert "cell 2 fails as a result" in (found.help or "")


FILLING = [
    "for n in range(2):\n    rows.append(n)",
    "def add(n):\n    rows.append(n)",
    "if flag:\n    rows.extend([1])",
]


@pytest.mark.parametrize("filling", FILLING)
def test_a_reader_does_not_go_below_its_definition_without_what_filled_it(filling: str) -> None:
    read = counted(9, "print(rows)")
    later = counted(2, "rows = []\nfor n in range(3):\n    rows.append(-n)")
    flag = counted(1, "flag = len('a') > 2")
    found = findings("NBP101", flag, counted(8, filling), read, later)
    assert found
    for one in found:
        assert "move this cell" not in (one.help or "")
        assert one.fix is None or "Move cell 3 below" not in one.fix.title
