"""The types of values as plain data: what hints are made of.

The kernel of a notebook executes this file; it imports nothing of nbprod. A shape is a list: the
name of a type, then the shapes of what it holds. The name ``|`` stands for a choice of the shapes
after it, an empty list for a type that nothing short describes.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from typing import Any

_DEEPEST = 3
_MOST_ITEMS = 200
_LONGEST_TUPLE = 4
_MOST_CHOICES = 3
_NONE = ["builtins.NoneType"]
# How many shapes follow the name of a container, for its keys, items or both.
_HOLDERS = {
    "builtins.list": 1, "builtins.set": 1, "builtins.frozenset": 1, "collections.deque": 1,
    "collections.Counter": 1, "builtins.dict": 2, "collections.defaultdict": 2,
    "collections.OrderedDict": 2,
}  # fmt: skip
# The wider of two numbers; a `bool` is an `int`, a `numpy.float64` is a `float`.
_NUMBERS = ("builtins.bool", "builtins.int", "builtins.float")
_SAME = {"numpy.float64": "builtins.float"}
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, functools.partial)
_classes: dict[str, type] = {}


def type_path(value: Any) -> str:
    """The name of a value's type with the module that it is to be imported from."""
    kind = type(value)
    if isinstance(value, _FUNCTIONS) or (kind.__name__.startswith("_") and callable(value)):
        return "builtins.function"
    name = f"{public_module(kind)}.{kind.__qualname__}"
    _classes.setdefault(name, kind)
    return name


def public_module(kind: type) -> str:
    """The shortest public module that has a class under its own name."""
    own = str(kind.__module__)
    parts = own.split(".")
    tried = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
    if parts[0] == "pandas":
        tried.insert(1, "pandas.api.typing")
    for module in tried:
        hidden = any(part.startswith("_") for part in module.split(".")) and module != "__main__"
        there = getattr(sys.modules.get(module), kind.__name__, None)
        if not hidden and there is kind:
            return module
    return own


def type_shape(value: Any, depth: int = 0) -> list[Any]:
    """The type of a value, and of what a container holds."""
    name = type_path(value)
    if name == "builtins.tuple":
        if depth < _DEEPEST and 0 < len(value) <= _LONGEST_TUPLE:
            return [name, *(type_shape(item, depth + 1) for item in value)]
        return [name]
    count = _HOLDERS.get(name)
    if count is None or depth >= _DEEPEST or not value:
        return [name]
    if count == 1:
        return [name, _of_items(list(value)[:_MOST_ITEMS], depth)]
    pairs = list(value.items())[:_MOST_ITEMS]
    keys = common_shape([type_shape(key, depth + 1) for key, _ in pairs])
    return [name, keys, _of_items([item for _, item in pairs], depth)]


def _of_items(items: list[Any], depth: int) -> list[Any]:
    """The shape of all items of a container, which takes no other: at most it may be None."""
    shape = common_shape([type_shape(item, depth + 1) for item in items])
    is_choice = shape[:1] == ["|"] and not (len(shape) == 3 and shape[-1] == _NONE)
    return [] if is_choice else shape


def common_shape(shapes: list[list[Any]]) -> list[Any]:
    """The shape that all have: of numbers the wider one, of classes their first public base, else
    a choice of few; an empty one where there is none."""
    if not all(shapes):
        return []
    found: list[list[Any]] = []
    for shape in shapes:
        for option in shape[1:] if shape[0] == "|" else [shape]:
            _add(found, [_SAME.get(option[0], option[0]), *option[1:]])
    options = [shape for shape in found if shape != _NONE]
    if len(options) > 1:
        base = _base([shape[0] for shape in options])
        options = [[base]] if base else options
    options += [_NONE] if _NONE in found else []
    if len(options) == 1:
        return options[0]
    return ["|", *options] if len(options) <= _MOST_CHOICES else []


def _add(found: list[list[Any]], shape: list[Any]) -> None:
    """Put a shape among others, into the one that it goes with."""
    for place, other in enumerate(found):
        both = _merged(other, shape)
        if both is not None:
            found[place] = both
            return
    found.append(shape)


def _merged(one: list[Any], other: list[Any]) -> list[Any] | None:
    """The shape of two that differ at most in what they hold; None where they are two."""
    if one == other:
        return one
    if one[0] in _NUMBERS and other[0] in _NUMBERS:
        return max(one, other, key=lambda shape: _NUMBERS.index(shape[0]))
    if one[0] != other[0]:
        return None
    if len(one) == 1 or len(other) == 1:
        # An empty container goes with any other of its kind, a long tuple with none.
        return one if one[0] == "builtins.tuple" and len(one) == 1 else max(one, other, key=len)
    if len(one) != len(other):
        return [one[0]]
    held = [common_shape([mine, its]) for mine, its in zip(one[1:], other[1:], strict=True)]
    if one[0] != "builtins.tuple":
        held = [[] if shape[:1] == ["|"] and shape[-1] != _NONE else shape for shape in held]
    return [one[0], *held]


def _base(names: list[str]) -> str | None:
    """The first public class that all of some classes come from."""
    classes = [_classes.get(name) for name in names]
    if any(kind is None or kind.__module__ == "builtins" for kind in classes):
        return None
    known = [kind for kind in classes if kind is not None]
    for base in inspect.getmro(known[0])[:-1]:
        module = public_module(base)
        is_public = not base.__name__.startswith("_") and "._" not in module
        if (
            is_public
            and module not in ("abc", "typing")
            and all(issubclass(kind, base) for kind in known)
        ):
            name = f"{module}.{base.__qualname__}"
            _classes.setdefault(name, base)
            return name
    return None
