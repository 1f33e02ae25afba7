"""Writing files: whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

__all__ = ["add_names", "env_example", "write_atomically"]


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


def env_example(notebook: str) -> str:
    """The `.env.example` that belongs to a notebook: that of its project, else beside it."""
    from pathlib import Path

    folder = Path(notebook).resolve().parent
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists() or (candidate / "pyproject.toml").exists():
            return str(candidate / ".env.example")
    return str(folder / ".env.example")


def add_names(path: str, names: Iterable[str]) -> list[str]:
    """Add names of variables, without values, to an `.env.example`; returns those that were new."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except FileNotFoundError:
        text = ""
    known = {line.partition("=")[0].strip() for line in text.splitlines()}
    new = [name for name in names if name not in known]
    if new:
        gap = "\n" if text and not text.endswith("\n") else ""
        lines = "".join(f"{name}=\n" for name in new)
        write_atomically(path, (text + gap + lines).encode("utf-8"))
    return new
