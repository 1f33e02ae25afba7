# SPDX-License-Identifier: MIT-0
"""The errors that a user can put right."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

__all__ = ["ApplicationError", "load_module", "nearest"]

_APP = __package__.rpartition(".")[0]


class ApplicationError(Exception):
    """An error that is printed without a traceback: its text says what to do."""


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a question that names the most similar of `names`, or nothing."""
    close = get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else ""


def load_module(name: str) -> Any:
    """Return a module of the application, such as `tasks.train`."""
    try:
        return importlib.import_module(f"{_APP}.{name}")
    except Exception as error:  # anything that the module's own code raises
        path = f"{name.replace('.', '/')}.py"
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing == f"{_APP}.{name}":
            raise ApplicationError(f"{path} is missing") from error
        if missing:
            raise ApplicationError(
                f"{path} needs `{missing}`, which is not installed; install the application"
            ) from error
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ApplicationError(f"{path} cannot be imported: {reason}") from error
