"""Values as plain data: what tells two values apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbprod.execution.compare import same_value
from nbprod.execution.described import describe
from nbprod.execution.seeding import Entropy


class Slotted:
    """A value whose text is its address, and which has no `__dict__`."""

    __slots__ = ("inner",)

    def __init__(self, inner: object) -> None:
        self.inner = inner

    def __reduce__(self) -> tuple[Any, ...]:
        return Slotted, (self.inner,)


NUMBERS = pd.Series(np.arange(30_000.0))
LATE = NUMBERS.copy()
LATE.iloc[-1] = -1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pd.Series([1, 2], index=["a", "b"]), pd.Series([1, 2], index=["a", "c"])),
        (pd.Series([1, 2], name="x"), pd.Series([1, 2])),
        (pd.Index([1, 2], name="x"), pd.Index([1, 2])),
        (pd.Series(pd.Categorical(["a"], ["a", "b"])), pd.Series(pd.Categorical(["a"], ["a"]))),
        (
            pd.Series(pd.Categorical(["a"], ["a"], ordered=True)),
            pd.Series(pd.Categorical(["a"], ["a"])),
        ),
        (NUMBERS, LATE),
        (pd.DataFrame({"a": NUMBERS}), pd.DataFrame({"a": LATE})),
        (Slotted([1, 2]), Slotted([1, 3])),
        (pd.DataFrame({"a": [1]}).rename_axis(columns="k"), pd.DataFrame({"a": [1]})),
    ],
)
def test_values_that_are_not_equal_are_told_apart(one: object, other: object) -> None:
    assert same_value(describe(one), describe(one))
    assert not same_value(describe(one), describe(other))


@pytest.mark.slow
def test_fitted_trees_are_compared_by_their_nodes() -> None:
    from sklearn.tree import DecisionTreeRegressor

    rows = [[0.0], [1.0], [2.0], [3.0]]
    first, same, other = (
        DecisionTreeRegressor(random_state=0).fit(rows, sold)
        for sold in ([1, 2, 3, 4], [1, 2, 3, 4], [4, 2, 3, 4])
    )
    assert same_value(describe(first), describe(same))
    assert not same_value(describe(first), describe(other))


def test_entropy_goes_on_where_another_process_stopped() -> None:
    whole, rest = Entropy(), Entropy({"": 1})
    first, second = whole.bits(64), whole.bits(64)
    assert first != second
    assert rest.bits(64) == second
