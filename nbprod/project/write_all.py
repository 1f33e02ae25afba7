"""Several files written: all of them or none."""

from __future__ import annotations

import os
from collections.abc import Mapping

from nbprod.errors import UsageError
from nbprod.project.files import write_atomically

__all__ = ["existing", "write_all"]


def existing(files: Mapping[str, bytes]) -> list[str]:
    """The files that are there already with another content."""
    found = []
    for path, data in files.items():
        if os.path.exists(path):
            with open(path, "rb") as file:
                if file.read() != data:
                    found.append(path)
    return found


def write_all(files: Mapping[str, bytes]) -> list[str]:
    """Write files and say which were changed; when one cannot be written, none is.

    Raises:
        UsageError: a file or folder cannot be written; all is as it was.
    """
    before: dict[str, bytes | None] = {}
    made: list[str] = []
    try:
        for path, data in files.items():
            old = _content(path)
            if old == data:
                continue
            before[path] = old
            made += _make_folders(os.path.dirname(path))
            write_atomically(path, data)
    except OSError as error:
        _undo(before, made)
        name = error.filename or path
        raise UsageError(
            f"{name}: cannot be written: {error.strerror}; nothing was changed"
        ) from None
    return list(before)


def _content(path: str) -> bytes | None:
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def _make_folders(folder: str) -> list[str]:
    missing: list[str] = []
    while folder and not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for text in reversed(missing):
        os.mkdir(text)
    return list(reversed(missing))


def _undo(before: Mapping[str, bytes | None], folders: list[str]) -> None:
    for path, data in before.items():
        if data is not None:
            write_atomically(path, data)
        elif os.path.exists(path):
            os.unlink(path)
    for folder in reversed(folders):
        if not os.listdir(folder):
            os.rmdir(folder)
