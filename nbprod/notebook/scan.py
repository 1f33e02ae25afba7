"""Where things stand in the text of a JSON file: a scanner that skips what it is not asked for.

It works on text that `json.loads` has accepted, and costs what the regular expression engine
needs to run over it; nothing is decoded. Offsets are code points of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

__all__ = ["LineStarts", "decoded_length", "iter_array", "iter_object", "raw_offset", "value_end"]

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_STRUCTURE = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]', re.DOTALL)
_SCALAR = re.compile(r"[^\s,\]}]+")
_BLANK = re.compile(r"[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r,]*")
_COLON = re.compile(r"[ \t\n\r:]*")
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL
)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def value_end(text: str, start: int) -> int:
    """The offset behind the JSON value that starts at ``start``."""
    first = text[start]
    if first == '"':
        match = _STRING.match(text, start)
        return match.end() if match else len(text)
    if first not in "{[":
        match = _SCALAR.match(text, start)
        return match.end() if match else len(text)
    depth = 0
    for match in _STRUCTURE.finditer(text, start):
        token = text[match.start()]
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
            if not depth:
                return match.end()
    return len(text)


def iter_object(text: str, start: int) -> Iterator[tuple[str, int, int, int]]:
    """The members of the object at ``start``: (raw key, key start, value start, value end)."""
    position = _skip(_COMMA, text, start + 1)
    while position < len(text) and text[position] == '"':
        key_end = value_end(text, position)
        begin = _skip(_COLON, text, key_end)
        end = value_end(text, begin)
        yield text[position + 1 : key_end - 1], position, begin, end
        position = _skip(_COMMA, text, end)


def iter_array(text: str, start: int) -> Iterator[tuple[int, int]]:
    """The items of the array at ``start``: (start, end)."""
    position = _skip(_COMMA, text, start + 1)
    while position < len(text) and text[position] != "]":
        end = value_end(text, position)
        yield position, end
        position = _skip(_COMMA, text, end)


def document_start(text: str) -> int:
    """The offset of the first character that is not blank."""
    return _skip(_BLANK, text, 0)


def _skip(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def decoded_length(text: str, start: int, end: int) -> int:
    """How many code points the string literal between two quotes' offsets decodes to."""
    length = end - start - 2
    for match in _ESCAPE.finditer(text, start + 1, end - 1):
        length -= match.end() - match.start() - 1
    return length


def raw_offset(text: str, start: int, end: int, offset: int) -> int:
    """The offset in the text of a code point of the string literal at ``start``..``end``."""
    position = start + 1
    for match in _ESCAPE.finditer(text, start + 1, end - 1):
        gap = match.start() - position
        if offset < gap:
            break
        offset -= gap
        position = match.start()
        if offset == 0:
            break
        offset -= 1
        position = match.end()
    return position + offset


class LineStarts:
    """Offsets to (line, column), both from 1."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _LINE_BREAK.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        """The line and the column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int) -> int:
        """Where a line (from 1) starts."""
        return self._starts[line - 1]
