"""The places of the cells of a JSON notebook in its text; scanned when first asked."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from nbprod.model import RawEdit
from nbprod.notebook import json_scan as scan

__all__ = ["JsonMap", "RawSpan", "RawString"]

RawSpan = tuple[int, int]
_OLD_KEYS = {
    "text/plain": "text",
    "text/html": "html",
    "text/latex": "latex",
    "image/svg+xml": "svg",
    "application/json": "json",
    "application/javascript": "javascript",
}


class RawString(NamedTuple):
    """A string literal of a source: its raw quotes, and the code points of the source it holds."""

    start: int
    end: int
    first: int
    last: int


class _Points(NamedTuple):
    """Source offsets and the raw offsets that they have; between two points both go in step."""

    decoded: list[int]
    raw: list[int]


class JsonMap:
    """Maps places of the cell model to the text of an nbformat file.

    ``text`` is the decoded file without a byte-order mark, or a function that gives a text of
    the same length that has the same structure. ``prefixes`` has the length of what the reader
    wrote before a cell's source and the file has not (the `##` of old heading cells). ``cells`` are
    the raw places of the cells, where they are known already.
    """

    def __init__(
        self,
        text: str | Callable[[], str],
        prefixes: Mapping[int, int] | None = None,
        cells: list[RawSpan] | None = None,
    ) -> None:
        self._given = text
        self.prefixes = prefixes or {}
        self._text: str | None = text if isinstance(text, str) else None
        self._cells = cells
        self._lines: scan.LineStarts | None = None
        self._literals: dict[int, list[RawString]] = {}
        self._points: dict[int, _Points] = {}
        self._members: dict[int, dict[str, RawSpan]] = {}
        self._items: dict[int, list[RawSpan]] = {}
        self._texts: dict[RawSpan, tuple[list[RawString], _Points]] = {}

    @property
    def text(self) -> str:
        """The text in which offsets count."""
        if self._text is None:
            given = self._given
            self._text = given if isinstance(given, str) else given()
        return self._text

    @property
    def lines(self) -> scan.LineStarts:
        """The line starts of the file."""
        if self._lines is None:
            self._lines = scan.LineStarts(self.text)
        return self._lines

    @property
    def cells(self) -> list[RawSpan]:
        """The raw start and end of each cell."""
        if self._cells is None:
            top = self._arrays(scan.document_start(self.text))
            cells = top.get("cells")
            if cells is None:
                cells = [
                    cell
                    for start, _ in top.get("worksheets", ())
                    for cell in self._arrays(start).get("cells", ())
                ]
            self._cells = cells
        return self._cells

    def _arrays(self, start: int) -> dict[str, list[RawSpan]]:
        """The items of the arrays that hold cells, for the object at ``start``, in one pass."""
        text = self.text
        found: dict[str, list[RawSpan]] = {}
        if text[start : start + 1] != "{":
            return found
        member = scan.next_member(text, start + 1)
        while member is not None:
            begin = member.value_start
            if member.key not in ("cells", "worksheets"):
                end = scan.value_end(text, begin)
            elif text[begin] == "[":
                found[member.key], end = scan.array_items(text, begin)
            else:
                # The last of twins counts, be it no array.
                found.pop(member.key, None)
                end = scan.value_end(text, begin)
            member = scan.next_member(text, end)
        return found

    def members(self, start: int) -> dict[str, RawSpan]:
        """Key to the raw span of its value, for the object at ``start``; the last of twins."""
        found = self._members.get(start)
        if found is None:
            opens = self.text[start : start + 1] == "{"
            items = scan.iter_object(self.text, start) if opens else ()
            found = self._members[start] = {key: (begin, end) for key, _, begin, end in items}
        return found

    def source_span(self, cell: int) -> RawSpan | None:
        """The raw span of the value that holds a cell's source."""
        members = self.members(self.cells[cell][0])
        source = members.get("source")
        if source is None or self.text.startswith("null", source[0]):
            source = members.get("input", source)
        return source

    def literals(self, cell: int) -> list[RawString]:
        """The string literals of a cell's source."""
        found = self._literals.get(cell)
        if found is None:
            found = self._literals[cell] = self.literals_in(self.source_span(cell))
        return found

    def literals_in(self, span: RawSpan | None) -> list[RawString]:
        """The string literals of a value: a string, or an array that holds some."""
        spans: list[RawSpan] = []
        if span is not None and self.text[span[0]] == '"':
            spans = [span]
        elif span is not None and self.text[span[0]] == "[":
            items = scan.iter_array(self.text, span[0])
            spans = [item for item in items if self.text[item[0]] == '"']
        found: list[RawString] = []
        first = 0
        for start, end in spans:
            last = first + scan.decoded_length(self.text, start, end)
            found.append(RawString(start, end, first, last))
            first = last
        return found

    def _points_of(self, cell: int) -> _Points:
        found = self._points.get(cell)
        if found is None:
            found = self._points[cell] = self._points_in(self.literals(cell))
        return found

    def _points_in(self, literals: Sequence[RawString]) -> _Points:
        found = _Points([], [])
        for literal in literals:
            decoded, raw = literal.first, literal.start + 1
            found.decoded.append(decoded)
            found.raw.append(raw)
            for start, end in scan.escapes(self.text, literal.start, literal.end):
                decoded += start - raw + 1
                raw = end
                found.decoded.append(decoded)
                found.raw.append(raw)
        return found

    def raw(self, cell: int, offset: int) -> int:
        """The offset in the file of a code point of a cell's source.

        At the end of the source that of the closing quote; where there is no text at all, that
        of the value or of the cell.
        """
        if not 0 <= cell < len(self.cells):
            return 0
        literals = self.literals(cell)
        if not literals:
            return (self.source_span(cell) or self.cells[cell])[0]
        offset = max(offset - self.prefixes.get(cell, 0), 0)
        return _raw_at(self._points_of(cell), literals, offset)

    def value_span(self, cell: int, path: Sequence[str | int]) -> RawSpan | None:
        """The raw span of a value of a cell's JSON (cell -1: of the notebook's), if it is there."""
        if cell >= len(self.cells):
            return None
        start = self.cells[cell][0] if cell >= 0 else scan.document_start(self.text)
        span = (start, start)
        for key in path:
            found = self._inner(span, key)
            if found is None:
                return None
            span = found
        return span

    def _inner(self, span: RawSpan, key: str | int) -> RawSpan | None:
        opening = self.text[span[0] : span[0] + 1]
        if isinstance(key, int):
            items = self._items.get(span[0])
            if items is None:
                found = scan.iter_array(self.text, span[0]) if opening == "[" else ()
                items = self._items[span[0]] = list(found)
            return items[key] if key < len(items) else None
        members = self.members(span[0]) if opening == "{" else {}
        # Before nbformat 4 the data of an output were its own members, under shorter names.
        old = span if key == "data" else members.get(_OLD_KEYS.get(key, key))
        return members.get(key, old)

    def locate_in(self, cell: int, path: Sequence[str | int], offset: int) -> tuple[int, int]:
        """Raw (line, column), from 1, of a code point of a text that is no source.

        ``path`` leads to it in the JSON of the cell, of the notebook when ``cell`` is -1. What
        cannot be found stands where its cell does.
        """
        span = self.value_span(cell, path)
        literals = self.literals_in(span) if span not in self._texts else self._texts[span][0]
        if span is None or not literals:
            return self.locate(cell, 0) if cell >= 0 else (1, 1)
        if span not in self._texts:
            self._texts[span] = literals, self._points_in(literals)
        return self.lines.position(_raw_at(self._texts[span][1], literals, offset))

    def raw_edit(self, cell: int, start: int, end: int, text: str) -> RawEdit | None:
        """An edit of a source as one of the file, within one string of its JSON."""
        shift = self.prefixes.get(cell, 0)
        literals = self.literals(cell)
        first, last = start - shift, end - shift
        at = bisect_left(literals, last, key=_last_of)
        if at == len(literals) or literals[at].first > first or first < 0:
            return None
        spots = (
            self._raw_within(cell, literals[at], first),
            self._raw_within(cell, literals[at], last),
        )
        places = [self.lines.position(spot) for spot in spots]
        return RawEdit(*places[0], *places[1], json.dumps(text)[1:-1])

    def _raw_within(self, cell: int, literal: RawString, offset: int) -> int:
        """The raw offset of a code point of a literal, at its end that of the closing quote."""
        points = self._points_of(cell)
        low = bisect_left(points.raw, literal.start + 1)
        high = bisect_left(points.raw, literal.end, low)
        index = bisect_right(points.decoded, offset, low, high) - 1
        return points.raw[index] + offset - points.decoded[index]

    def locate(self, cell: int, offset: int) -> tuple[int, int]:
        """Raw (line, column), from 1, of a code point of a cell's source."""
        return self.lines.position(self.raw(cell, offset))


def _last_of(literal: RawString) -> int:
    return literal.last


def _raw_at(points: _Points, literals: Sequence[RawString], offset: int) -> int:
    # Of several points at one offset (an empty item, an item's end) the last is where the
    # character stands.
    index = bisect_right(points.decoded, offset) - 1
    return min(points.raw[index] + offset - points.decoded[index], literals[-1].end - 1)
