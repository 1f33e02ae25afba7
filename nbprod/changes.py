"""Writing files: whole or not at all."""

from __future__ import annotations

import os
import stat

__all__ = ["write_atomically"]


def write_atomically(path: str, data: bytes) -> None:
    """Replace a file's content in one step; its mode stays, and a link stays a link.

    Raises:
        OSError: the folder cannot be written; the file is then as it was.
    """
    target = os.path.realpath(path)
    temporary = f"{target}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(temporary, target)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
