"""Colours and links for terminals: a handful of escape codes, or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["PLAIN", "Style", "styled"]


_NO_LINKS: Mapping[str, str] = {}


class Style(NamedTuple):
    """How to write to this terminal. ``links`` are the addresses of rules by code."""

    colour: bool = False
    statistics: bool = False
    links: Mapping[str, str] = _NO_LINKS

    def paint(self, text: str, *codes: int) -> str:
        """The text in the colours of some ANSI codes, as it is when colour is off."""
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m"

    def link(self, text: str, code: str) -> str:
        """The text as a link to the page of a rule (OSC 8), as it is where there is none."""
        address = self.links.get(code)
        return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if address else text


PLAIN = Style()
BOLD, DIM, RED, GREEN, YELLOW, BLUE, CYAN = 1, 2, 31, 32, 33, 34, 36


def styled(*, colour: bool, links: Mapping[str, str] = _NO_LINKS) -> Style:
    """A style with or without colour and links."""
    return Style(colour, links=links)
