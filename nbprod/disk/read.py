"""The one reader of files: regular files only, never longer than a limit, never waiting.

A path in a repository may be anything: a link to `/dev/zero`, a named pipe that nobody writes to, a
file without end below `/proc`. Each of these is an `OSError` at once, with a sentence that says
what is wrong.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

from nbprod.errors import ReadError

__all__ = [
    "MAX_NOTEBOOK_BYTES",
    "MAX_TEXT_BYTES",
    "FileTooLarge",
    "open_stream",
    "read_bytes",
    "read_descriptor",
    "read_head",
    "read_notebook_bytes",
    "read_stream",
    "read_text",
]

MAX_NOTEBOOK_BYTES = 200_000_000
"""The longest notebook that is read; a longer one is reported as file-too-large (NBP013)."""
MAX_TEXT_BYTES = 20_000_000
"""The longest configuration file, baseline or module that is read."""

_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
)
_CHUNK = 1 << 20
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class FileTooLarge(OSError):
    """A file is longer than what is read."""


def read_bytes(path: str, limit: int = MAX_NOTEBOOK_BYTES) -> bytes:
    """Return the content of a regular file.

    Raises:
        FileTooLarge: it has more than ``limit`` bytes.
        OSError: it cannot be opened or read, or it is not a regular file.
    """
    descriptor = _open(path)
    try:
        return read_descriptor(descriptor, path, limit)
    finally:
        os.close(descriptor)


def open_stream(path: str) -> BinaryIO:
    """Open a regular file that is read in pieces, such as an archive; the caller closes it.

    Raises:
        OSError: it cannot be opened, or it is not a regular file.
    """
    descriptor = _open(path)
    try:
        _refuse_special(os.fstat(descriptor).st_mode, path)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_descriptor(descriptor: int, path: str, limit: int = MAX_NOTEBOOK_BYTES) -> bytes:
    """Return all that a descriptor of a regular file gives; ``path`` is for messages.

    Raises:
        OSError: see `read_bytes`.
    """
    status = os.fstat(descriptor)
    _refuse_special(status.st_mode, path)
    if status.st_size > limit:
        raise _too_large(path, limit)
    # Files below /proc have no size: what counts is how much comes.
    chunks: list[bytes] = []
    total = 0
    wanted = status.st_size + 1
    while chunk := os.read(descriptor, wanted):
        chunks.append(chunk)
        total += len(chunk)
        if total > limit:
            raise _too_large(path, limit)
        wanted = max(status.st_size + 1 - total, _CHUNK)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def read_head(path: str, size: int) -> bytes:
    """Return the first bytes of a regular file.

    Raises:
        OSError: it cannot be opened or read, or it is not a regular file.
    """
    descriptor = _open(path)
    try:
        _refuse_special(os.fstat(descriptor).st_mode, path)
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)


def read_text(path: str, limit: int = MAX_TEXT_BYTES, errors: str = "strict") -> str:
    r"""Return the text of a UTF-8 file, with ``\n`` at the end of every line.

    Raises:
        OSError: see `read_bytes`.
        UnicodeDecodeError: it is not UTF-8.
    """
    text = read_bytes(path, limit).decode("utf-8", errors)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def read_notebook_bytes(path: str) -> bytes:
    """Return the content of a notebook.

    Raises:
        ReadError: it cannot be read; ``kind`` names the rule that reports it.
    """
    try:
        return read_bytes(path)
    except FileTooLarge as error:
        raise ReadError("file-too-large", str(error.strerror)) from None
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno == errno.ELOOP:
            reason = "is a link that leads nowhere, or in a circle"
        is_sentence = reason.startswith(("is ", "does "))
        text = reason if is_sentence else f"cannot be read: {reason.lower()}"
        raise ReadError("unreadable-file", text) from None
    except ValueError:
        # A NUL in a path.
        raise ReadError("unreadable-file", "is not a path") from None


def read_stream(stream: BinaryIO, limit: int = MAX_NOTEBOOK_BYTES) -> bytes:
    """Return all that standard input gives.

    Raises:
        ReadError: it gives more than ``limit`` bytes.
    """
    chunks: list[bytes] = []
    total = 0
    while chunk := stream.read(_CHUNK):
        chunks.append(chunk)
        total += len(chunk)
        if total > limit:
            raise ReadError("file-too-large", _too_large_text(limit))
    return b"".join(chunks)


def _open(path: str) -> int:
    # Some devices act when they are opened, so a look comes first; the descriptor then decides.
    _refuse_special(os.stat(path).st_mode, path)
    return os.open(path, _FLAGS)


def _refuse_special(mode: int, path: str) -> None:
    if stat.S_ISREG(mode):
        return
    kind = next((name for test, name in _KINDS if test(mode)), "something else")
    number = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
    raise OSError(number, f"is {kind}, not a regular file", path)


def _too_large(path: str, limit: int) -> FileTooLarge:
    return FileTooLarge(errno.EFBIG, _too_large_text(limit), path)


def _too_large_text(limit: int) -> str:
    return f"is larger than {limit // 1_000_000} MB; clear its outputs or exclude it"
