"""The packages that a repository itself is the source of, and what they need.

A repository may hold several, each in a directory of its own with a `setup.py`, `setup.cfg` or
`pyproject.toml`. Its notebooks import them, and what they need is installed with them.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from functools import lru_cache

from nbprod.disk.documents import NotParsed, parse_module
from nbprod.disk.walk import walk_folders
from nbprod.libraries.distributions import name_required
from nbprod.syntax.walk import walk

__all__ = ["packages_beside", "names_in_setup", "metadata_files"]

_METADATA = ("pyproject.toml", "setup.cfg", "setup.py")
_NEEDING = frozenset(("install_requires", "extras_require", "tests_require", "setup_requires"))
_KEPT = frozenset(("node_modules", "site-packages", "venv", "env", "build", "dist", "__pycache__"))
_DEEPEST = 3
_MOST_FOLDERS = 600
_MOST_FILES = 30


def metadata_files(root: str) -> tuple[str, ...]:
    """The files of metadata in a repository and a few levels below, as far as that is cheap."""
    try:
        return _metadata_files(root, os.stat(root).st_mtime_ns)
    except OSError:
        return ()


@lru_cache(maxsize=64)
def _metadata_files(root: str, _changed: int) -> tuple[str, ...]:
    found: list[str] = []
    for number, (path, folders, files) in enumerate(walk_folders(root)):
        if number >= _MOST_FOLDERS or len(found) >= _MOST_FILES:
            break
        depth = os.path.relpath(path, root).count(os.sep) + (path != root)
        folders[:] = sorted(
            name
            for name in (folders if depth < _DEEPEST else ())
            if name not in _KEPT and not name.startswith(".")
        )
        found += [os.path.join(path, name) for name in _METADATA if name in files]
    return tuple(found)


def packages_beside(path: str) -> Iterator[str]:
    """The packages in the directory of a file of metadata, and in its `src`."""
    folder = os.path.dirname(path)
    for where in (folder, os.path.join(folder, "src")):
        try:
            names = sorted(os.listdir(where))
        except OSError:
            continue
        for name in names[:_MOST_FOLDERS]:
            if os.path.isfile(os.path.join(where, name, "__init__.py")):
                yield name


def names_in_setup(text: str) -> Iterator[str]:
    """The distribution that a `setup.py` makes, and those that it needs; it is not run."""
    try:
        tree = parse_module(text)
    except NotParsed:
        return
    values = {
        target.id: node.value
        for node in walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in walk(tree):
        if isinstance(node, ast.keyword) and node.arg is not None:
            value = node.value
            if isinstance(value, ast.Name):
                value = values.get(value.id, value)
            if node.arg in _NEEDING:
                yield from _required(value)
            elif node.arg == "name" and isinstance(value, ast.Constant):
                yield str(value.value)


def _required(value: ast.expr) -> Iterator[str]:
    """The names in lists of requirements: those of extras are the values of a dictionary."""
    keys = {
        id(key) for node in walk(value) if isinstance(node, ast.Dict) for key in node.keys if key
    }
    for part in walk(value):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in keys:
            name = name_required(part.value)
            if name is not None:
                yield name
