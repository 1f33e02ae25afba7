"""The types of values as plain data, and what several of them have in common."""

from __future__ import annotations

import collections
import fractions
import pathlib
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from nbprod.execution.shapes import common_shape, type_shape

_INT, _FLOAT, _TEXT = ["builtins.int"], ["builtins.float"], ["builtins.str"]
_NONE = ["builtins.NoneType"]


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ([1, 2.5], ["builtins.list", _FLOAT]),
        ([1, None], ["builtins.list", ["|", _INT, _NONE]]),
        # A list takes no choice of types: a checker would want the very same one elsewhere.
        ([1, "a"], ["builtins.list", []]),
        ((1, "a"), ["builtins.tuple", _INT, _TEXT]),
        ({"a": [], "b": [1]}, ["builtins.dict", _TEXT, ["builtins.list", _INT]]),
        (collections.Counter("aab"), ["collections.Counter", _TEXT]),
        (LogisticRegression(), ["sklearn.linear_model.LogisticRegression"]),
        (np.mean, ["builtins.function"]),
        (len, ["builtins.function"]),
        (fractions.Fraction(1, 2), ["fractions.Fraction"]),
    ],
)
def test_the_shape_of_a_value(value: Any, shape: list[Any]) -> None:
    assert type_shape(value) == shape


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ([1, True, 2.0], _FLOAT),
        (["a", None, "b"], ["|", _TEXT, _NONE]),
        ([1, "a", None], ["|", _INT, _TEXT, _NONE]),
        ([1, "a", b"", None], []),
        ([[], [1]], ["builtins.list", _INT]),
        ([(1, 2), (1, "a")], ["builtins.tuple", _INT, ["|", _INT, _TEXT]]),
        ([(1, 2), (1, 2, 3)], ["builtins.tuple"]),
        ([LogisticRegression(), DecisionTreeClassifier()], ["sklearn.base.ClassifierMixin"]),
        ([LogisticRegression(), LinearRegression()], ["sklearn.base.BaseEstimator"]),
        ([pathlib.Path("a"), LinearRegression()], None),
    ],
)
def test_what_the_shapes_of_several_values_have_in_common(
    values: list[Any], shape: list[Any] | None
) -> None:
    found = common_shape([type_shape(value) for value in values])
    assert found == shape if shape is not None else found[0] == "|"
