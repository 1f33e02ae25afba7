# SPDX-License-Identifier: MIT-0
"""What a format is, and types by name, so that asking imports no library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Format", "has_root", "is_exactly", "type_name"]


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


def type_name(value: Any) -> str:
    """Return module and name of a value's type, without `builtins`."""
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


def has_root(value: Any, library: str) -> bool:
    """Return whether the type of a value is defined in a library."""
    return type(value).__module__.partition(".")[0] == library


def is_exactly(value: Any, library: str, name: str) -> bool:
    """Return whether a value has a type of a library, whichever module of it defines the type."""
    return has_root(value, library) and type(value).__name__ == name
