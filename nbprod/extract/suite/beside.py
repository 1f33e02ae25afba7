"""Modules of the project that an extracted module imports: they are tried together."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence

from nbprod.disk.read import read_bytes
from nbprod.disk.walk import walk_folders
from nbprod.errors import NbprodError
from nbprod.syntax.walk import walk

__all__ = ["modules_beside"]

_MOST_FILES = 200
_MOST_BYTES = 2_000_000


def modules_beside(text: str, folders: Sequence[str]) -> dict[str, bytes]:
    """The modules in some folders that a module's text imports, and those that they import.

    Args:
        text: the module.
        folders: where the kernel finds modules, the nearest first.
    """
    found: dict[str, bytes] = {}
    pending = [*_imported(text)]
    seen: set[str] = set()
    while pending and len(found) < _MOST_FILES:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        for path in _files_of(name, folders):
            try:
                found[path] = read_bytes(path, _MOST_BYTES)
            except (NbprodError, OSError):
                continue
            pending += _imported(found[path].decode("utf-8", "replace"))
    return found


def _imported(text: str) -> Iterator[str]:
    """The top-level packages that a text imports."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _files_of(name: str, folders: Sequence[str]) -> Iterator[str]:
    for folder in folders:
        path = os.path.join(folder, f"{name}.py")
        if os.path.isfile(path):
            yield path
            return
        package = os.path.join(folder, name)
        if os.path.isfile(os.path.join(package, "__init__.py")):
            for place, _, files in walk_folders(package):
                yield from (os.path.join(place, file) for file in files if file.endswith(".py"))
            return
