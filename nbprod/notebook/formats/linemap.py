"""Places of cells whose lines are lines of a text file, perhaps after a comment sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nbprod.model import RawEdit
from nbprod.notebook.positions import LineIndex

__all__ = ["LineMap", "SourceLine"]


class SourceLine(NamedTuple):
    """Where a line of a cell stands: the line of the file, from 1, and how far it is moved."""

    number: int
    shift: int


class LineMap:
    """Maps (cell, offset) to the file; ``lines`` has the lines of each cell's source."""

    def __init__(self, sources: Sequence[str], lines: Sequence[Sequence[SourceLine]]) -> None:
        self._sources = sources
        self._lines = lines
        self._indices: dict[int, LineIndex] = {}

    def locate(self, cell: int, offset: int) -> tuple[int, int]:
        """Raw (line, column), from 1, of a code point of a cell's source."""
        index = self._indices.get(cell)
        if index is None:
            index = self._indices[cell] = LineIndex(self._sources[cell])
        line, column = index.position(offset)
        lines = self._lines[cell]
        if not lines:
            return 1, 1
        place = lines[min(line, len(lines)) - 1]
        return place.number, max(column + place.shift, 1)

    def locate_in(self, cell: int, path: Sequence[str | int], offset: int) -> tuple[int, int]:
        """Text files have no outputs; metadata stands at the head of its cell, or of the file."""
        del path, offset
        return self.locate(cell, 0) if cell >= 0 else (1, 1)

    def raw_edit(self, cell: int, start: int, end: int, text: str) -> RawEdit | None:
        """An edit of a source as one of the file, within one line that the file has unchanged."""
        if "\n" in self._sources[cell][start:end] + text:
            return None
        line, column = self.locate(cell, start)
        return RawEdit(line, column, line, column + end - start, text)
