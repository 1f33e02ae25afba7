"""Values as plain data that two processes can compare.

The kernel of a notebook executes this file; it imports nothing of nbprod.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import sys
import types
from typing import Any

MOST_ELEMENTS = 20000
MOST_DEPTH = 7
# How long a search has taken, which it keeps beside what it has found.
_TIMES = frozenset(
    ["refit_time_", "mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time"]
)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
_OPAQUE = ("matplotlib.", "mpl_toolkits.", "_io.", "threading.", "_thread.", "IPython.", "socket.")


class Uncomparable(Exception):
    """A value of which nothing can be said but its type."""


def describe(value: Any, depth: int = 0, seen: tuple[int, ...] = ()) -> Any:
    """A value as plain data that two processes can compare."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and type(value) is int:
        return {"int": str(value)} if abs(value) > 2**53 else value
    if type(value) is float:
        return {"float": "nan" if math.isnan(value) else repr(value)}
    if depth > MOST_DEPTH:
        return {"deep": type(value).__name__}
    if id(value) in seen:
        return {"again": type(value).__name__}
    seen = (*seen, id(value))
    for known in (
        _container,
        _array,
        _frame,
        _spark,
        _callable,
        _opaque,
        _generator,
        _object,
        _reduced,
    ):
        found = known(value, depth + 1, seen)
        if found is not None:
            return found
    return {"text": _ADDRESS.sub("0x", repr(value))}


def _container(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    kind = type(value).__name__
    if isinstance(value, (list, tuple, set, frozenset)) or kind == "deque":
        items = list(value)
        many = len(items) > MOST_ELEMENTS
        described = [describe(item, depth, seen) for item in items[:MOST_ELEMENTS]]
        if isinstance(value, (set, frozenset)):
            described.sort(key=lambda one: json.dumps(one, sort_keys=True))
        found: dict[str, Any] = {"kind": kind, "length": len(items), "items": described}
        if many:
            found["digest"] = _digest(repr(items).encode("utf-8", "replace"))
        return found
    if isinstance(value, dict):
        pairs = [(k, v) for k, v in list(value.items())[:MOST_ELEMENTS] if not _is_time(k)]
        described = [[describe(k, depth, seen), describe(v, depth, seen)] for k, v in pairs]
        return {"kind": kind, "length": len(value), "pairs": described}
    if isinstance(value, (bytes, bytearray)):
        return {"kind": kind, "length": len(value), "digest": _digest(bytes(value))}
    return None


def _array(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu().numpy()
    if isinstance(value, numpy.generic):
        return {"kind": str(value.dtype), "value": describe(value.item(), depth, seen)}
    if not isinstance(value, numpy.ndarray):
        return None
    found: dict[str, Any] = {"kind": "ndarray", "dtype": str(value.dtype)}
    found["shape"] = list(value.shape)
    flat = value.ravel()
    if value.dtype.names is not None:
        flat = flat.astype(object)
    found["items"] = [describe(one, depth, seen) for one in flat[:MOST_ELEMENTS].tolist()]
    if flat.size > MOST_ELEMENTS and value.dtype != object:
        found["digest"] = _digest(flat.tobytes())
    return found


def _frame(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    if isinstance(value, pandas.DataFrame):
        columns = [_column(value.iloc[:, i], depth, seen) for i in range(value.shape[1])]
        names = describe(list(value.columns), depth, seen)
        levels = describe(list(value.columns.names), depth, seen)
        index = _column(value.index, depth, seen)
        found = {"kind": "DataFrame", "names": names, "levels": levels}
        return {**found, "index": index, "columns": columns}
    if isinstance(value, pandas.Series):
        index = _column(value.index, depth, seen)
        return {**_column(value, depth, seen), "index": index}
    return _column(value, depth, seen) if isinstance(value, pandas.Index) else None


def _spark(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    """A frame of Spark as its rows in any order: Spark gives them as they come."""
    kind = type(value)
    is_frame = kind.__module__.startswith("pyspark.sql") and kind.__name__ == "DataFrame"
    if not is_frame:
        return None
    found = {"kind": "Spark DataFrame", "schema": value.schema.simpleString()}
    rows = value.limit(MOST_ELEMENTS + 1).collect()
    if len(rows) > MOST_ELEMENTS:
        functions = sys.modules["pyspark.sql.functions"]
        hashed = functions.xxhash64(*value.columns).cast("decimal(38,0)")
        total = value.select(functions.sum(hashed), functions.count("*")).collect()[0]
        return {**found, "length": total[1], "digest": str(total[0])}
    items = [describe(list(row), depth, seen) for row in rows]
    items.sort(key=lambda one: json.dumps(one, sort_keys=True))
    return {**found, "length": len(rows), "items": items}


def _column(value: Any, depth: int, seen: tuple[int, ...]) -> dict[str, Any]:
    """A series without its index, or an index."""
    # Slices of a series with numbers for labels are by label.
    first = getattr(value, "iloc", value)[:MOST_ELEMENTS]
    data = [describe(one, depth, seen) for one in list(first)]
    found: dict[str, Any] = {"kind": type(value).__name__, "items": data, "length": len(value)}
    found["dtype"] = str(value.dtype)
    if found["dtype"] == "category":
        levels = value.dtype
        found["levels"] = [bool(levels.ordered), describe(list(levels.categories), depth, seen)]
    if len(value) > MOST_ELEMENTS and value.dtype != object:
        hashed = sys.modules["pandas"].util.hash_pandas_object(value, index=False)
        found["digest"] = _digest(memoryview(getattr(hashed, "values", hashed)).tobytes())
    names = list(value.names) if hasattr(value, "names") else value.name
    return {**found, "name": describe(names, depth, seen)}


def _callable(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    if isinstance(value, types.ModuleType):
        return {"module": value.__name__}
    if isinstance(value, (types.FunctionType, type)):
        return {"callable": value.__qualname__.rpartition("<locals>.")[2]}
    if isinstance(value, (types.BuiltinFunctionType, types.MethodType)):
        return {"callable": value.__qualname__}
    return None


def _opaque(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    iterates = hasattr(value, "__next__") or isinstance(value, types.CoroutineType)
    if iterates or name.startswith(_OPAQUE):
        raise Uncomparable(name)
    return


def _generator(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    """A generator of random numbers by what it will draw: its attributes do not tell."""
    bits: Any = getattr(value, "bit_generator", getattr(value, "_bit_generator", None))
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    if name.startswith("numpy.random.") and hasattr(bits, "state"):
        return {"generator": name, "state": describe(bits.state, depth, seen)}
    if name == "random.Random":
        return {"generator": name, "state": describe(value.getstate(), depth, seen)}
    return None


def _object(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    state = getattr(value, "__dict__", None)
    if not isinstance(state, dict):
        return None
    described = {}
    for key, one in state.items():
        if _is_time(key):
            continue
        try:
            described[str(key)] = describe(one, depth, seen)
        except Uncomparable as error:
            described[str(key)] = {"opaque": str(error)}
    return {"object": type(value).__qualname__.rpartition("<locals>.")[2], "state": described}


def _reduced(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    """A value whose text is an address, by what it would be pickled as."""
    if not _ADDRESS.search(repr(value)):
        return None
    try:
        maker, *rest = value.__reduce_ex__(2)[:3]
    except Exception:
        return None
    state = json.dumps(describe([getattr(maker, "__name__", ""), *rest], depth, seen))
    return {"object": type(value).__qualname__, "digest": _digest(state.encode())}


def _is_time(key: Any) -> bool:
    return isinstance(key, str) and key in _TIMES


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
