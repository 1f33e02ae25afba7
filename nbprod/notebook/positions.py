"""Positions in a cell's source: `ast`'s lines and UTF-8 columns, offsets, people's columns."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from nbprod.patterns import lazy_pattern

__all__ = ["LineIndex", "offset_of"]

# The line breaks of Python's tokenizer; `str.splitlines` knows others that are none in source.
_LINE_BREAK = lazy_pattern(r"\r\n|\r|\n")


class LineIndex:
    """The lines of one source, for many conversions."""

    __slots__ = ("is_ascii", "source", "starts")

    def __init__(self, source: str) -> None:
        self.source = source
        if "\r" in source:
            self.starts = [0, *(match.end() for match in _LINE_BREAK.finditer(source))]
        else:
            lengths = [len(line) + 1 for line in source.split("\n")[:-1]]
            self.starts = [0, *accumulate(lengths)]
        self.is_ascii = source.isascii()

    def offset(self, lineno: int, col_offset: int) -> int:
        """Code-point offset of an `ast` position: line from 1, column in UTF-8 bytes."""
        starts = self.starts
        if lineno > len(starts):
            return len(self.source)
        start = starts[lineno - 1]
        if self.is_ascii:
            return start + col_offset
        # A code point takes a byte at least, so the characters wanted are among these.
        line = self.source[start : start + col_offset]
        if line.isascii():
            return start + col_offset
        before = line.encode("utf-8", "surrogatepass")[:col_offset]
        return start + len(before.decode("utf-8", "surrogatepass"))

    def column(self, offset: int) -> tuple[int, int]:
        """The `ast` position of an offset: line from 1, column in UTF-8 bytes from 0."""
        lineno = bisect_right(self.starts, offset)
        start = self.starts[lineno - 1]
        if self.is_ascii:
            return lineno, offset - start
        return lineno, len(self.source[start:offset].encode("utf-8", "surrogatepass"))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, the column in code points."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its line break."""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.source)
        return self.source[start:end].rstrip("\r\n")


def offset_of(source: str, lineno: int, col_offset: int) -> int:
    """Code-point offset of one `ast` position in a source."""
    if lineno == 1 and (col_offset == 0 or source.isascii()):
        return col_offset
    return LineIndex(source).offset(lineno, col_offset)
