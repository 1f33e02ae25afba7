"""Lines worth looking at: those that hold something long and mixed, or a word that promises."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from nbprod.secrets.types import Segment, Text

__all__ = ["Joined", "is_dense", "is_promising", "promising_lines", "readable"]

_RUN = re.compile(r"[\w+/-]{14,}", re.ASCII)
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[A-DF-Za-df-z]")
_LONG_NUMBER = re.compile(r"\d{15}")
_LONG_WORD = re.compile(r"[a-z]{18}|[A-Z]{18}")
_CASE_CHANGE = re.compile(r"[a-z][A-Z]")
_ANSI = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
# Words in lower case; a search for each is much quicker than one pattern for all.
_PROMISES = (
    "pass", "pw", "secret", "token", "key", "auth", "cred", "bearer", "kennwort", "senha",
    "contrase", "://", " -u", " -p",
)  # fmt: skip
# Images and models as text: no credential is that long, but keys in PEM and the like.
_BLOB = re.compile(r"(?:;base64,|\")[A-Za-z0-9+/=\\n]{600,}|(?<![\w.-])[A-Za-z0-9+/=]{2000,}")
_ASCII_LOWER = {upper: upper + 32 for upper in range(65, 91)}
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


class Joined:
    """All texts of a notebook end to end: one search over all of them costs less than many."""

    def __init__(self, wholes: Sequence[Segment]) -> None:
        self._wholes = wholes
        self._starts: list[int] = []
        position = 0
        for whole in wholes:
            self._starts.append(position)
            position += len(whole.line) + 1
        self._text = "\n".join([whole.line for whole in wholes])

    def dense(self) -> dict[int, list[Segment]]:
        """For each text that has some, by its number, the lines that may hold a token."""
        return self._lines(run.start() for run in _RUN.finditer(self._text) if _is_odd(run[0]))

    def promising(self) -> dict[int, list[Segment]]:
        """The lines with a word that may name a credential, or with a URL, by number of text."""
        return self._lines(sorted(_promises_in(self._text)))

    def _lines(self, places: Iterable[int]) -> dict[int, list[Segment]]:
        found: dict[int, list[Segment]] = {}
        end = -1
        for place in places:
            if place < end:
                continue
            number = bisect_right(self._starts, place) - 1
            whole, start = self._wholes[number], self._starts[number]
            first, last = _bounds(whole.line, place - start)
            found.setdefault(number, []).append(_cut(whole, first, last))
            end = start + last
        return found


def _promises_in(text: str) -> Iterator[int]:
    """Where promising words stand, one of each in a line."""
    lower = text.lower()
    if len(lower) != len(text):
        # A few letters have lower forms of another length.
        lower = text.translate(_ASCII_LOWER)
    for word in _PROMISES:
        at = lower.find(word)
        while at >= 0:
            yield at
            end = lower.find("\n", at)
            at = lower.find(word, end if 0 <= end < at + _LONGEST else at + _AROUND)


def is_dense(text: str) -> bool:
    """Whether a text holds a run that may be a token."""
    return any(map(_is_odd, _RUN.findall(text)))


def _is_odd(run: str) -> bool:
    """Whether a run is more than a plain word or number.

    It has a digit and a letter (other than the `e` of numbers), letters as no words have them, or
    it is a number as long as that of an account.
    """
    if _DIGIT.search(run):
        return _LETTER.search(run) is not None or _LONG_NUMBER.search(run) is not None
    return _LONG_WORD.search(run) is not None or len(_CASE_CHANGE.findall(run)) > 2


def promising_lines(whole: Segment) -> list[Segment]:
    """The lines of one text with a word that may name a credential, or with a URL."""
    return Joined([whole]).promising().get(0, [])


def is_promising(text: str) -> bool:
    """Whether code has a word that may name a credential, a URL or a login."""
    lower = text.lower()
    return "login" in lower or any(word in lower for word in _PROMISES)


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
