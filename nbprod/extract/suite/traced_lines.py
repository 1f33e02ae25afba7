"""A plugin of pytest that writes down which lines of a module each test executes.

It is copied beside generated tests, for the Python that runs the notebook, and imports nothing of
nbprod. The environment names the module's file and the file of the answer.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

_MODULE = os.path.realpath(os.environ.get("NBPROD_MODULE", ""))
# By the test; under an empty name what is executed before the first one.
_SEEN: dict[str, set[int]] = {"": set()}
_LINES = [_SEEN[""]]
_IS_MODULE: dict[str, bool] = {}


def _on_line(frame: Any, event: str, argument: Any) -> Any:
    _LINES[0].add(frame.f_lineno)
    return _on_line


def _on_call(frame: Any, event: str, argument: Any) -> Any:
    name = frame.f_code.co_filename
    if name not in _IS_MODULE:
        _IS_MODULE[name] = os.path.realpath(name) == _MODULE
    return _on_line(frame, event, argument) if _IS_MODULE[name] else None


def pytest_sessionstart() -> None:
    """Begin before the tests are collected, which imports the module."""
    threading.settrace(_on_call)
    sys.settrace(_on_call)


def pytest_runtest_logstart(nodeid: str) -> None:
    """What is executed from now on belongs to this test."""
    _LINES[0] = _SEEN.setdefault(nodeid, set())


def pytest_sessionfinish() -> None:
    """Write the lines down."""
    sys.settrace(None)
    with open(os.environ["NBPROD_LINES"], "w", encoding="utf-8") as file:
        json.dump({name: sorted(lines) for name, lines in _SEEN.items()}, file)
