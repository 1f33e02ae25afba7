# SPDX-License-Identifier: MIT-0
"""How values are stored. A format accepts the types that it gives back equal, and no other."""

from __future__ import annotations

import ast
import importlib.util
import json
import math
import pickle
from functools import partial
from typing import Any

from .errors import ApplicationError
from .kinds import Format, type_name

__all__ = ["FORMATS", "candidates", "decode", "encode", "round_trip"]


def encode(name: str, value: Any, what: str) -> bytes:
    """Return the bytes of a value; a value of another type is an error.

    Args:
        name: the format.
        value: what is stored.
        what: the value's name in errors.
    """
    form = _format(name)
    if not _accepts(name, value):
        raise ApplicationError(f"{what} is a {type_name(value)}, which `{name}` cannot store")
    try:
        return form.write(value)
    except Exception as error:  # whatever the library that writes it raises
        raise ApplicationError(f"{what} cannot be stored as `{name}`: {_line(error)}") from error


def decode(name: str, data: bytes, what: str) -> Any:
    """Return the value of bytes that a task wrote."""
    try:
        return _format(name).read(data)
    except Exception as error:  # whatever the library that reads it raises
        raise ApplicationError(f"{what} cannot be read as `{name}`: {_line(error)}") from error


def candidates(value: Any) -> list[str]:
    """Return the formats that accept a value, the first choice first."""
    return [name for name in FORMATS if _accepts(name, value)]


def round_trip(name: str, value: Any) -> Any:
    """Return what a value is after it was stored and read."""
    return decode(name, encode(name, value, "value"), "value")


def _accepts(name: str, value: Any) -> bool:
    try:
        return FORMATS[name].accepts(value)
    except RecursionError:  # it holds itself
        return False


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise ApplicationError(f"unknown format `{name}` in this runtime")
    return FORMATS[name]


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


def _always(_: Any) -> bool:
    return True


def _never(_: Any) -> bool:
    return False


_PLAIN_FORMATS = {
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
    "pickle": Format("pickle", _always, partial(pickle.dumps, protocol=5), pickle.loads, True),
    # Chosen by the pipeline, never by the type of a value: files that a task wrote, pictures.
    "file": Format("bin", _never, bytes, bytes),
    "figure": Format("png", _never, bytes, bytes),
}
# In the order in which they are tried; `pickle` takes anything.
_ORDER = (
    *("json", "literal", "frame", "series", "array", "scalar", "index", "polars", "arrow"),
    *("sparse", "reference", "torch", "keras", "xgboost", "statsmodels", "model", "skops"),
    *("pickle", "file", "figure"),
)


def _all_formats() -> dict[str, Format]:
    """Return the formats of the modules that this application has."""
    found = dict(_PLAIN_FORMATS)
    for name in ("arrays", "frames", "scalars", "models"):
        if importlib.util.find_spec(f"{__package__}.{name}"):
            found.update(importlib.import_module(f"{__package__}.{name}").FORMATS)
    return {name: found[name] for name in _ORDER if name in found}


FORMATS = _all_formats()
