"""Objects as the expressions that make them, and estimators that are fitted again."""

from __future__ import annotations

import collections
import pathlib
import re
import types
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

from nbprod.execution.shapes import public_module
from nbprod.extract.suite import expression_texts, object_texts

_FEATURES = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.0, 1.0, 0.0, 2.0]})
_LABELS = pd.Series([0, 1, 0, 1])


@pytest.mark.parametrize(
    "fitted",
    [
        LogisticRegression().fit(_FEATURES, _LABELS),
        Ridge(2.0).fit(_FEATURES.to_numpy(), _LABELS),
        KMeans(n_clusters=2, random_state=0).fit(_FEATURES),
        LabelEncoder().fit(["low", "high"]),
    ],
)
def test_an_estimator_without_its_features_is_fitted_with_a_few_rows(fitted: Any) -> None:
    objects = _objects()
    objects.makes_data = True
    text = _written(fitted, objects)
    again = expression_texts.evaluated(text, objects.names_for(text))
    assert type(again) is type(fitted) and object_texts.is_fitted(again)
    assert getattr(again, "n_features_in_", 0) == getattr(fitted, "n_features_in_", 0)
    assert list(getattr(again, "classes_", [])) == list(getattr(fitted, "classes_", []))


class Parcel:
    """A class of the notebook's own."""

    def __init__(self, weight: float, city: str = "Bern") -> None:
        self.weight = weight
        self.city = city


class Sealed:
    """One whose constructor takes what it does not keep."""

    def __init__(self, text: str) -> None:
        self.size = len(text)


def _objects() -> Any:
    module = types.ModuleType(__name__)
    vars(module).update(Parcel=Parcel, Sealed=Sealed, Ridge=Ridge)
    return object_texts.Objects(module, public_module)


def _written(value: Any, objects: Any) -> str:
    return expression_texts.Writer(4, 2000, objects).written(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (LogisticRegression(max_iter=500), "LogisticRegression(max_iter=500)"),
        ([Ridge(), Ridge(2.0)], "[Ridge(), Ridge(alpha=2.0)]"),
        (Pipeline([("s", StandardScaler())]), "Pipeline(steps=[('s', StandardScaler())])"),
        (Parcel(2.5), "Parcel(weight=2.5, city='Bern')"),
        (pathlib.Path("a/b.csv"), "Path('a/b.csv')"),
        (np.mean, "np.mean"),
        (len, "len"),
        (collections.defaultdict(list, a=[1]), "defaultdict(list, {'a': [1]})"),
        (re.compile("a+"), "re.compile('a+')"),
        (range(3), "range(0, 3)"),
    ],
)
def test_an_object_is_written_as_what_makes_it(value: Any, text: str) -> None:
    objects = _objects()
    assert _written(value, objects) == text
    made = expression_texts.evaluated(text, objects.names_for(text))
    assert type(made) is type(value)


@pytest.mark.parametrize("value", [Sealed("abc"), lambda x: x, Ridge().fit([[1.0]], [1.0])])
def test_what_nothing_makes_has_no_expression(value: Any) -> None:
    with pytest.raises(expression_texts.Unwritable):
        _written(value, _objects())


def test_a_name_that_the_module_only_imports_has_its_own_import() -> None:
    objects = _objects()
    text = _written(Ridge(), objects)
    assert objects.lines_for([text]) == ["from sklearn.linear_model import Ridge"]
    assert objects.lines_for([_written(Parcel(1.0), objects)]) == []


@pytest.mark.parametrize(
    ("value", "given", "expected"),
    [
        (Ridge(), {"X": _FEATURES, "y": _LABELS}, "Ridge().fit(X, y)"),
        (LogisticRegression(), {"X": _FEATURES}, "LogisticRegression().fit(X, [0, 1, 0, 1])"),
        (StandardScaler(), {"n": 3, "X": _FEATURES}, "StandardScaler().fit(X)"),
        (KMeans(2, random_state=0), {"X": _FEATURES}, "fit(X)"),
    ],
)
def test_a_fitted_estimator_is_fitted_with_the_other_arguments(
    value: Any, given: dict[str, Any], expected: str
) -> None:
    objects = _objects()
    fitted = value.fit(_FEATURES, _LABELS)
    objects.given = given
    text = _written(("name", fitted), objects)
    assert expected in text
    made = expression_texts.evaluated(text, objects.names_for(text) | given)[1]
    assert object_texts.is_fitted(made)


def test_it_is_not_fitted_with_other_columns() -> None:
    objects = _objects()
    objects.given = {"X": _FEATURES.rename(columns={"a": "c"}), "Z": np.zeros((4, 3))}
    with pytest.raises(expression_texts.Unwritable):
        _written(Ridge().fit(_FEATURES, _LABELS), objects)
