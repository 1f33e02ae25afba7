# SPDX-License-Identifier: MIT-0
"""How values are stored. A format accepts the types that it gives back equal, and no other."""

from __future__ import annotations

import ast
import datetime
import importlib
import io
import json
import math
import pickle
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from . import frames, models
from .errors import ApplicationError
from .typenames import has_root, type_name

__all__ = ["FORMATS", "Format", "candidates", "decode", "encode", "round_trip"]


class Format(NamedTuple):
    """A way to store a value.

    Attributes:
        suffix: of the file.
        accepts: whether a value has a type for this format.
        write: the bytes of a value.
        read: the value of bytes.
        is_bound: whether the bytes are read by the library version that wrote them only.
    """

    suffix: str
    accepts: Callable[[Any], bool]
    write: Callable[[Any], bytes]
    read: Callable[[bytes], Any]
    is_bound: bool = False


def encode(name: str, value: Any, what: str) -> bytes:
    """Return the bytes of a value; a value of another type is an error.

    Args:
        name: the format.
        value: what is stored.
        what: the value's name in errors.
    """
    form = FORMATS[name]
    if not form.accepts(value):
        raise ApplicationError(f"{what} is a {type_name(value)}, which `{name}` cannot store")
    try:
        return form.write(value)
    except Exception as error:  # whatever the library that writes it raises
        raise ApplicationError(f"{what} cannot be stored as `{name}`: {_line(error)}") from error


def decode(name: str, data: bytes, what: str) -> Any:
    """Return the value of bytes that a task wrote."""
    try:
        return FORMATS[name].read(data)
    except Exception as error:  # whatever the library that reads it raises
        raise ApplicationError(f"{what} cannot be read as `{name}`: {_line(error)}") from error


def candidates(value: Any) -> list[str]:
    """Return the formats that accept a value, the first choice first."""
    return [name for name, form in FORMATS.items() if form.accepts(value)]


def round_trip(name: str, value: Any) -> Any:
    """Return what a value is after it was stored and read."""
    return decode(name, encode(name, value, "value"), "value")


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


_PLAIN = (bool, int, float, str, type(None))


def _is_json(value: Any) -> bool:
    if type(value) is list:
        return all(map(_is_json, value))
    if type(value) is dict:
        return all(type(key) is str and _is_json(inner) for key, inner in value.items())
    return type(value) in _PLAIN


def _is_literal(value: Any) -> bool:
    if type(value) in (tuple, list, set):
        return all(map(_is_literal, value))
    if type(value) is dict:
        return all(_is_literal(key) and _is_literal(inner) for key, inner in value.items())
    if type(value) is float:
        return math.isfinite(value)
    if type(value) is complex:
        return math.isfinite(value.real) and math.isfinite(value.imag)
    return type(value) in (*_PLAIN, bytes)


def _array_bytes(value: Any) -> bytes:
    import numpy as np

    stream = io.BytesIO()
    np.save(stream, value, allow_pickle=False)
    return stream.getvalue()


def _array(data: bytes) -> Any:
    import numpy as np

    return np.load(io.BytesIO(data), allow_pickle=False)


def _sparse_bytes(value: Any) -> bytes:
    from scipy import sparse

    stream = io.BytesIO()
    sparse.save_npz(stream, value)
    return stream.getvalue()


def _sparse(data: bytes) -> Any:
    from scipy import sparse

    return sparse.load_npz(io.BytesIO(data))


# Single values: how each kind is written as JSON, and read again.
def _numpy_scalar(kind: str, data: str) -> Any:
    import numpy as np

    return np.frombuffer(bytes.fromhex(data), dtype=np.dtype(kind))[0]


def _timestamp(text: str, zone: str | None, unit: str) -> Any:
    import pandas as pd

    stamp = pd.Timestamp(text)
    return (stamp.tz_convert(zone) if zone else stamp).as_unit(unit)


def _timedelta(count: int, unit: str) -> Any:
    import pandas as pd

    return pd.Timedelta(count, unit="ns").as_unit(unit)


def _of_pandas(name: str, *arguments: Any) -> Any:
    import pandas as pd

    return getattr(pd, name)(*arguments) if arguments else getattr(pd, name)


def _numpy_dtype(name: str) -> Any:
    import numpy as np

    return np.dtype(name)


def _pandas_dtype(name: str) -> Any:
    import pandas as pd

    return pd.api.types.pandas_dtype(name)


_SCALARS: dict[str, tuple[Callable[[Any], list[Any]], Callable[..., Any]]] = {
    "numpy": (lambda value: [value.dtype.str, value.tobytes().hex()], _numpy_scalar),
    "numpy.dtype": (lambda value: [value.str], _numpy_dtype),
    "pandas.dtype": (lambda value: [str(value)], _pandas_dtype),
    "pandas.Timestamp": (
        lambda value: [value.isoformat(), value.tz and str(value.tz), value.unit],
        _timestamp,
    ),
    "pandas.Timedelta": (lambda value: [value.as_unit("ns").value, value.unit], _timedelta),
    "pandas.Period": (
        lambda value: [str(value), value.freqstr],
        partial(_of_pandas, "Period"),
    ),
    "pandas.NaTType": (lambda value: [], partial(_of_pandas, "NaT")),
    "pandas.NAType": (lambda value: [], partial(_of_pandas, "NA")),
    "pandas.RangeIndex": (
        lambda value: [value.start, value.stop, value.step, None, False, value.name],
        partial(_of_pandas, "RangeIndex"),
    ),
    "datetime.date": (lambda value: [value.isoformat()], datetime.date.fromisoformat),
    "datetime.datetime": (lambda value: [value.isoformat()], datetime.datetime.fromisoformat),
    "datetime.timedelta": (
        lambda value: [value.days, value.seconds, value.microseconds],
        datetime.timedelta,
    ),
    "pathlib": (lambda value: [str(value)], Path),
}


def _scalar_kind(value: Any) -> str | None:
    name = type_name(value)
    if has_root(value, "numpy"):
        import numpy as np

        if isinstance(value, np.dtype):
            return "numpy.dtype" if value.names is None else None
        return "numpy" if isinstance(value, np.generic) and value.dtype != object else None
    if has_root(value, "pandas"):
        last = name.rpartition(".")[2]
        if last.endswith("Dtype"):
            return "pandas.dtype"
        return f"pandas.{last}" if f"pandas.{last}" in _SCALARS else None
    if isinstance(value, Path):
        return "pathlib"
    return name if name in _SCALARS else None


def _scalar_bytes(value: Any) -> bytes:
    kind = _scalar_kind(value)
    assert kind is not None
    return json.dumps({"kind": kind, "value": _SCALARS[kind][0](value)}).encode()


def _scalar(data: bytes) -> Any:
    stored = json.loads(data)
    return _SCALARS[stored["kind"]][1](*stored["value"])


def _reference_of(value: Any) -> str | None:
    """Return `module:name` of something that importing gives again."""
    if type(value) is type(sys):
        return f"{value.__name__}:"
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module == "__main__":
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}:{name}" if found is value else None


def _referenced(data: bytes) -> Any:
    module, _, name = json.loads(data).partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split(".") if name else ():
        found = getattr(found, part)
    return found


def _always(_: Any) -> bool:
    return True


def _never(_: Any) -> bool:
    return False


# In the order in which they are tried.
FORMATS: dict[str, Format] = {
    "json": Format(
        "json",
        _is_json,
        lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"),
        lambda data: json.loads(data.decode("utf-8", "surrogatepass")),
    ),
    "literal": Format(
        "txt",
        _is_literal,
        lambda value: ascii(value).encode(),
        lambda data: ast.literal_eval(data.decode()),
    ),
    "frame": Format("parquet", frames.is_frame, frames.frame_bytes, frames.read_frame),
    "series": Format("parquet", frames.is_series, frames.series_bytes, frames.read_series),
    "array": Format(
        "npy",
        lambda value: type_name(value) == "numpy.ndarray" and not value.dtype.hasobject,
        _array_bytes,
        _array,
    ),
    "scalar": Format("json", lambda value: bool(_scalar_kind(value)), _scalar_bytes, _scalar),
    "index": Format("parquet", frames.is_index, frames.index_bytes, frames.read_index),
    "polars": Format("parquet", frames.is_polars, frames.polars_bytes, frames.read_polars),
    "arrow": Format("parquet", frames.is_arrow, frames.arrow_bytes, frames.read_arrow),
    "sparse": Format(
        "npz",
        lambda value: type_name(value).startswith("scipy.sparse."),
        _sparse_bytes,
        _sparse,
    ),
    "reference": Format(
        "json",
        lambda value: _reference_of(value) is not None,
        lambda value: json.dumps(_reference_of(value)).encode(),
        _referenced,
    ),
    "torch": Format("safetensors", models.is_torch, models.torch_bytes, models.read_torch, True),
    "keras": Format("keras", models.is_keras, models.keras_bytes, models.read_keras, True),
    "xgboost": Format("ubj", models.is_xgboost, models.xgboost_bytes, models.read_xgboost, True),
    "statsmodels": Format(
        "pickle", models.is_statsmodels, models.statsmodels_bytes, models.read_statsmodels, True
    ),
    "model": Format("joblib", models.is_model, models.joblib_bytes, models.read_joblib, True),
    "skops": Format("skops", models.is_model, models.skops_bytes, models.read_skops, True),
    "pickle": Format("pickle", _always, partial(pickle.dumps, protocol=5), pickle.loads, True),
    # Written as such only where the pipeline says so.
    "file": Format("bin", lambda value: isinstance(value, bytes), bytes, bytes),
    "figure": Format("png", _never, bytes, bytes),
}
