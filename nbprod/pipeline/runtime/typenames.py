# SPDX-License-Identifier: MIT-0
"""Types by name, so that asking imports no library."""

from __future__ import annotations

from typing import Any

__all__ = ["has_root", "is_exactly", "type_name"]


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
