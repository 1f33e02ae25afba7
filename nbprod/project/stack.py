"""Room on Python's stack, for code that calls deep and returns often."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

__all__ = ["with_deep_stack", "with_reserved_stack"]

_F = TypeVar("_F", bound=Callable[..., Any])
_SLOTS = 40_000
_DEEP_CALLS = 30_000
_DEEP_BYTES = 256 << 20
_T = TypeVar("_T")


def with_reserved_stack(function: _F) -> _F:
    """Give a function's frame so much room that all it calls fit after it.

    CPython (3.11 and later) keeps frames in chunks of 16 KB, and gives a chunk back to the system
    as soon as its last frame returns. Code that calls and returns across the edge of a chunk maps
    and unmaps memory each time: 60 times a notebook, and 3 % of a run. The chunk for a large frame
    is made to its measure, rounded up to a power of two, and what is left of it serves the frames
    above (`push_chunk` in CPython's `pystate.c`).
    """
    assert isinstance(function, FunctionType)
    function.__code__ = function.__code__.replace(co_stacksize=_SLOTS)
    return function


def with_deep_stack(function: Callable[[], _T]) -> _T:
    """Call a pure function, and if it calls too deep, call it once more with room for that.

    How deep code is nested is for a notebook to say: Python parses a chain of some thousand calls.
    Only a thread can be given a larger stack.

    Raises:
        RecursionError: that is not enough either.
    """
    try:
        return function()
    except RecursionError:
        answers: list[_T] = []
        failures: list[BaseException] = []
        _in_thread(function, answers, failures)
        if failures:
            raise failures[0] from None
        return answers[0]


def _in_thread(
    function: Callable[[], _T], answers: list[_T], failures: list[BaseException]
) -> None:
    import threading

    def call() -> None:
        try:
            answers.append(function())
        except BaseException as error:  # it is raised where it is waited for
            failures.append(error)

    calls, size = sys.getrecursionlimit(), threading.stack_size(_DEEP_BYTES)
    sys.setrecursionlimit(_DEEP_CALLS)
    try:
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    except RuntimeError:
        failures.append(RecursionError("no room for a larger stack"))
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(calls)
