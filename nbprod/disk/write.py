"""The one writer of files: whole or not at all, only where it may, and never over other work.

The content goes to a new file with a name that nobody can foresee, in the same directory, which
then replaces the old one in one step: a process that is killed leaves the old file or the new one.
"""

from __future__ import annotations

import enum
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from nbprod.disk.journal import lock_folder, recorded, temporary_name
from nbprod.disk.places import is_below, is_within
from nbprod.disk.read import read_descriptor

__all__ = [
    "Before",
    "ChangedMeanwhile",
    "WriteRefused",
    "append_bytes",
    "make_folders",
    "remove_file",
    "remove_folders",
    "write_file",
]

_CLOEXEC = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0) | _CLOEXEC
_OPEN_FILES = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/")
_HAS_FOLDERS = {os.open, os.stat, os.unlink, os.rename} <= os.supports_dir_fd


class Before(enum.Enum):
    """What must be at a path before it is written, where it is not certain bytes."""

    ABSENT = "nothing"
    ANYTHING = "anything"


class WriteRefused(OSError):
    """A file is not written on purpose; ``strerror`` says why."""


class ChangedMeanwhile(WriteRefused):
    """A file is not what it was when it was read: somebody saved it in between."""


class _Folder(NamedTuple):
    """An open directory. Where the system has no such thing, ``descriptor`` is None."""

    path: str
    descriptor: int | None

    def name(self, base: str) -> str:
        """The name by which a file in it is reached."""
        return base if self.descriptor is not None else os.path.join(self.path, base)


def write_file(
    path: str,
    data: bytes,
    *,
    within: Sequence[str] | None,
    before: bytes | Before,
    durable: bool = True,
) -> None:
    """Replace the content of a file, or create it.

    Mode and owner stay. A link stays a link: what it leads to is written.

    Args:
        path: the file; its directory is there.
        data: the whole new content.
        within: the real directories that the file must be in, links followed; None if the user
            named this very path.
        before: what was read there, `Before.ABSENT` if nothing may be there, `Before.ANYTHING` if
            whatever is there is to be replaced.
        durable: wait until it is on the disk.

    Raises:
        ChangedMeanwhile: the file is not as ``before`` says; it is left alone.
        WriteRefused: it may not be written, or not without harm.
        OSError: it cannot be written; it is unchanged.
    """
    if within is None and _is_special(path):
        _write_special(path, data)
        return
    target = _target(path, within)
    status = _status(target)
    if status is not None and not stat.S_ISREG(status.st_mode):
        is_folder = stat.S_ISDIR(status.st_mode)
        text = "is a directory" if is_folder else "is not a regular file"
        raise WriteRefused(errno.EISDIR if is_folder else errno.EINVAL, text, path)
    if status is not None and status.st_nlink > 1:
        count = status.st_nlink
        raise WriteRefused(
            errno.EMLINK, f"has {count} hard links, which a new file would part; copy it", path
        )
    with _opened(os.path.dirname(target)) as folder:
        temporary = temporary_name()
        with recorded(os.path.join(folder.path, temporary)):
            try:
                _fill(folder, temporary, data, status, durable=durable)
                with lock_folder(folder.descriptor):
                    _replace(folder, temporary, os.path.basename(target), data, before)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(folder.name(temporary), dir_fd=folder.descriptor)
                raise
        if durable and folder.descriptor is not None:
            with suppress(OSError):  # not every file system can do that
                os.fsync(folder.descriptor)


def append_bytes(path: str, data: bytes) -> None:
    """Add to the end of a file that the user or the environment named.

    Raises:
        OSError: it cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _CLOEXEC, 0o666)
    try:
        _write_whole(descriptor, data)
    finally:
        os.close(descriptor)


def make_folders(folder: str, *, within: Sequence[str] | None) -> list[str]:
    """Create a directory and those above it; return those that are new, the uppermost first.

    Raises:
        WriteRefused: it would be out of ``within``.
        OSError: one cannot be created.
    """
    if within is not None and folder and not is_within(folder, within):
        raise _outside(folder, os.path.realpath(folder))
    missing: list[str] = []
    while folder and not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    made: list[str] = []
    for path in reversed(missing):
        with suppress(FileExistsError):
            os.mkdir(path)
            made.append(path)
        if not os.path.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    return made


def remove_file(path: str, before: bytes) -> None:
    """Remove a file that holds what nbprod wrote; one that somebody changed since stays.

    Raises:
        OSError: it cannot be removed.
    """
    folder_path, base = os.path.split(os.path.realpath(path))
    with _opened(folder_path) as folder, lock_folder(folder.descriptor):
        _needs_writing(folder, base, before, before)
        os.unlink(folder.name(base), dir_fd=folder.descriptor)


def remove_folders(folders: Sequence[str]) -> None:
    """Remove directories that were created but not needed, as far as they are empty."""
    for folder in reversed(folders):
        with suppress(OSError):
            os.rmdir(folder)


def _target(path: str, within: Sequence[str] | None) -> str:
    """The file that a path leads to."""
    target = os.path.realpath(path)
    if within is not None and not is_below(target, within):
        raise _outside(path, target)
    if os.path.islink(target):
        # What realpath cannot resolve is a circle of links.
        raise WriteRefused(errno.ELOOP, "is a link that leads in a circle", path)
    return target


def _outside(path: str, target: str) -> WriteRefused:
    is_link = os.path.abspath(path) != target
    reason = f"is a link to {target}, out of the project" if is_link else "is out of the project"
    return WriteRefused(errno.EPERM, f"{reason}; name that file to write it", path)


def _status(target: str) -> os.stat_result | None:
    try:
        return os.lstat(target)
    except FileNotFoundError:
        return None


def _is_special(path: str) -> bool:
    """Whether a path is a pipe, a terminal or an open file, such as `/dev/stdout`."""
    if os.path.abspath(path).startswith(_OPEN_FILES):
        return True
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _write_special(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | _CLOEXEC)
    try:
        _write_whole(descriptor, data)
    finally:
        os.close(descriptor)


@contextmanager
def _opened(path: str) -> Iterator[_Folder]:
    if not _HAS_FOLDERS:
        yield _Folder(path, None)
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _NOFOLLOW)
    try:
        yield _Folder(path, descriptor)
    finally:
        os.close(descriptor)


def _fill(
    folder: _Folder, name: str, data: bytes, status: os.stat_result | None, *, durable: bool
) -> None:
    """Create the temporary file with the content, and with mode and owner of the old file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW
    mode = 0o666 if status is None else 0o600
    descriptor = os.open(folder.name(name), flags, mode, dir_fd=folder.descriptor)
    try:
        if status is not None and hasattr(os, "fchown"):
            _keep_owner(descriptor, status)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
        _write_whole(descriptor, data)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep_owner(descriptor: int, status: os.stat_result) -> None:
    made = os.fstat(descriptor)
    if (made.st_uid, made.st_gid) == (status.st_uid, status.st_gid):
        return
    try:
        os.fchown(descriptor, status.st_uid, status.st_gid)
    except PermissionError:
        text = "belongs to another user or group, which a new file would not"
        raise WriteRefused(errno.EPERM, text) from None


def _write_whole(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _replace(
    folder: _Folder, temporary: str, base: str, data: bytes, before: bytes | Before
) -> None:
    """Put the temporary file in the place of the old one, unless that holds ``data`` already."""
    source, target = folder.name(temporary), folder.name(base)
    if _needs_writing(folder, base, before, data):
        os.replace(source, target, src_dir_fd=folder.descriptor, dst_dir_fd=folder.descriptor)
    else:
        os.unlink(source, dir_fd=folder.descriptor)


def _needs_writing(folder: _Folder, base: str, before: bytes | Before, data: bytes) -> bool:
    """Whether a file is what it should be before it is replaced; False if it holds ``data`` now.

    Raises:
        ChangedMeanwhile: it holds something else.
    """
    if before is Before.ANYTHING:
        return True
    path = os.path.join(folder.path, base)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NOFOLLOW
    try:
        descriptor = os.open(folder.name(base), flags, dir_fd=folder.descriptor)
    except FileNotFoundError:
        if before is Before.ABSENT:
            return True
        raise ChangedMeanwhile(errno.ESTALE, "was removed meanwhile", path) from None
    except OSError as error:
        raise ChangedMeanwhile(errno.ESTALE, f"was replaced meanwhile ({error.strerror})", path)
    try:
        if isinstance(before, bytes) and _holds(descriptor, path, before):
            return True
        if _holds(descriptor, path, data):
            # Another process of nbprod came to the same result.
            return False
        if before is Before.ABSENT:
            raise ChangedMeanwhile(errno.EEXIST, "exists already; it is unchanged", path)
        text = "was saved by another program meanwhile; that is kept, run nbprod again"
        raise ChangedMeanwhile(errno.ESTALE, text, path)
    finally:
        os.close(descriptor)


def _holds(descriptor: int, path: str, data: bytes) -> bool:
    if os.fstat(descriptor).st_size != len(data):
        return False
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        return read_descriptor(descriptor, path, len(data)) == data
    except OSError:
        return False
