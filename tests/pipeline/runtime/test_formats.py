"""Every format gives an equal value of the same type back, or does not accept it."""

from __future__ import annotations

import collections
import datetime
import math
import os.path
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbprod.pipeline.runtime import formats
from nbprod.pipeline.runtime.errors import ApplicationError

Split = collections.namedtuple("Split", "train test")


def frame() -> pd.DataFrame:
    """Return a frame with the dtypes that notebooks use."""
    return pd.DataFrame(
        {
            "int": [1, 2, 3],
            "small": np.array([1, 2, 3], "int8"),
            "float": [0.1, math.nan, -0.0],
            "text": ["a", None, "ü"],
            "bool": [True, False, True],
            "nullable": pd.array([1, None, 3], "Int64"),
            "when": pd.to_datetime(
                ["2024-01-01 00:00:00.000001", None, "2024-02-01"], format="ISO8601"
            ),
            "zone": pd.to_datetime(["2024-01-01"] * 3).tz_localize("Europe/Paris"),
            "span": pd.to_timedelta([1, 2, 3], "min"),
            "category": pd.Categorical(["x", "y", "x"], ["z", "y", "x"], ordered=True),
            "number": pd.Categorical([3, 1, 3], [3, 2, 1]),
            "bin": pd.cut([1.0, 5.0, 9.0], [0, 4, 8, 12]),
        }
    )


FRAMES = {
    "dtypes": frame(),
    "labels": frame().set_index("text"),
    "index without text": pd.DataFrame({"a": [1.5]}, index=pd.Index([7], name=3)),
    "levels": frame().set_index(["int", "when"]),
    "dates": pd.DataFrame({"a": range(3)}, index=pd.date_range("2024", periods=3, freq="D")),
    "numbered": pd.DataFrame(np.arange(6.0).reshape(2, 3)),
    "columns of numbers": pd.DataFrame({3: [1], 7: [2]}),
    "columns of levels": frame().groupby("bool")[["int", "float"]].agg(["min", "max"]),
    "part": frame()[frame()["int"] > 1],
    "no rows": frame().iloc[:0],
    "no columns": pd.DataFrame(index=[1, 2]),
    "objects": pd.DataFrame({"a": np.array(["x", "y"], object)}),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames(name: str) -> None:
    value = FRAMES[name]
    assert formats.candidates(value)[0] == "frame"
    read = formats.round_trip("frame", value)
    pd.testing.assert_frame_equal(read, value, check_freq=True, check_column_type="exact")
    assert [type(label) for label in read.index.names] == [type(x) for x in value.index.names]
    for column in read.columns:
        assert read[column].to_numpy().flags.writeable == value[column].to_numpy().flags.writeable


SERIES = [
    pd.Series([1, 2], name="a"),
    pd.Series([1.5, None]),
    pd.Series(["a"], name=("x", 1), index=["k"]),
    pd.Series(pd.Categorical([2, 1, 2]), name=5),
    frame().groupby(["bool", "text"])["int"].sum(),
]


@pytest.mark.parametrize("value", SERIES, ids=range(len(SERIES)))
def test_series(value: pd.Series) -> None:
    assert formats.candidates(value)[0] == "series"
    pd.testing.assert_series_equal(formats.round_trip("series", value), value)


INDEXES = [
    pd.Index([1, 5]),
    pd.Index(["a", "b"], name="k"),
    pd.to_datetime(["2024-01-01", "2025-01-01"]),
    pd.RangeIndex(3, 9, 2, name="n"),
]


@pytest.mark.parametrize("value", INDEXES, ids=range(len(INDEXES)))
def test_indexes(value: pd.Index) -> None:
    form = formats.candidates(value)[0]
    assert form in ("index", "scalar")
    pd.testing.assert_index_equal(formats.round_trip(form, value), value, exact=True)


VALUES: list[tuple[str, Any]] = [
    ("json", None),
    ("json", True),
    ("json", 10**30),
    ("json", 0.1 + 0.2),
    ("json", "ü \ud800 \x00\n"),
    ("json", {"a": [1, {"b": None}], "c": -0.0}),
    ("literal", (1, "a", None)),
    ("literal", {1, 2}),
    ("literal", set()),
    ("literal", b"\x00\xff"),
    ("literal", 1 - 2j),
    ("literal", {1: "a", (2, 3): [b"x"]}),
    ("literal", [("a", 1.5), ()]),
    ("array", np.array([[1.5, np.nan], [0.0, -0.0]])),
    ("array", np.asfortranarray(np.arange(6).reshape(2, 3))),
    ("array", np.array(["a", "bc"])),
    ("array", np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])),
    ("array", np.array(5)),
    ("scalar", np.float64(0.1)),
    ("scalar", np.float32(0.1)),
    ("scalar", np.int64(2**62)),
    ("scalar", np.bool_(True)),
    ("scalar", np.str_("a")),
    ("scalar", np.datetime64("2024-01-01T10:00")),
    ("scalar", np.dtype("float32")),
    ("scalar", pd.Timestamp("2024-01-01 10:00:00.123456789")),
    ("scalar", pd.Timestamp("2024-03-31 02:30", tz="UTC").tz_convert("Europe/Paris")),
    ("scalar", pd.Timedelta("1 days 00:00:00.000000001")),
    ("scalar", pd.Period("2024-01", "M")),
    ("scalar", pd.Int64Dtype()),
    ("scalar", datetime.date(2024, 1, 2)),
    ("scalar", datetime.datetime(2024, 1, 2, 3, 4, 5, 6)),
    ("scalar", datetime.timedelta(days=-1, microseconds=1)),
    ("scalar", Path("a/b.csv")),
    ("reference", math.sqrt),
    ("reference", os.path.join),
    ("reference", collections.OrderedDict),
    ("reference", pd.DataFrame),
    ("reference", np),
    ("reference", datetime.date.fromisoformat),
    ("pickle", Split([1], [2])),
    ("pickle", collections.Counter("aab")),
    ("pickle", random.Random(3)),
    ("pickle", np.array([None, "a"], object)),
]


@pytest.mark.parametrize(("form", "value"), VALUES, ids=range(len(VALUES)))
def test_values(form: str, value: Any) -> None:
    if form == "reference" and form not in formats.candidates(value):
        pytest.skip("bound methods are made anew at each access")
    assert formats.candidates(value)[0] == form
    read = formats.round_trip(form, value)
    assert type(read) is type(value)
    if isinstance(value, np.ndarray):
        np.testing.assert_array_equal(read, value)
        assert read.dtype == value.dtype
        assert read.strides == value.strides
    elif isinstance(value, random.Random):
        assert read.random() == value.random()
    else:
        assert read == value
        assert repr(read) == repr(value)


def test_missing_values_stay_what_they_are() -> None:
    for value in (pd.NA, pd.NaT):
        assert formats.round_trip(formats.candidates(value)[0], value) is value


REJECTED: list[tuple[str, Any]] = [
    ("json", (1, 2)),
    ("json", {1: 2}),
    ("json", np.float64(1)),
    ("json", collections.OrderedDict(a=1)),
    ("literal", float("nan")),
    ("literal", [Split(1, 2)]),
    ("frame", pd.Series([1])),
    ("series", pd.DataFrame({"a": [1]})),
    ("array", np.array([object()])),
    ("array", np.ma.masked_array([1], [True])),
    ("reference", lambda: 1),
    ("reference", [].append),
    ("model", {"a": 1}),
]


@pytest.mark.parametrize(("form", "value"), REJECTED, ids=range(len(REJECTED)))
def test_a_value_of_another_type_is_an_error(form: str, value: Any) -> None:
    assert form not in formats.candidates(value)
    with pytest.raises(ApplicationError, match=rf"load\.x is a .*, which `{form}` cannot store"):
        formats.encode(form, value, "load.x")


def test_mixed_columns_cannot_be_parquet() -> None:
    value = pd.DataFrame({"id": [1, "a"]})
    with pytest.raises(ApplicationError, match=r"load\.x cannot be stored as `frame`.*\bid\b"):
        formats.encode("frame", value, "load.x")
    pd.testing.assert_frame_equal(formats.round_trip("pickle", value), value)


def test_tables_of_other_libraries() -> None:
    polars = pytest.importorskip("polars")
    value = polars.DataFrame({"a": [1, None], "b": [["x"], []]})
    assert formats.candidates(value)[0] == "polars"
    assert formats.round_trip("polars", value).equals(value)
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"a": [1, 2], "b": ["x", None]})
    assert formats.candidates(table)[0] == "arrow"
    assert formats.round_trip("arrow", table).equals(table)


def test_sparse_matrices() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    value = sparse.csr_matrix(np.eye(3))
    assert formats.candidates(value)[0] == "sparse"
    read = formats.round_trip("sparse", value)
    assert type(read) is type(value)
    assert (read != value).nnz == 0


@pytest.mark.parametrize("form", ["model", pytest.param("skops", marks=pytest.mark.slow)])
def test_estimators(form: str) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    rows, wanted = np.arange(10.0).reshape(5, 2), np.array([0, 1, 0, 1, 1])
    value = linear.LogisticRegression().fit(rows, wanted)
    assert form in formats.candidates(value)
    assert formats.candidates(value)[0] == "model"
    read = formats.round_trip(form, value)
    assert (read.predict_proba(rows) == value.predict_proba(rows)).all()


def test_results_of_statsmodels() -> None:
    api = pytest.importorskip("statsmodels.api")
    value = api.OLS(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0])).fit()
    assert formats.candidates(value)[0] == "statsmodels"
    assert (formats.round_trip("statsmodels", value).params == value.params).all()


def test_a_value_that_holds_itself_is_pickled() -> None:
    value: list[Any] = [1]
    value.append(value)
    assert formats.candidates(value)[0] == "pickle"
    read = formats.round_trip("pickle", value)
    assert read[1] is read


def test_bytes_that_are_no_value_are_an_error() -> None:
    for form in ("json", "literal", "frame", "array", "scalar", "pickle"):
        with pytest.raises(ApplicationError, match=f"x cannot be read as `{form}`"):
            formats.decode(form, b"not a value", "x")
