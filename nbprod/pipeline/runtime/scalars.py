# SPDX-License-Identifier: MIT-0
"""Single values with a type of their own, and things that importing gives again."""

from __future__ import annotations

import datetime
import importlib
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from .kinds import Format, has_root, type_name

__all__ = ["FORMATS"]


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


# How each kind is written as JSON, and read again.
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


FORMATS = {
    "scalar": Format("json", lambda value: bool(_scalar_kind(value)), _scalar_bytes, _scalar),
    "reference": Format(
        "json",
        lambda value: _reference_of(value) is not None,
        lambda value: json.dumps(_reference_of(value)).encode(),
        _referenced,
    ),
}
