"""Files are read and written by one room: nothing else opens, replaces or removes any."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.test_layers import modules, room_of

# What else may touch files, and how.
ALLOWED = {
    # The standard streams, and the null device in their place.
    "nbprod.cli.streams": {"open", "os.open"},
    # Part of the notebook's own process, in a temporary directory.
    "nbprod.execution.probe": {"import pickle", "open"},
    "nbprod.execution.calls_seen": {"import pickle", "open"},
    # Started as a script by the Python that runs the notebook: its own job and outputs, and /proc.
    "nbprod.execution.fork_server": {"open", "os.open"},
    # Part of the notebook's own process: frames of Spark are stored once to see what comes back.
    "nbprod.pipeline.inside.observer": {"import tempfile"},
    # Started as a script by the Python that runs the notebook, in a temporary directory.
    "nbprod.extract.suite.experiment": {"import pickle", "open"},
    # Started as a script by the same Python, for a storage in a temporary directory.
    "nbprod.pipeline.inside.forked": {"import tempfile", "os.fdopen"},
    "nbprod.pipeline.inside.stored": {"os.rename"},
    "nbprod.extract.suite.strength_trial": {"import shutil", "open", "os.open"},
    "nbprod.extract.suite.traced_lines": {"open"},
    "nbprod.extract.suite.written_files": {".unlink", ".write_bytes", "open"},
    # The channel to the process that has started it.
    "nbprod.survey.child_program": {"os.fdopen"},
    # The metadata of the installed nbprod, by `importlib.metadata`.
    "nbprod.project.origin": {".read_text"},
    # A pattern of names, and a search along PATH.
    "nbprod.execution.run": {"import shutil"},
    "nbprod.programs": {"import shutil"},
}
CALLS_OF_OS = {
    "chmod", "chown", "creat", "fdopen", "lchown", "link", "makedirs", "mkdir", "mkfifo", "mknod",
    "open", "remove", "removedirs", "rename", "renames", "replace", "rmdir", "symlink", "truncate",
    "unlink", "utime",
}  # fmt: skip
# Methods of `pathlib.Path` and of `io`, whatever they are called on.
METHODS = {
    "hardlink_to", "read_bytes", "read_text", "symlink_to", "unlink", "write_bytes", "write_text",
}  # fmt: skip
MODULES = {
    "codecs": {"open"}, "fileinput": None, "io": {"open", "FileIO", "open_code"}, "mmap": None,
    "shutil": None, "tempfile": None, "pickle": None, "shelve": None, "dbm": None, "sqlite3": None,
    "zipfile": None, "tarfile": None,
}  # fmt: skip


def uses(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What a module does to files, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if MODULES.get(alias.name.partition(".")[0], ()) is None:
                    yield node.lineno, f"import {alias.name}"
        elif isinstance(node, ast.ImportFrom):
            names = MODULES.get((node.module or "").partition(".")[0], ())
            taken = {alias.name for alias in node.names}
            if names is None or taken & set(names):
                yield node.lineno, f"import {node.module}"
            if node.module == "os" and taken & CALLS_OF_OS:
                yield node.lineno, "import os"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = node.value.id
            if owner == "os" and node.attr in CALLS_OF_OS:
                yield node.lineno, f"os.{node.attr}"
            elif node.attr in (MODULES.get(owner) or ()):
                yield node.lineno, f"{owner}.{node.attr}"
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "open":
                yield node.lineno, "open"
            elif isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
                yield node.lineno, f".{node.func.attr}"


def offences(module: str, tree: ast.Module) -> list[str]:
    if room_of(module) == "disk":
        return []
    allowed = ALLOWED.get(module, set())
    return [f"{module}:{line} {use}" for line, use in uses(tree) if use not in allowed]


def test_only_one_room_opens_files() -> None:
    found = [offence for module, tree in modules().items() for offence in offences(module, tree)]
    assert found == []


def test_what_is_allowed_is_needed() -> None:
    for module, allowed in ALLOWED.items():
        assert {use for _, use in uses(modules()[module])} & allowed == allowed, module


@pytest.mark.parametrize(
    "source",
    [
        "open('x')", "import os\nos.replace('x', 'y')", "from os import unlink",
        "from pathlib import Path\nPath('x').write_text('')", "import tempfile",
        "from tempfile import mkstemp", "import io\nio.open('x')", "from shutil import move",
        "path.read_bytes()", "import pickle", "import os\nwrite = os.open",
    ],
)  # fmt: skip
def test_it_sees_what_it_forbids(source: str) -> None:
    assert offences("nbprod.rules.any", ast.parse(source))
