"""Temporary directories: what runs there is a copy, and it goes in the end."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from nbprod.disk.write import Before, make_folders, write_file

__all__ = ["copy_tree", "scratch_folder", "write_scratch"]


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


def copy_tree(folder: str, place: str, skips: Callable[[str, list[str]], Collection[str]]) -> None:
    """Copy a directory: links as links, and no pipes, sockets or devices.

    Raises:
        OSError: a file cannot be copied.
    """
    import shutil

    def is_special(path: str) -> bool:
        mode = os.lstat(path).st_mode
        return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))

    def left_out(top: str, names: list[str]) -> set[str]:
        special = {name for name in names if is_special(os.path.join(top, name))}
        return special | set(skips(top, names))

    try:
        shutil.copytree(folder, place, ignore=left_out, symlinks=True)
    except shutil.Error as error:
        # It copies on and tells all that went wrong in the end; one is enough to say.
        path, _, reason = error.args[0][0]
        raise OSError(None, reason, path) from None
