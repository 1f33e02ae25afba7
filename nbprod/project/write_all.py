"""Several files written: all of them or none."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence

from nbprod.disk.read import read_bytes
from nbprod.disk.write import Before, make_folders, remove_file, remove_folders, write_file
from nbprod.errors import WriteError

__all__ = ["bytes_there", "existing", "write_all"]


def bytes_there(path: str) -> bytes | None:
    """The content of a file; None if there is none.

    Raises:
        WriteError: what is there cannot be read, so it cannot be replaced either.
    """
    try:
        return read_bytes(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise WriteError(f"{path}: cannot be read: {error.strerror}") from None


def existing(files: Mapping[str, bytes]) -> list[str]:
    """The files that are there already with another content."""
    return [path for path, data in files.items() if bytes_there(path) not in (None, data)]


def write_all(
    files: Mapping[str, bytes],
    *,
    read: Mapping[str, bytes],
    force: bool,
    within: Sequence[str],
    named: Collection[str],
) -> list[str]:
    """Write files and say which were changed; when one cannot be written, none is.

    Args:
        files: the contents by path.
        read: what the files held when the new contents were worked out.
        force: replace files that are there and were not read.
        within: the real directories that files must be in.
        named: the paths that the user named, which may be anywhere.

    Raises:
        WriteError: a file or directory cannot be written; all is unchanged.
    """
    written: dict[str, bytes | None] = {}
    made: list[str] = []
    path = ""
    try:
        for path, data in files.items():
            there = bytes_there(path)
            if there == data:
                continue
            allowed = None if path in named else within
            made += make_folders(os.path.dirname(path), within=allowed)
            otherwise = Before.ANYTHING if force else Before.ABSENT
            write_file(path, data, within=allowed, before=read.get(path, otherwise))
            written[path] = there
    except OSError as error:
        left = _undo(files, written, made)
        also = f"; and these are changed: {', '.join(left)}" if left else "; nothing was changed"
        raise WriteError(f"{path}: cannot be written: {error.strerror}{also}") from None
    except BaseException:
        _undo(files, written, made)
        raise
    return list(written)


def _undo(
    files: Mapping[str, bytes], before: Mapping[str, bytes | None], folders: list[str]
) -> list[str]:
    """Put back what was there; returns the files where that fails."""
    left = []
    for path, data in before.items():
        try:
            if data is None:
                remove_file(path, files[path])
            else:
                write_file(path, data, within=None, before=files[path])
        except OSError:
            left.append(path)
    remove_folders(folders)
    return left
