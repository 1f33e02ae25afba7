"""Colours for terminals: a handful of escape codes, or none."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PLAIN", "Style", "styled"]


class Style(NamedTuple):
    """How to write to this terminal."""

    colour: bool = False
    statistics: bool = False

    def paint(self, text: str, *codes: int) -> str:
        """The text in the colours of some ANSI codes, as it is when colour is off."""
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m"


PLAIN = Style()
BOLD, DIM, RED, GREEN, YELLOW, BLUE, CYAN = 1, 2, 31, 32, 33, 34, 36


def styled(*, colour: bool) -> Style:
    """A style with or without colour."""
    return Style(colour)
