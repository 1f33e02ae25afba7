"""Lines worth looking at: those that hold something long and mixed, or a word that promises."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbprod.secrets.types import Segment, Text

__all__ = ["dense_lines", "is_dense", "is_promising", "promising_lines", "readable"]

_DENSE = re.compile(r"[\w+/-]{14,}", re.ASCII)
_LONG_WORD = re.compile(r"[a-z]{18}|[A-Z]{18}")
_NUMBER = re.compile(r"(?<![\d.])\d{15,}(?![\d.])")
_ANSI = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
# Words in lower case; a search for each is much quicker than one pattern for all.
_PROMISES = (
    "pass", "pwd", "secret", "token", "key", "auth", "credential", "creds", "bearer", "wort",
    "senha", "contrase", "://", "pw", " -u", " -p", "sig=",
)  # fmt: skip
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[A-DF-Za-df-z]")
_CASE_CHANGE = re.compile(r"[a-z][A-Z]")
# Images and models as text: no credential is that long, but keys in PEM and the like.
_BLOB = re.compile(r"(?:;base64,|\")[A-Za-z0-9+/=\\n]{600,}|(?<![\w.-])[A-Za-z0-9+/=]{2000,}")
_LONGEST = 20_000
_AROUND = 400


def readable(text: Text) -> Segment:
    """A whole text as one segment, without ANSI codes and with long blobs blanked out."""
    line = text.text
    if len(line) > 2000 or (len(line) > 600 and ";base64," in line):
        line = _BLOB.sub(lambda blob: " " * len(blob[0]), line)
    if "\x1b" not in line:
        return Segment(text, line, 0, len(line))
    kept: list[int] = []
    parts: list[str] = []
    position = 0
    for code in _ANSI.finditer(line):
        kept.extend(range(position, code.start()))
        parts.append(line[position : code.start()])
        position = code.end()
    kept.extend(range(position, len(line)))
    parts.append(line[position:])
    return Segment(text, "".join(parts), 0, len(line), offsets=(*kept, len(line)))


def dense_lines(whole: Segment) -> Iterator[Segment]:
    """The lines of a text that hold a long run of letters and digits that is no plain word."""
    line, end = whole.line, -1
    for run in _DENSE.finditer(line):
        start = run.start()
        if start < end:
            continue
        if not _is_mixed(run[0]):
            continue
        piece = _piece(whole, start)
        end = piece.start + len(piece.line) if whole.offsets is None else run.end()
        yield piece


def is_dense(text: str) -> bool:
    """Whether a text holds a run that may be a token."""
    return any(map(_is_mixed, _DENSE.findall(text)))


def _is_mixed(word: str) -> bool:
    """Whether a run is no plain word or number: tokens are letters and digits, or odd letters."""
    if _DIGIT.search(word):
        return _LETTER.search(word) is not None or _NUMBER.search(word) is not None
    return _LONG_WORD.search(word) is not None or len(_CASE_CHANGE.findall(word)) > 2


def promising_lines(whole: Segment) -> Iterator[Segment]:
    """The lines of a text with a word that may name a credential, or with a URL."""
    lower = whole.line.lower()
    places: list[int] = []
    for word in _PROMISES:
        at = lower.find(word)
        while at >= 0:
            places.append(at)
            end = lower.find("\n", at)
            at = lower.find(word, end if 0 <= end < at + _AROUND else at + _AROUND)
    last = -1
    for at in sorted(places):
        if at >= last:
            first, last = _bounds(whole.line, min(at, len(whole.line) - 1))
            yield _cut(whole, first, last)


def is_promising(text: str) -> bool:
    """Whether code has a word that may name a credential, a URL or a login."""
    lower = text.lower()
    return "login" in lower or any(word in lower for word in _PROMISES)


def _piece(whole: Segment, at: int) -> Segment:
    return _cut(whole, *_bounds(whole.line, at))


def _bounds(line: str, at: int) -> tuple[int, int]:
    """The line around an offset; of a line without end only what is near."""
    first = line.rfind("\n", 0, at) + 1
    last = line.find("\n", at)
    last = len(line) if last < 0 else last
    if last - first > _LONGEST:
        first, last = max(first, at - _AROUND), min(last, at + 2 * _AROUND)
    return first, last


def _cut(whole: Segment, first: int, last: int) -> Segment:
    if whole.offsets is not None:
        offsets = whole.offsets[first : last + 1]
        return Segment(whole.text, whole.line[first:last], offsets[0], offsets[-1], offsets=offsets)
    return Segment(whole.text, whole.line[first:last], whole.start + first, whole.start + last)
