# SPDX-License-Identifier: MIT-0
"""The errors that a user can put right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["ApplicationError", "nearest"]


class ApplicationError(Exception):
    """An error that is printed without a traceback: its text says what to do."""


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a question that names the most similar of `names`, or nothing."""
    close = get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else ""
