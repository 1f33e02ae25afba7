"""The journal of temporary files: what a killed process leaves, a later one removes.

There is one entry for each temporary file, in the user's cache directory; it holds the path and is
locked as long as its process lives. An entry whose lock can be had belongs to a process that has
ended. Nothing but files that the journal names is ever removed.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nbprod.disk.places import user_folder
from nbprod.disk.read import read_descriptor

try:
    import fcntl
except ImportError:  # Windows: nothing is recorded there, and nothing removed
    fcntl = None  # type: ignore[assignment]

__all__ = ["lock_folder", "recorded", "remove_leftovers", "temporary_name"]

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
# An entry is empty only while its process is about to fill it.
_SECONDS_TO_FILL = 60
_TRIES_FOR_A_LOCK = 100


def temporary_name() -> str:
    """Return a name that nobody can foresee."""
    return f".nbprod-{os.urandom(12).hex()}.tmp"


@contextmanager
def recorded(path: str) -> Iterator[None]:
    """Keep the absolute path of a temporary file in the journal until the work with it is done."""
    folder = user_folder("journal") if fcntl is not None else None
    if folder is None:
        yield
        return
    entry = os.path.join(folder, os.path.basename(path))
    try:
        descriptor = os.open(entry, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW, 0o600)
    except OSError:
        # A full disk or a quota: the work itself may still succeed.
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.write(descriptor, os.fsencode(path))
        yield
    finally:
        with suppress(OSError):
            os.unlink(entry)
        os.close(descriptor)


def remove_leftovers() -> None:
    """Remove the temporary files of processes that have ended."""
    folder = user_folder("journal") if fcntl is not None else None
    if folder is None:
        return
    with suppress(OSError):
        for name in os.listdir(folder):
            with suppress(OSError):
                _settle(os.path.join(folder, name))


def _settle(entry: str) -> None:
    descriptor = os.open(entry, os.O_RDONLY | _NOFOLLOW)
    try:
        # Raises BlockingIOError while its process lives.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path = os.fsdecode(read_descriptor(descriptor, entry, 1 << 16))
        if not path and time.time() - os.fstat(descriptor).st_mtime < _SECONDS_TO_FILL:
            return
        if os.path.isabs(path) and os.path.basename(path) == os.path.basename(entry):
            with suppress(FileNotFoundError, NotADirectoryError):
                if stat.S_ISREG(os.lstat(path).st_mode):
                    os.unlink(path)
        os.unlink(entry)
    finally:
        os.close(descriptor)


@contextmanager
def lock_folder(descriptor: int | None) -> Iterator[None]:
    """Keep other processes of nbprod from replacing files of a directory; wait a second at most."""
    if fcntl is None or descriptor is None:
        yield
        return
    locked = False
    for _ in range(_TRIES_FOR_A_LOCK):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            locked = True
            break
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:  # a file system without locks
            break
    try:
        yield
    finally:
        if locked:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
