"""Small data with numbers on the bounds that a function compares with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbprod.extract.suite.expression_texts import on_bounds


@pytest.mark.parametrize(
    ("items", "bounds", "expected"),
    [
        ([1, 40, 60, 90], [50], [1, 50, 60, 90]),
        ([1, 50, 90], [50], [1, 50, 90]),
        ([1.0, 2.0, 3.0], [2.5], [1.0, 2.5, 3.0]),
        # A whole number stays one, extremes stay, and nothing lies outside of them.
        ([1, 2, 3], [2.5], [1, 2, 3]),
        ([1, 3], [2], [1, 3]),
        ([1, 2, 3], [7], [1, 2, 3]),
        ([1, 20, 30, 99], [25, 50], [1, 25, 50, 99]),
        (["a", "b"], [1], ["a", "b"]),
        ([True, False], [1], [True, False]),
    ],
)
def test_the_nearest_number_becomes_the_bound(
    items: list[Any], bounds: list[float], expected: list[Any]
) -> None:
    assert on_bounds({"x": items}, bounds)["x"] == expected


def test_columns_and_arrays_keep_their_types() -> None:
    frame = pd.DataFrame({"age": [1, 48, 90], "name": ["a", "b", "c"]})
    found = on_bounds({"frame": frame, "array": np.array([0.0, 0.4, 1.0])}, [50, 0.5])
    assert found["frame"]["age"].tolist() == [1, 50, 90]
    assert found["frame"]["age"].dtype == frame["age"].dtype
    assert found["array"].tolist() == [0.0, 0.5, 1.0]
    # What was given has not changed.
    assert frame["age"].tolist() == [1, 48, 90]
