"""Files of what is known: baselines of findings and of repeated code, read and written."""

from __future__ import annotations

import os
from collections.abc import Callable

from nbprod.checking.baseline import Baseline
from nbprod.errors import UsageError
from nbprod.project.files import write_atomically

__all__ = ["read_baseline", "relative_to", "write_known"]


def relative_to(path: str) -> Callable[[str], str]:
    """What makes paths relative to the folder of a file, with slashes on every system."""
    folder = os.path.dirname(os.path.abspath(path))
    return lambda name: os.path.relpath(os.path.abspath(name), folder).replace(os.sep, "/")


def write_known(path: str, text: str) -> None:
    """Write a file of what is known.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        write_atomically(path, text.encode("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None


def read_baseline(path: str) -> Baseline:
    """Read a baseline from disk.

    Raises:
        UsageError: it is not there, or is none.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(
            f"{path}: cannot be read: {reason}; `nbprod baseline write` makes one"
        ) from None
    return Baseline.from_json(text, path, relative_to(path))
