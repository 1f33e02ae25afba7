"""Where things are in the text of a JSON file: a scanner that skips what it is not asked for.

It works on text that `json.loads` has accepted, and costs what the regular expression engine
needs to run over it; nothing is decoded. Offsets are code points of the text.

The repeats are bounded because the engine keeps a frame for each turn of a group: without a
bound, one string with ten million escapes takes gigabytes.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.patterns import lazy_pattern

__all__ = [
    "LineStarts",
    "Member",
    "array_items",
    "decoded_length",
    "document_start",
    "escapes",
    "iter_array",
    "iter_object",
    "next_member",
    "next_start",
    "raw_offset",
    "value_end",
]

_SHORT_STRING = r'"[^"\\]*(?:\\.[^"\\]*){0,50}"'
_INSIDE = lazy_pattern(r'[^"\\]*(?:\\.[^"\\]*){0,1000}', re.DOTALL)
# Up to the next bracket, or to a string with so many escapes that it is skipped by other means.
_FLAT = lazy_pattern(rf'[^"{{}}\[\]]*(?:{_SHORT_STRING}[^"{{}}\[\]]*){{0,64}}', re.DOTALL)
_SCALAR = lazy_pattern(r"[^\s,\]}]+")
_BLANK = lazy_pattern(r"[ \t\n\r]*")
_COMMA = lazy_pattern(r"[ \t\n\r,]*")
_COLON = lazy_pattern(r"[ \t\n\r:]*")
_ESCAPE = lazy_pattern(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.", re.DOTALL
)
_LINE_BREAK = lazy_pattern(r"\r\n|\r|\n")
_BLOCK = 1 << 12
# Below this many code points it is quicker to decode a value, in C, than to skip over it.
_SMALL = 4_000_000
_decode = json.JSONDecoder().raw_decode


class Member(NamedTuple):
    """A member of an object without its end: the key as JSON reads it, where both parts start."""

    key: str
    key_start: int
    value_start: int


def value_end(text: str, start: int) -> int:
    """The offset after the JSON value that starts at ``start``."""
    first = text[start : start + 1]
    if first == '"':
        return _string_end(text, start)
    if first not in ("{", "["):
        match = _SCALAR.match(text, start)
        return match.end() if match else len(text)
    if len(text) < _SMALL:
        try:
            return _decode(text, start)[1]
        except ValueError:
            # Integers of thousands of digits, which JSON allows and Python refuses.
            pass
    return _structure_end(text, start)


def _structure_end(text: str, start: int) -> int:
    depth, position, size = 0, start, len(text)
    while True:
        position = _skip(_FLAT, text, position)
        if position >= size:
            return size
        token = text[position]
        if token == '"':
            position = _string_end(text, position)
            continue
        position += 1
        depth += 1 if token in "{[" else -1
        if not depth:
            return position


def _string_end(text: str, start: int) -> int:
    position, size = start + 1, len(text)
    while True:
        position = _skip(_INSIDE, text, position)
        if position >= size or text[position] == '"':
            return min(position + 1, size)
        if position == size - 1:
            # A lone backslash at the very end: no JSON, but no reason to turn for ever.
            return size


def next_member(text: str, position: int) -> Member | None:
    """The member that starts at or after ``position``, None at the end of the object."""
    start = _skip(_COMMA, text, position)
    if text[start : start + 1] != '"':
        return None
    key_end = _string_end(text, start)
    key = text[start + 1 : key_end - 1]
    if "\\" in key:
        key = json.loads(text[start:key_end])
    return Member(key, start, _skip(_COLON, text, key_end))


def iter_object(text: str, start: int) -> Iterator[tuple[str, int, int, int]]:
    """The members of the object at ``start``: (key, key start, value start, value end)."""
    member = next_member(text, start + 1)
    while member is not None:
        end = value_end(text, member.value_start)
        yield *member, end
        member = next_member(text, end)


def iter_array(text: str, start: int) -> Iterator[tuple[int, int]]:
    """The items of the array at ``start``: (start, end)."""
    position = _skip(_COMMA, text, start + 1)
    while position < len(text) and text[position] != "]":
        end = value_end(text, position)
        yield position, end
        position = _skip(_COMMA, text, end)


def array_items(text: str, start: int) -> tuple[list[tuple[int, int]], int]:
    """The items of the array at ``start``, and the offset after the array."""
    items = list(iter_array(text, start))
    last = items[-1][1] if items else start + 1
    return items, _skip(_COMMA, text, last) + 1


def document_start(text: str) -> int:
    """The offset of the first character that is not blank."""
    return next_start(text, 0)


def next_start(text: str, position: int) -> int:
    """The offset of the first character at or after ``position`` that is not blank."""
    return _skip(_BLANK, text, position)


def _skip(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def escapes(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The escapes, each for one code point, in the string literal at ``start``..``end``."""
    for match in _ESCAPE.finditer(text, start + 1, end - 1):
        yield match.span()


def decoded_length(text: str, start: int, end: int) -> int:
    """How many code points the string literal between two quotes' offsets decodes to."""
    return end - start - 2 - sum(last - first - 1 for first, last in escapes(text, start, end))


def raw_offset(text: str, start: int, end: int, offset: int) -> int:
    """The offset in the text of a code point of the string literal at ``start``..``end``."""
    position = start + 1
    for first, last in escapes(text, start, end):
        gap = first - position
        if offset <= gap:
            break
        offset -= gap + 1
        position = last
    return position + offset


class LineStarts:
    """Offsets to (line, column), both from 1.

    Line feeds are counted block by block, so that a file of millions of lines costs no list of
    them. A file with carriage returns gets the list, since their pairs may straddle blocks.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] | None = None
        # For each block: how many lines end before it, and where the line starts that it opens in.
        self._blocks: list[tuple[int, int]] = []
        if "\r" in text:
            self._listed()
            return
        lines, start = 0, 0
        for block in range(0, len(text) + 1, _BLOCK):
            self._blocks.append((lines, start))
            lines += text.count("\n", block, block + _BLOCK)
            last = text.rfind("\n", block, block + _BLOCK)
            start = start if last < 0 else last + 1

    def _listed(self) -> list[int]:
        if self._starts is None:
            self._starts = [0, *(match.end() for match in _LINE_BREAK.finditer(self._text))]
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """The line and the column of an offset."""
        if self._starts is not None:
            line = bisect_right(self._starts, offset)
            return line, offset - self._starts[line - 1] + 1
        offset = min(offset, len(self._text))
        number = offset // _BLOCK
        lines, start = self._blocks[number]
        lines += self._text.count("\n", number * _BLOCK, offset)
        last = self._text.rfind("\n", number * _BLOCK, offset)
        return lines + 1, offset - (start if last < 0 else last + 1) + 1

    def offset(self, line: int) -> int:
        """Where a line (from 1) starts."""
        return self._listed()[line - 1]
