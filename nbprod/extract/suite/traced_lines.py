"""A plugin of pytest that writes down which lines of a module each test executes, and which
modules of libraries are imported until the end.

It is copied beside generated tests, for the Python that runs the notebook, and imports nothing of
nbprod. The environment names the module's file and the file of the answer.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import threading
from collections.abc import Iterator
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


def _imported(body: list[ast.stmt]) -> Iterator[int]:
    """The lines of the statements that an import executes: to trace it would trace the libraries
    that it imports."""
    for node in body:
        yield from range(node.lineno, _head_end(node) + 1)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
            yield from _imported(inner)


def _head_end(node: ast.stmt) -> int:
    body = getattr(node, "body", None)
    return max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno


def pytest_collection_finish() -> None:
    """The module has been imported."""
    with open(_MODULE, encoding="utf-8") as file:
        _SEEN[""] |= {*_imported(ast.parse(file.read()).body)}


def pytest_runtest_logstart(nodeid: str) -> None:
    """What is executed from now on belongs to this test."""
    _LINES[0] = _SEEN.setdefault(nodeid, set())
    threading.settrace(_on_call)
    sys.settrace(_on_call)


def pytest_runtest_logfinish() -> None:
    """The test has ended."""
    sys.settrace(None)


def _libraries(folder: str) -> Iterator[str]:
    """The modules that lie elsewhere than in the folder of the tests."""
    here = tuple(os.path.join(path, "") for path in {folder, os.path.realpath(folder)})
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and name != "__main__" and not os.path.abspath(file).startswith(here):
            yield name


def pytest_sessionfinish(session: Any) -> None:
    """Write the lines and the modules down."""
    found = {
        "lines": {name: sorted(lines) for name, lines in _SEEN.items()},
        "modules": [*_libraries(str(session.config.rootpath))],
    }
    with open(os.environ["NBPROD_LINES"], "w", encoding="utf-8") as file:
        json.dump(found, file)
