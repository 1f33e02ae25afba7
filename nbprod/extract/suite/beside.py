"""Modules of the project that an extracted module imports: they are tried together."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence

from nbprod.disk.places import is_below
from nbprod.disk.read import read_bytes
from nbprod.disk.walk import walk_folders
from nbprod.errors import NbprodError
from nbprod.extract.plan.targets import Target
from nbprod.facts import Facts
from nbprod.syntax.walk import walk

__all__ = ["folders_added", "modules_beside"]

_MOST_FILES = 200
_MOST_BYTES = 2_000_000


def folders_added(facts: Facts) -> tuple[str, ...]:
    """The folders that the notebook adds to `sys.path` by relative paths and that are there."""
    own = os.path.dirname(os.path.abspath(facts.notebook.path))
    found: dict[str, None] = {}
    for parsed in facts.parsed:
        for call in parsed.live_nodes_of(ast.Call) if parsed is not None else ():
            if ast.unparse(call.func) not in ("sys.path.append", "sys.path.insert"):
                continue
            for node in call.args:
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    folder = os.path.normpath(os.path.join(own, node.value))
                    if not os.path.isabs(node.value) and os.path.isdir(folder):
                        found.setdefault(folder)
    return tuple(found)


def modules_beside(text: str, folders: Sequence[str], target: Target) -> dict[str, bytes]:
    """The modules in some folders that a module's text imports, and those that they import.

    Those outside of the project are given paths beside the module.

    Args:
        text: the module.
        folders: where the kernel finds modules, the nearest first.
        target: where the module goes.
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
                data = read_bytes(path, _MOST_BYTES)
            except (NbprodError, OSError):
                continue
            found[_inside(path, folders, target)] = data
            pending += _imported(data.decode("utf-8", "replace"))
    return found


def _inside(path: str, folders: Sequence[str], target: Target) -> str:
    """The path of a module, below the project."""
    if is_below(path, (target.project,)):
        return path
    folder = next(folder for folder in folders if is_below(path, (folder,)))
    return os.path.join(target.root, os.path.relpath(path, folder))


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
