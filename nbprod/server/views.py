"""A checked document as the client sees it: places of findings, and edits, in its own terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

from lsprotocol import types

from nbprod.live import Result, edits
from nbprod.model import AnyEdit, Place, Span
from nbprod.notebook.edits.splice import EditRefused, apply_edits
from nbprod.notebook.positions import LineIndex
from nbprod.notebook.read import read_notebook
from nbprod.server.positions import Positions

__all__ = ["NotebookView", "TextEdits", "TextView", "View", "span_of", "top_of"]

TextEdits = Mapping[str, Sequence[types.TextEdit]]


class View(Protocol):
    """What the features of the server ask of a checked document."""

    result: Result
    versions: tuple[tuple[str, int | None], ...]

    def locate(self, span: Span) -> types.Location:
        """Where a span is."""
        ...

    def find(self, uri: str, position: types.Position) -> tuple[int, int] | None:
        """The cell and the offset in its source that a position is at."""
        ...

    def text_edits(self, given: Sequence[AnyEdit]) -> TextEdits | None:
        """Edits in the client's terms; None if they are more than edits of texts."""
        ...

    def data(self) -> bytes:
        """The file that the document would be saved as."""
        ...

    def replaced(self, data: bytes) -> TextEdits:
        """The edits that make the document what a file is that has the same cells."""
        ...


def top_of(view: View, cell: int) -> types.Location:
    """The first line of a cell."""
    source = view.result.notebook.cells[cell].source
    return view.locate(Span(cell, 0, len(LineIndex(source).line(1))))


def span_of(result: Result, place: Place) -> Span | None:
    """The stretch of a cell's source that a finding is about."""
    if place.cell is None:
        return None
    cell = place.cell - 1
    index = LineIndex(result.notebook.cells[cell].source)
    start = index.starts[place.line - 1] + place.column - 1
    return Span(cell, start, index.starts[place.end_line - 1] + place.end_column - 1)


class NotebookView:
    """A notebook of which the client reports the cells, each with a URI."""

    def __init__(
        self, result: Result, versions: tuple[tuple[str, int | None], ...], encoding: str
    ) -> None:
        self.result = result
        self.versions = versions
        self._encoding = encoding
        self._positions: dict[int, Positions] = {}

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {uri: number for number, (uri, _) in enumerate(self.versions)}

    def positions(self, cell: int) -> Positions:
        """The positions of a cell's source."""
        found = self._positions.get(cell)
        if found is None:
            source = self.result.document.cells[cell].source
            found = self._positions[cell] = Positions(source, self._encoding)
        return found

    def locate(self, span: Span) -> types.Location:
        """Where a span is."""
        uri = self.versions[span.cell][0]
        return types.Location(uri, self.positions(span.cell).range(span.start, span.end))

    def find(self, uri: str, position: types.Position) -> tuple[int, int] | None:
        """The cell and the offset in its source that a position is at."""
        cell = self._numbers.get(uri)
        return None if cell is None else (cell, self.positions(cell).offset(position))

    def text_edits(self, given: Sequence[AnyEdit]) -> TextEdits | None:
        """Edits in the client's terms; None if they are more than edits of texts."""
        changes = edits(self.result.notebook.cells, given)
        if changes is None or not changes.is_text:
            return None
        return {
            self.versions[cell][0]: [
                types.TextEdit(
                    self.positions(cell).range(edit.span.start, edit.span.end), edit.text
                )
                for edit in group
            ]
            for cell, group in changes.texts.items()
        }

    def data(self) -> bytes:
        """The file that the notebook would be saved as."""
        return self.result.document.saved()

    def whole_edit(self, cell: int, source: str) -> list[types.TextEdit]:
        """The edit that gives a cell another source."""
        return _edit_to(self.result.document.cells[cell].source, source, self.positions(cell))

    def replaced(self, data: bytes) -> TextEdits:
        """The edits of the cells whose sources are others in a file with the same cells."""
        cells = read_notebook(data, self.result.notebook.path).cells
        pairs = zip(self.result.document.cells, cells, strict=True)
        return {
            self.versions[number][0]: self.whole_edit(number, new.source)
            for number, (old, new) in enumerate(pairs)
            if old.source != new.source
        }


def _edit_to(old: str, new: str, positions: Positions) -> list[types.TextEdit]:
    """The one edit that makes a text another one; none where they are the same."""
    if old == new:
        return []
    shortest = min(len(old), len(new))
    start = next((at for at in range(shortest) if old[at] != new[at]), shortest)
    tail = next(
        (at for at in range(shortest - start) if old[-1 - at] != new[-1 - at]), shortest - start
    )
    place = positions.range(start, len(old) - tail)
    return [types.TextEdit(place, new[start : len(new) - tail])]


class _CellLine(NamedTuple):
    """Where in the file a line of a cell starts: line and column from 1, cell, offset."""

    raw: tuple[int, int]
    cell: int
    start: int
    end: int


class TextView:
    """A notebook that the client edits as text: JSON, a percent script, Markdown."""

    def __init__(self, result: Result, uri: str, version: int, text: str, encoding: str) -> None:
        self.result = result
        self.versions: tuple[tuple[str, int | None], ...] = ((uri, version),)
        self._uri = uri
        self._text = text
        self._positions = Positions(text, encoding)

    def locate(self, span: Span) -> types.Location:
        """Where a span is in the file."""
        raw = self.result.notebook.raw
        start, end = (raw.locate(span.cell, offset) for offset in span[1:])
        return types.Location(
            self._uri,
            types.Range(self._positions.at(*start), self._positions.at(*max(start, end))),
        )

    def find(self, uri: str, position: types.Position) -> tuple[int, int] | None:
        """The cell and the offset in its source that a position is at."""
        offset = self._positions.offset(position)
        line, column = LineIndex(self._text).position(offset)
        above = [start for start in self._lines if start.raw <= (line, column)]
        if not above:
            return None
        found = max(above)
        raw = self.result.notebook.raw
        last = found.start
        for offset in range(found.start, found.end + 1):
            if raw.locate(found.cell, offset) <= (line, column):
                last = offset
        return (found.cell, last) if raw.locate(found.cell, last)[0] == line else None

    @cached_property
    def _lines(self) -> list[_CellLine]:
        return list(self._iter_lines())

    def _iter_lines(self) -> Iterator[_CellLine]:
        raw = self.result.notebook.raw
        for cell in self.result.notebook.cells:
            index = LineIndex(cell.source)
            for number, start in enumerate(index.starts, 1):
                end = start + len(index.line(number))
                yield _CellLine(raw.locate(cell.index, start), cell.index, start, end)

    def text_edits(self, given: Sequence[AnyEdit]) -> TextEdits | None:
        """Edits as one edit of the file: moved and new cells also have a place in its text."""
        try:
            data = apply_edits(self.result.notebook, self._text.encode(), list(given))
        except (EditRefused, ValueError):
            return None
        return self.replaced(data) or None

    def data(self) -> bytes:
        """The file that the text would be saved as."""
        return self._text.encode("utf-8", "surrogatepass")

    def replaced(self, data: bytes) -> TextEdits:
        """The edit that makes the text that of a file."""
        edits = _edit_to(self._text, data.decode(), self._positions)
        return {self._uri: edits} if edits else {}
