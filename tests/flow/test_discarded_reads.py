"""A read of which nothing is kept or shown does not make a second run give another result."""

from __future__ import annotations

import pytest

from tests.flow.cells import flow_of

START = "rate = 3\nrows = [1]"
CHANGE = "rate = len(open('a').read())\nprint(2)"


@pytest.mark.parametrize("statement", ["[rate for _ in range(2)]", "rate", "(rate, [rate, 1])"])
def test_a_value_that_is_discarded_is_no_result(statement: str) -> None:
    assert not flow_of(f"{START}\n|\n{statement}\n{CHANGE}").again(1)


@pytest.mark.parametrize(
    "statement", ["[print(rate) for _ in range(2)]", "print(rate)", "size = [rate, 1]"]
)
def test_a_value_that_is_shown_or_kept_is_one(statement: str) -> None:
    assert flow_of(f"{START}\n|\n{statement}\n{CHANGE}").again(1)
