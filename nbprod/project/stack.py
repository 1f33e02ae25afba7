"""Room on Python's stack, for code that calls deep and returns often."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

__all__ = ["with_reserved_stack"]

_F = TypeVar("_F", bound=Callable[..., Any])
_SLOTS = 40_000


def with_reserved_stack(function: _F) -> _F:
    """Give a function's frame so much room that all it calls fit behind it.

    CPython (3.11 and later) keeps frames in chunks of 16 KB, and gives a chunk back to the system
    as soon as its last frame returns. Code that calls and returns across the edge of a chunk maps
    and unmaps memory each time: 60 times a notebook, and 3 % of a run. The chunk for a large frame
    is made to its measure, rounded up to a power of two, and what is left of it serves the frames
    above (`push_chunk` in CPython's `pystate.c`).
    """
    assert isinstance(function, FunctionType)
    function.__code__ = function.__code__.replace(co_stacksize=_SLOTS)
    return function
