"""Temporary directories: what runs there is a copy, and it goes in the end."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from nbprod.disk.places import is_below
from nbprod.disk.walk import walk_folders
from nbprod.disk.write import Before, make_folders, write_file

__all__ = ["Skips", "copy_tree", "scratch_folder", "tree_size", "write_scratch"]

Skips = Callable[[str, list[str]], Collection[str]]
"""Of the names in a directory, those that are not copied."""


@contextmanager
def scratch_folder() -> Iterator[str]:
    """Make a directory that only this user can look into, as a real path; it goes in the end."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="nbprod-", ignore_cleanup_errors=True) as folder:
        yield os.path.realpath(folder)


def write_scratch(folder: str, relative: str, data: bytes) -> str:
    """Write a file below a temporary directory and return its path; links lead nowhere else.

    Raises:
        OSError: it cannot be written.
    """
    path = os.path.join(folder, relative)
    make_folders(os.path.dirname(path), within=(folder,))
    write_file(path, data, within=(folder,), before=Before.ANYTHING, durable=False)
    return path


def copy_tree(folder: str, place: str, skips: Skips) -> None:
    """Copy a directory, so that nothing that is written into the copy reaches anything else.

    A link that leads to something in the directory leads to the same in the copy; what a link
    outside leads to is copied in its place, but not what links in that lead to elsewhere. Pipes,
    sockets and devices are left out.

    Raises:
        OSError: a file cannot be copied.
    """
    _copy(os.path.realpath(folder), place, skips, follows=True)


def tree_size(folder: str, limit: int, skips: Skips) -> int | None:
    """How many bytes `copy_tree` copies, or None if they are more than a limit."""
    total = 0
    waiting = [(os.path.realpath(folder), True)]
    while waiting:
        start, follows = waiting.pop()
        for top, folders, files in walk_folders(start):
            skipped = skips(top, [*folders, *files])
            folders[:] = [name for name in folders if name not in skipped]
            files = [name for name in files if name not in skipped]
            for name in (*files, *folders):
                path = os.path.join(top, name)
                status = os.lstat(path)
                total += 0 if stat.S_ISDIR(status.st_mode) else status.st_size
                target = _outer_target(path, start) if stat.S_ISLNK(status.st_mode) else None
                if target is not None and follows:
                    if os.path.isdir(target):
                        waiting.append((target, False))
                    else:
                        total += os.path.getsize(target)
            if total > limit:
                return None
    return total


def _copy(folder: str, place: str, skips: Skips, *, follows: bool) -> None:
    import shutil

    links: list[str] = []

    def left_out(top: str, names: list[str]) -> set[str]:
        skipped = set(skips(top, names))
        for name in names:
            path = os.path.join(top, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode) and name not in skipped:
                links.append(path)
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                skipped.add(name)
        return skipped

    try:
        shutil.copytree(folder, place, ignore=left_out)
    except shutil.Error as error:
        # It copies on and tells all that went wrong in the end; one is enough to say.
        path, _, reason = error.args[0][0]
        raise OSError(None, reason, path) from None
    for path in links:
        copied = os.path.join(place, os.path.relpath(path, folder))
        real = os.path.realpath(path)
        target = _outer_target(path, folder)
        if is_below(real, (folder,)):
            inner = os.path.join(place, os.path.relpath(real, folder))
            os.symlink(os.path.relpath(inner, os.path.dirname(copied)), copied)
        elif target is not None and follows and os.path.isdir(target):
            _copy(target, copied, skips, follows=False)
        elif target is not None and follows:
            shutil.copy2(target, copied)


def _outer_target(path: str, folder: str) -> str | None:
    """The file or directory outside of a directory that a link in it leads to; None for one that
    leads inside, to nothing that can be copied, or up to where the directory itself is."""
    real = os.path.realpath(path)
    if is_below(real, (folder,)) or is_below(folder, (real,)):
        return None
    return real if os.path.isfile(real) or os.path.isdir(real) else None
