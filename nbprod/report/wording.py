"""How sentences list words."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["words_listed"]


def words_listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them: `a`, `a and b`, `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
