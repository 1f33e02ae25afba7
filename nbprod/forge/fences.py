"""Blocks of code in Markdown."""

from __future__ import annotations

import re

__all__ = ["fenced"]


def fenced(text: str, word: str) -> str:
    """A text as a block of code that it cannot end.

    >>> fenced("x", "suggestion")
    '```suggestion\\nx\\n```'
    """
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{word}\n{text}\n{fence}"
