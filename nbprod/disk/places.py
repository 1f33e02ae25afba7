"""Where a path is, links followed: in the project, in the user's cache directory, or elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache

__all__ = [
    "holds_projects", "is_below", "is_temporary", "is_within", "marked_project", "project_root",
    "project_roots", "user_folder",
]  # fmt: skip

_MARKERS = (".git", "pyproject.toml", "nbprod.toml", ".nbprod.toml", "setup.cfg", "setup.py")


def project_root(path: str) -> str:
    """Return the project that a path belongs to, as a real path.

    That is the nearest directory with a `.git` above it, else the nearest with a project file, else
    the working directory if the path is below it, else the directory of the path. The home
    directory and the root of the file system hold projects and are none.
    """
    marked = marked_project(path)
    if marked is not None:
        return marked
    folder = _folder_of(path)
    working = os.path.realpath(os.curdir)
    return working if is_within(folder, (working,)) and not holds_projects(working) else folder


def marked_project(path: str) -> str | None:
    """Return the nearest directory with a `.git` at or above a path, else the nearest with a
    project file, as a real path; None if there is none."""
    above = [folder for folder in _upwards(_folder_of(path)) if not holds_projects(folder)]
    for names in ((".git",), _MARKERS):
        for candidate in above:
            if any(os.path.lexists(os.path.join(candidate, name)) for name in names):
                return candidate
    return None


def _folder_of(path: str) -> str:
    real = os.path.realpath(path)
    return real if os.path.isdir(real) else os.path.dirname(real)


def project_roots(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the projects of the paths that a command was given; `.` if it was given none."""
    return tuple(dict.fromkeys(project_root(path) for path in paths or (os.curdir,)))


def is_within(path: str, folders: Sequence[str]) -> bool:
    """Whether a path is, all links followed, one of some real directories or below one."""
    return is_below(os.path.realpath(path), folders)


def is_below(real: str, folders: Sequence[str]) -> bool:
    """Whether a real path is one of some real directories or below one."""
    return any(
        real == folder or real.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders
    )


def user_folder(name: str = "") -> str | None:
    """Return nbprod's directory in the user's cache directory, or one in it; make it if needed.

    None where there is no such directory that only the user can have filled: it cannot be made, it
    belongs to somebody else, or it is part of the repository that is being worked on.
    """
    try:
        here = os.getcwd()
    except OSError:
        here = ""
    return _made(os.path.join(_user_cache(), "nbprod"), name, here)


@cache
def _made(folder: str, name: str, here: str) -> str | None:
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        real = os.path.realpath(folder)
        if hasattr(os, "geteuid") and os.stat(real).st_uid != os.geteuid():
            return None
        repository = _repository(here)
        if repository is not None and is_within(real, (repository,)):
            return None
        found = os.path.join(real, name) if name else real
        os.makedirs(found, mode=0o700, exist_ok=True)
    except OSError:
        return None
    return found


def _user_cache() -> str:
    if os.name == "nt":
        return os.environ.get("LOCALAPPDATA") or os.path.expanduser("~")
    given = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(given):
        return given
    usual = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    return os.path.expanduser(usual)


def _repository(folder: str) -> str | None:
    """The repository that a directory is in."""
    for candidate in _upwards(os.path.realpath(folder)):
        if os.path.lexists(os.path.join(candidate, ".git")):
            return candidate
    return None


def holds_projects(folder: str) -> bool:
    """Whether a real path is the home directory or above it: it holds projects and is none."""
    home = os.path.realpath(os.path.expanduser("~"))
    return home == folder or home.startswith(folder.rstrip(os.sep) + os.sep)


def _upwards(folder: str) -> Iterator[str]:
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


def is_temporary(path: str) -> bool:
    """Whether an absolute path is below a directory for temporary files, or a device."""
    import tempfile

    folders = {tempfile.gettempdir(), os.path.realpath(tempfile.gettempdir()), "/tmp", "/dev"}  # noqa: S108 - names only
    path = os.path.normpath(path)
    return any(path.startswith(os.path.join(folder, "")) for folder in folders)
