"""How a test compares a value with the expression of it."""

from __future__ import annotations

import pytest

from nbprod.extract.suite.calls import Call
from nbprod.extract.suite.calls import test_of_call as text_of_call
from nbprod.extract.suite.experiments import Experiment


@pytest.mark.parametrize(
    ("text", "comparison"),
    [
        ("np.array([1.5, 2.0])", "assert_allclose"),
        ('np.array([1.5, float("nan")], dtype="<f8")', "assert_allclose"),
        ("np.array([1, 2])", "assert_array_equal"),
        ("np.array(['a.b', 'c'], dtype=\"<U3\")", "assert_array_equal"),
        ("[1.5, 2.0]", "approx"),
        ("['a', 'b']", "== ['a', 'b']"),
        ("True", "is True"),
    ],
)
def test_a_result_is_compared_by_the_means_of_its_library(text: str, comparison: str) -> None:
    experiment = Experiment({}, ({"type": "x", "text": text},), "", frozenset(), ())
    assert comparison in text_of_call(Call("weigh", ("weights",)), experiment)
