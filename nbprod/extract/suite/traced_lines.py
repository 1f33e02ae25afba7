"""A plugin of pytest that writes down which lines of a module each test executes, how long it is,
and which modules of libraries are imported until the end.

It is copied beside generated tests, for the Python that runs the notebook, and imports nothing of
nbprod. The environment names the module's file and the file of the answer. The module is compiled
with a call before each statement of its functions: Python's own tracing would report the calls of
all libraries as well, which takes longer than most tests. Where something else compiles the code of
functions, that is used nevertheless.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from types import CodeType, ModuleType
from typing import Any

_MODULE = os.path.realpath(os.environ.get("NBPROD_MODULE", ""))
_STEM = os.path.splitext(os.path.basename(_MODULE))[0]
_MARK = "__nbprod_line__"
# They compile functions themselves, from their bytecode or their text.
_COMPILERS = frozenset("numba jax torch tensorflow cython taichi inspect dis".split())
_HOLDERS = (ast.stmt, ast.ExceptHandler, ast.match_case)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# By the test; under an empty name what is executed before the first one.
_SEEN: dict[str, set[int]] = {"": set()}
_LINES = [_SEEN[""]]
_IS_MODULE: dict[str, bool] = {}
# The time of processors that each test took.
_SPENT: dict[str, float] = {}


class Marked(importlib.machinery.SourceFileLoader):
    """Loads the module with calls that record which statements are executed."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the text each time."""
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path))
        return compile(Teller().visit(tree), path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        """Execute it with the function that it calls."""
        setattr(module, _MARK, _tell)
        super().exec_module(module)


class Finder(importlib.abc.MetaPathFinder):
    """Finds the module, and nothing else."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Where the module is, with its loader."""
        if name.rpartition(".")[2] != _STEM:
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path, target)
        if found is None or os.path.realpath(found.origin or "") != _MODULE:
            return None
        found.loader = Marked(name, str(found.origin))
        return found


class Teller(ast.NodeTransformer):
    """Puts calls that tell the line before the statements of functions."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:  # noqa: N802 - as ast
        """Change a function, and what is inside of it."""
        self.generic_visit(node)
        _tell_blocks(node)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815 - as ast


def _tell_blocks(node: ast.AST) -> None:
    """Change the lists of statements of a function, but for those of functions inside of it."""
    for value in vars(node).values():
        if not isinstance(value, list) or not value:
            continue
        for inner in value:
            if isinstance(inner, _HOLDERS) and not isinstance(inner, _FUNCTIONS):
                _tell_blocks(inner)
        if isinstance(value[0], ast.stmt):
            value[:] = [part for statement in value for part in _told(statement)]


def _told(statement: ast.stmt) -> Iterator[ast.stmt]:
    """A statement after the call that records its line; a text alone may say what a function is
    for, and stays at its head."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        yield statement
        return
    name = ast.Name(_MARK, ast.Load())
    call = ast.Expr(ast.Call(name, [ast.Constant(statement.lineno)], []))
    yield ast.fix_missing_locations(ast.copy_location(call, statement))
    yield statement


def _tell(line: int) -> None:
    _LINES[0].add(line)


def _on_line(frame: Any, event: str, argument: Any) -> Any:
    _LINES[0].add(frame.f_lineno)
    return _on_line


def _on_call(frame: Any, event: str, argument: Any) -> Any:
    name = frame.f_code.co_filename
    if name not in _IS_MODULE:
        _IS_MODULE[name] = os.path.realpath(name) == _MODULE
    return _on_line(frame, event, argument) if _IS_MODULE[name] else None


def _is_compiled_elsewhere(tree: ast.Module) -> bool:
    """Whether something else may read the code of the functions."""
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {
        name.partition(".")[0]
        for node in imports
        for name in (getattr(node, "module", None) or "", *(alias.name for alias in node.names))
    }
    return bool(names & _COMPILERS)


def _imported(body: list[ast.stmt]) -> Iterator[int]:
    """The lines of the statements that an import executes: to trace it would trace the libraries
    that it imports."""
    for node in body:
        yield from range(node.lineno, _head_end(node) + 1)
        if not isinstance(node, _FUNCTIONS):
            inner = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
            yield from _imported(inner)


def _head_end(node: ast.stmt) -> int:
    body = getattr(node, "body", None)
    return max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno


def _parsed() -> ast.Module:
    with open(_MODULE, encoding="utf-8") as file:
        return ast.parse(file.read())


def _begin() -> bool:
    """Make ready for the import of the module; whether its functions tell their lines."""
    if not os.path.isfile(_MODULE) or _STEM == "__init__" or _is_compiled_elsewhere(_parsed()):
        return False
    sys.meta_path.insert(0, Finder())
    return True


_TELLS = _begin()


def pytest_collection_finish() -> None:
    """The module has been imported."""
    _SEEN[""] |= {*_imported(_parsed().body)}


def pytest_runtest_logstart(nodeid: str) -> None:
    """What is executed from now on belongs to this test."""
    _LINES[0] = _SEEN.setdefault(nodeid, set())
    _SPENT[nodeid] = -time.process_time()
    if not _TELLS:
        threading.settrace(_on_call)
        sys.settrace(_on_call)


def pytest_runtest_logfinish(nodeid: str) -> None:
    """The test has ended."""
    _SPENT[nodeid] += time.process_time()
    if not _TELLS:
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
        "spent": _SPENT,
        "modules": [*_libraries(str(session.config.rootpath))],
    }
    with open(os.environ["NBPROD_LINES"], "w", encoding="utf-8") as file:
        json.dump(found, file)
