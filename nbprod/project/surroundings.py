"""What a check reads around a notebook: Python files beside it, and what its project declares.

Both go through one function, so that whoever keeps findings knows all that they rest on.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from nbprod.disk.places import is_within, project_root
from nbprod.disk.read import read_text
from nbprod.disk.walk import walk_folders
from nbprod.libraries.unavailable import SEARCHED

__all__ = ["ReadFile", "declared_by", "read_around"]

ReadFile = Callable[[str], str | None]
"""Gives the text of a file by its path from the notebook's folder; None where there is none."""

_DECLARED = "\0declared"
"""Stands for what the project declares; no file can have this name."""
_MOST_BYTES = 2_000_000
_MOST_FOLDERS = 2_000
_DEEPEST = 5
_NOT_SEARCHED = frozenset("node_modules site-packages venv env __pycache__ build dist".split())


def read_around(path: str) -> ReadFile:
    """What reads Python files beside a notebook, for `%run`, star imports and `declared_by`.

    Files of the notebook's project only, whatever a notebook or a link says.
    """
    folder = os.path.dirname(path)
    roots: list[str] = []

    def read(relative: str) -> str | None:
        if relative == _DECLARED:
            return _declared_above(folder)
        if relative.startswith(SEARCHED):
            return _folders_with(relative.removeprefix(SEARCHED), folder)
        candidate = os.path.join(folder, relative)
        try:
            # Most names that are tried are those of no file, and links cost a look at each folder.
            if not os.path.lexists(candidate):
                return None
            if not roots:
                roots.append(project_root(folder))
            if not is_within(candidate, roots):
                return None
            return read_text(candidate, _MOST_BYTES)
        except (OSError, ValueError):
            return None

    return read


def _folders_with(module: str, folder: str) -> str | None:
    """The folders of the project with the file of a module, the nearest to its root first.

    As paths from ``folder``, a line each. Hidden folders and environments are left out.
    """
    root = project_root(folder)
    found: list[str] = []
    for count, (path, folders, files) in enumerate(walk_folders(root)):
        if count >= _MOST_FOLDERS:
            break
        depth = path[len(root) :].count(os.sep)
        folders[:] = [
            name
            for name in sorted(folders)
            if depth < _DEEPEST and not name.startswith(".") and name not in _NOT_SEARCHED
        ]
        if f"{module}.py" in files or os.path.lexists(os.path.join(path, module, "__init__.py")):
            found.append(os.path.relpath(path, os.path.realpath(folder or os.curdir)))
    ordered = sorted(found, key=lambda path: (path.count(os.sep), path))
    return "\n".join(path.replace(os.sep, "/") for path in ordered) or None


def _declared_above(folder: str) -> str | None:
    from nbprod.environment.declared import declared_above

    found = declared_above(os.path.abspath(folder))
    return None if found is None else "\n".join(sorted(found))


def declared_by(read: ReadFile) -> Callable[[], frozenset[str] | None]:
    """What gives the distributions that the project around a notebook declares, if it does."""

    def declared() -> frozenset[str] | None:
        text = read(_DECLARED)
        return None if text is None else frozenset(text.split("\n"))

    return declared
