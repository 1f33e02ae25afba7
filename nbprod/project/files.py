"""The `.env.example` of a project: the names of the variables that its notebooks look up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from nbprod.disk.read import read_bytes
from nbprod.disk.write import Before, write_file

__all__ = ["add_names", "env_example"]


def env_example(notebook: str) -> str:
    """The `.env.example` that belongs to a notebook: that of its project, else beside it."""
    folder = Path(notebook).resolve().parent
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists() or (candidate / "pyproject.toml").exists():
            return str(candidate / ".env.example")
    return str(folder / ".env.example")


def add_names(path: str, names: Iterable[str], within: Sequence[str]) -> list[str]:
    """Add names of variables, without values, to an `.env.example`; returns those that were new.

    Raises:
        OSError: it cannot be read or written, or is a link out of ``within``.
    """
    before: bytes | Before
    try:
        before = read_bytes(path)
        text = before.decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        before, text = Before.ABSENT, ""
    known = {line.partition("=")[0].strip() for line in text.splitlines()}
    new = [name for name in names if name not in known]
    if new:
        gap = "\n" if text and not text.endswith("\n") else ""
        lines = "".join(f"{name}=\n" for name in new)
        data = (text + gap + lines).encode("utf-8", "surrogateescape")
        write_file(path, data, within=within, before=before)
    return new
