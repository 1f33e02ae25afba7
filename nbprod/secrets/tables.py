"""Credentials in tables, where a heading or the cell beside them says what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbprod.patterns import lazy_pattern
from nbprod.secrets.names import kind_of_name, may_name

__all__ = ["NamedEntry", "entries_of_html", "entries_of_text"]

_MOST_ROWS = 60
_CELL_TEXT = lazy_pattern(r"\S+")
_BESIDE = lazy_pattern(
    r"(?<![^\s|*`\"'])(?P<name>[A-Za-z_][\w.\-]{1,60})[`*\"']{0,3}"
    r"(?:[ ]{2,}|\t+|[ ]*\|[ ]*)[`*\"']{0,3}"
    r"(?P<value>[^\s|`\"'<>]{6,400})(?=[`*\"']{0,3}(?:[\s|]|\Z))"
)
_ROW = lazy_pattern(r"<tr\b[^>]*>(.*?)</tr>", re.I | re.S)
_CELL = lazy_pattern(r"<t(?P<kind>[hd])\b[^>]*>\s*(?P<text>.*?)\s*(?=</t[hd]>)", re.I | re.S)
_TERM = lazy_pattern(
    r"<(?:dt|b|strong|code|span|label|li)\b[^>]*>\s*(?P<name>[\w .\-]{2,60}?)\s*:?\s*</\w+>"
    r"\s*[:=]?\s*"
    r"(?:<(?:dd|code|span|i|em|tt)\b[^>]*>\s*)?(?P<value>[^\s<>\"'`]{6,400})",
    re.I,
)


class NamedEntry(NamedTuple):
    """A value in a table, at an offset of its text, and the name that the table gives to it."""

    name: str
    value: str
    start: int


def entries_of_text(text: str) -> Iterator[NamedEntry]:
    """The named values of a table in plain text: below headings, and beside names."""
    if not may_name(text):
        return
    lines: list[tuple[int, str]] = []
    at = 0
    for line in text.split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    for number, (start, line) in enumerate(lines):
        if not may_name(line):
            continue
        for match in _BESIDE.finditer(line):
            if kind_of_name(match["name"]) is not None:
                yield NamedEntry(match["name"], match["value"], start + match.start("value"))
        if len(line) < 2000 and _may_be_heading(line):
            yield from _below(line, lines[number + 1 : number + 1 + _MOST_ROWS])


def _may_be_heading(line: str) -> bool:
    return kind_of_any(re.findall(r"[A-Za-z_][\w\-]*", line)) and not re.search(r"[=:(){}]", line)


def kind_of_any(words: Sequence[str]) -> bool:
    """Whether one of some words names a credential."""
    return any(kind_of_name(word) is not None for word in words)


def _below(heading: str, rows: Sequence[tuple[int, str]]) -> Iterator[NamedEntry]:
    """The values in the columns whose heading names a credential."""
    for mark in ("|", ",", "\t", ";"):
        if mark in heading:
            yield from _separated(heading, rows, mark)
            return
    columns = list(_CELL_TEXT.finditer(heading))
    for column in columns:
        if kind_of_name(column[0]) is None:
            continue
        for start, row in rows:
            if not row.strip() or (len(columns) == 1 and len(row.split()) > 1):
                break
            for value in _CELL_TEXT.finditer(row):
                if value.end() == column.end() or value.start() == column.start():
                    yield NamedEntry(column[0], value[0], start + value.start())
                    break


def _separated(heading: str, rows: Sequence[tuple[int, str]], mark: str) -> Iterator[NamedEntry]:
    names = [name.strip(" *`\"'") for name in heading.split(mark)]
    for number, name in enumerate(names):
        if kind_of_name(name) is None:
            continue
        for start, row in rows:
            if not row.strip("+-=|: "):
                continue
            fields = row.split(mark)
            if len(fields) != len(names):
                break
            value = fields[number].strip(" *`\"'")
            if value:
                offset = sum(len(field) + 1 for field in fields[:number])
                yield NamedEntry(name, value, start + row.index(value, offset))


def entries_of_html(text: str) -> Iterator[NamedEntry]:
    """The named values of tables and lists in HTML."""
    # Imported here: it brings the names of all characters with it.
    import html

    names: list[str] = []
    for row in _ROW.finditer(text):
        cells = list(_CELL.finditer(row[1]))
        texts = [html.unescape(re.sub(r"<[^>]*>", "", cell["text"])).strip() for cell in cells]
        if cells and all(cell["kind"] in "hH" for cell in cells):
            names = texts
            continue
        for number, cell in enumerate(cells):
            before = texts[number - 1] if number else ""
            above = names[number] if number < len(names) else ""
            for name in (above, before):
                if kind_of_name(name) is not None and texts[number] and " " not in texts[number]:
                    lead = cell["text"].find(texts[number])
                    if lead >= 0:
                        start = row.start(1) + cell.start("text") + lead
                        yield NamedEntry(name, texts[number], start)
                    break
    for match in _TERM.finditer(text):
        if kind_of_name(match["name"]) is not None:
            yield NamedEntry(match["name"], match["value"], match.start("value"))
