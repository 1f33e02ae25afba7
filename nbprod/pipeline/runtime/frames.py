# SPDX-License-Identifier: MIT-0
"""Frames, series and indexes as Parquet, with what Parquet loses kept in its metadata."""

from __future__ import annotations

import ast
import io
import json
from typing import Any

from .kinds import Format, has_root, is_exactly

__all__ = ["FORMATS"]

_KEPT = b"kept"
_ONLY = "values"


def _is_frame(value: Any) -> bool:
    """Return whether a value is a frame of pandas."""
    return is_exactly(value, "pandas", "DataFrame")


def _is_series(value: Any) -> bool:
    """Return whether a value is a series of pandas whose name can be written as text."""
    return is_exactly(value, "pandas", "Series") and _is_literal(value.name)


def _is_index(value: Any) -> bool:
    """Return whether a value is an index of pandas that can be a column."""
    return has_root(value, "pandas") and type(value).__name__ in ("Index", "DatetimeIndex")


def _is_polars(value: Any) -> bool:
    """Return whether a value is a frame of polars."""
    return is_exactly(value, "polars", "DataFrame")


def _is_arrow(value: Any) -> bool:
    """Return whether a value is a table of Arrow."""
    return is_exactly(value, "pyarrow", "Table")


def _frame_bytes(frame: Any) -> bytes:
    """Return a frame as Parquet."""
    import pyarrow as pa

    kept: dict[str, Any] = {
        "object": [i for i, dtype in enumerate(frame.dtypes) if dtype.name == "object"],
        "names": [_written(name) for name in frame.index.names],
        "freq": getattr(frame.index, "freqstr", None),
        "columns": _range(frame.columns),
        "categories": {},
    }
    plain = frame.copy(deep=False)
    for number, dtype in enumerate(frame.dtypes):
        if dtype == "category":
            kept["categories"][number] = stored = _categories(dtype)
            if stored["as_codes"]:
                plain.isetitem(number, frame.iloc[:, number].cat.codes)
    names = [name if isinstance(name, str) else None for name in frame.index.names]
    plain.index = frame.index.set_names(names)
    table = pa.Table.from_pandas(plain)
    return _parquet(table.replace_schema_metadata({**table.schema.metadata, **_as_meta(kept)}))


def _read_frame(data: bytes) -> Any:
    """Return the frame of Parquet."""
    import pandas as pd

    table = _table(data)
    kept = json.loads(table.schema.metadata[_KEPT])
    frame = table.to_pandas()
    for number in kept["object"]:
        if frame.dtypes.iloc[number].name != "object":
            frame.isetitem(number, frame.iloc[:, number].astype(object))
    for number, stored in kept["categories"].items():
        column, dtype = frame.iloc[:, int(number)], _read_categories(stored)
        if stored["as_codes"]:
            values = pd.Categorical.from_codes(column.to_numpy(), dtype=dtype)
            column = pd.Series(values, index=frame.index)
        frame.isetitem(int(number), column.astype(dtype))
    frame.index.names = [_name(name) for name in kept["names"]]
    if kept["columns"]:
        frame.columns = pd.RangeIndex(*kept["columns"], name=frame.columns.name)
    if kept["freq"]:
        frame.index.freq = kept["freq"]
    return frame


def _series_bytes(series: Any) -> bytes:
    """Return a series as a frame of one column; its name is kept beside."""
    table = _table(_frame_bytes(series.to_frame(_ONLY)))
    kept = json.loads(table.schema.metadata[_KEPT])
    kept["name"] = _written(series.name)
    return _parquet(table.replace_schema_metadata({**table.schema.metadata, **_as_meta(kept)}))


def _read_series(data: bytes) -> Any:
    """Return the series of Parquet."""
    kept = json.loads(_table(data).schema.metadata[_KEPT])
    return _read_frame(data)[_ONLY].rename(_name(kept["name"]))


def _index_bytes(index: Any) -> bytes:
    """Return an index as a series."""
    frame = index.to_frame(index=False, name=_ONLY)
    return _series_bytes(frame[_ONLY].rename(index.name))


def _read_index(data: bytes) -> Any:
    """Return the index of Parquet."""
    import pandas as pd

    return pd.Index(_read_series(data))


def _polars_bytes(frame: Any) -> bytes:
    """Return a frame of polars as Parquet."""
    stream = io.BytesIO()
    frame.write_parquet(stream)
    return stream.getvalue()


def _read_polars(data: bytes) -> Any:
    """Return the frame of polars in Parquet."""
    import polars as pl

    return pl.read_parquet(io.BytesIO(data))


def _parquet(table: Any) -> bytes:
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def _table(data: bytes) -> Any:
    import pyarrow.parquet as pq

    return pq.read_table(io.BytesIO(data))


def _as_meta(kept: dict[str, Any]) -> dict[bytes, bytes]:
    return {_KEPT: json.dumps(kept).encode()}


def _is_literal(name: Any) -> bool:
    try:
        return bool(_name(_written(name)) == name)
    except (ValueError, SyntaxError, TypeError):
        return False


def _written(name: Any) -> str:
    return ascii(name)


def _name(text: str) -> Any:
    return ast.literal_eval(text)


def _range(index: Any) -> list[int] | None:
    is_range = type(index).__name__ == "RangeIndex"
    return [index.start, index.stop, index.step] if is_range else None


def _categories(dtype: Any) -> dict[str, Any]:
    """Return the categories of a dtype as JSON; indexes in it are Parquet files of their own.

    A column whose categories are no text is stored as codes: Parquet has dictionaries of text only.
    """
    import pandas as pd

    categories = dtype.categories
    kept: dict[str, Any] = {"ordered": dtype.ordered, "as_codes": True}
    if type(categories).__name__ == "IntervalIndex":
        ends = [_index_bytes(end).hex() for end in (categories.left, categories.right)]
        return {**kept, "closed": categories.closed, "ends": ends}
    if found := _range(categories):
        return {**kept, "range": found}
    as_codes = not pd.api.types.is_string_dtype(categories)
    return {**kept, "as_codes": as_codes, "values": _index_bytes(categories).hex()}


def _read_categories(stored: dict[str, Any]) -> Any:
    import pandas as pd

    if "ends" in stored:
        left, right = (_read_index(bytes.fromhex(end)) for end in stored["ends"])
        values: Any = pd.IntervalIndex.from_arrays(left, right, closed=stored["closed"])
    elif "range" in stored:
        values = pd.RangeIndex(*stored["range"])
    else:
        values = _read_index(bytes.fromhex(stored["values"]))
    return pd.CategoricalDtype(values, ordered=stored["ordered"])


FORMATS = {
    "frame": Format("parquet", _is_frame, _frame_bytes, _read_frame),
    "series": Format("parquet", _is_series, _series_bytes, _read_series),
    "index": Format("parquet", _is_index, _index_bytes, _read_index),
    "polars": Format("parquet", _is_polars, _polars_bytes, _read_polars),
    "arrow": Format("parquet", _is_arrow, _parquet, _table),
}
