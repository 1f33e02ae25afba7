"""Code points to the units that a client counts in, and back: the border of the server."""

from __future__ import annotations

from lsprotocol import types

from nbprod.notebook.positions import LineIndex

__all__ = ["Positions"]


class Positions:
    """The positions of one text in the units that were agreed on with the client."""

    def __init__(self, text: str, encoding: str) -> None:
        self._index = LineIndex(text)
        self._encoding = encoding
        self._plain = text.isascii() or encoding == types.PositionEncodingKind.Utf32

    def position(self, offset: int) -> types.Position:
        """The client's position of a code-point offset."""
        return self.at(*self._index.position(offset))

    def at(self, line: int, column: int) -> types.Position:
        """The client's position of a line and a column in code points, both from 1."""
        if self._plain:
            return types.Position(line - 1, column - 1)
        start = self._index.starts[line - 1]
        before = self._index.source[start : start + column - 1]
        return types.Position(line - 1, self._units(before))

    def range(self, start: int, end: int) -> types.Range:
        """The client's range of two offsets."""
        return types.Range(self.position(start), self.position(end))

    def offset(self, position: types.Position) -> int:
        """The code-point offset of a client's position; beyond the end of a line, its end."""
        starts = self._index.starts
        if position.line >= len(starts):
            return len(self._index.source)
        start = starts[position.line]
        line = self._index.line(position.line + 1)
        if self._plain or line.isascii():
            return start + min(position.character, len(line))
        left = position.character
        for column, char in enumerate(line):
            if left <= 0:
                return start + column
            left -= self._units(char)
        return start + len(line)

    def _units(self, text: str) -> int:
        if text.isascii():
            return len(text)
        if self._encoding == types.PositionEncodingKind.Utf8:
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text) + sum(char > "\uffff" for char in text)
