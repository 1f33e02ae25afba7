"""Texts of a notebook that may hold credentials, and the credentials found in them."""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal, NamedTuple

__all__ = ["Cuts", "Part", "Secret", "Text", "TextSegment", "narrowed"]

Part = Literal["source", "output", "metadata", "attachment"]


class Text(NamedTuple):
    """A decoded text of a notebook.

    ``cell`` is the index of its cell, -1 for the notebook itself. ``path`` are the keys that lead
    to it in the JSON of the cell (or notebook), empty for a cell's source. ``language`` is that
    of the source, or a MIME type. ``name`` is the key that it is the value of, if any.
    """

    part: Part
    cell: int
    path: tuple[str | int, ...]
    text: str
    language: str = "text"
    name: str = ""


class Cuts(NamedTuple):
    """What was left out of a text.

    ``places`` are the offsets of what came after it, in the text that is left and in order;
    ``lengths`` the number of characters that were left out up to there.
    """

    places: tuple[int, ...]
    lengths: tuple[int, ...]

    def original(self, offset: int) -> int:
        """The place in the whole text of a character at an offset of what is left."""
        cut = bisect_right(self.places, offset)
        return offset + self.lengths[cut - 1] if cut else offset


class TextSegment(NamedTuple):
    """A line to look at, and the place in its text of what is found in it.

    A line that is in the text as it is starts at ``start``. Where characters of the text were
    left out (``cuts``), ``start`` and ``end`` count what is left. Of a line that was put together
    only what is after ``origin`` is in the text, there at ``start``; with ``whole`` not even
    that (escapes, sums of strings), and what is found stands for ``start`` to ``end``.
    """

    text: Text
    line: str
    start: int
    end: int
    origin: int = 0
    whole: bool = False
    cuts: Cuts | None = None

    def place(self, first: int, last: int) -> tuple[int, int]:
        """The place in the text of ``line[first:last]``."""
        if self.whole:
            return self.start, self.end
        start, end = self.start + first - self.origin, self.start + last - self.origin
        if self.cuts is not None:
            return self.cuts.original(start), self.cuts.original(end - 1) + 1
        return start, end


class Secret(NamedTuple):
    """A credential of a notebook.

    ``start`` and ``end`` are code points of ``text.text``; ``value`` is what it stands for, which
    is another string where the source has escapes or a sum of strings. ``prefix`` is the part of
    the value that is the same for every credential of its kind, at most four characters.
    ``repeated``: only because the value is a credential elsewhere is it known to be one here.
    """

    text: Text
    start: int
    end: int
    value: str
    rule: str
    provider: str
    prefix: str = ""
    name: str = ""
    repeated: bool = False


def narrowed(text: Text, start: int, end: int, value: str) -> tuple[int, int]:
    """The place of a value within an expression, if it is there once and unchanged."""
    at = text.text.find(value, start, end)
    if at < 0 or text.text.find(value, at + 1, end) >= 0:
        return start, end
    return at, at + len(value)
