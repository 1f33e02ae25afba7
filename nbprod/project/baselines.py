"""Files of what is known: baselines of findings and of repeated code, read and written."""

from __future__ import annotations

import os
from collections.abc import Callable

from nbprod.checking.baseline import Baseline
from nbprod.disk.places import project_roots
from nbprod.disk.read import read_text
from nbprod.disk.write import Before, write_file
from nbprod.errors import UsageError, WriteError

__all__ = ["read_baseline", "relative_to", "write_known"]


def relative_to(path: str) -> Callable[[str], str]:
    """What makes paths relative to the folder of a file, with slashes on every system."""
    folder = os.path.dirname(os.path.abspath(path))
    return lambda name: os.path.relpath(os.path.abspath(name), folder).replace(os.sep, "/")


def write_known(path: str, text: str, *, named: bool) -> None:
    """Write a file of what is known; ``named`` if the user gave this path, not a repository.

    Raises:
        WriteError: it cannot be written.
    """
    within = None if named else project_roots(())
    try:
        write_file(path, text.encode("utf-8"), within=within, before=Before.ANYTHING)
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror}") from None


def read_baseline(path: str) -> Baseline:
    """Read a baseline from disk.

    Raises:
        UsageError: it is not there, or is none.
    """
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(
            f"{path}: cannot be read: {reason}; `nbprod baseline write` makes one"
        ) from None
    return Baseline.from_json(text, path, relative_to(path))
