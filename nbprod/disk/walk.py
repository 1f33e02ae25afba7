"""A walk through directories of any depth: Python's own calls itself before 3.12."""

from __future__ import annotations

import os
from collections.abc import Iterator

__all__ = ["walk_folders"]


def walk_folders(top: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """As `os.walk` from above, through no links: a directory, its directories and its files.

    The caller may take names out of the second, or sort it, before it asks for more.
    """
    waiting = [top]
    while waiting:
        path = waiting.pop()
        folders: list[str] = []
        files: list[str] = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    (folders if _is_folder(entry) else files).append(entry.name)
        except OSError:
            continue
        yield path, folders, files
        below = [os.path.join(path, name) for name in folders]
        waiting += [folder for folder in reversed(below) if not os.path.islink(folder)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False
