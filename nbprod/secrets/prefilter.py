"""Lines worth looking at: those that hold something long and mixed, or a word that promises."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby

from nbprod.patterns import lazy_pattern
from nbprod.secrets.types import Cuts, Text, TextSegment

__all__ = ["Joined", "is_dense", "is_promising", "lowered", "promising_lines"]

# Each character by its shape: a lower-case letter, an upper-case one, an `e` (numbers have them,
# too), a digit, a mark that tokens have, or a blank for all others. A pattern over shapes needs no
# classes, and one that starts with a blank looks at each word once.
_SHAPES = bytes(
    ord("e") if text in "e" else
    ord("E") if text in "E" else
    ord("a") if text.islower() else
    ord("A") if text.isupper() else
    ord("0") if text.isdigit() else
    ord("-") if text in "_+/-" else
    ord(" ")
    for text in map(chr, range(128))
) + b" " * 128  # fmt: skip
_RUN = lazy_pattern(rb" [^ ]{14,}")
_LONG_WORD = lazy_pattern(rb"[ae]{18}|[AE]{18}")
_CASE_CHANGE = lazy_pattern(rb"[ae][AE]")
_LONG_NUMBER = b"0" * 15
# Words in lower case; a search for each is much quicker than one pattern for all.
_PROMISES = (
    "pass", "pw", "secret", "token", "key", "auth", "cred", "bearer", "kennwort", "senha",
    "contrase", "://", " -u", " -p",
    "identified", "login ", "sudo -s", "kinit", "sqlplus", "alias set", " -a ", " -w ", " -k ",
)  # fmt: skip
_PROMISED = tuple(word.encode() for word in _PROMISES)
# Left out of what is looked at: ANSI codes, and images and models as text (no credential is that
# long, but keys in PEM and the like).
_CODE = r"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
_BLOB = r"(?:;base64,|\")[A-Za-z0-9+/=\\n]{600,}|(?<![\w.-])[A-Za-z0-9+/=]{2000,}"
_CODES = lazy_pattern(_CODE)
_BLOBS_AND_CODES = lazy_pattern(f"{_BLOB}|{_CODE}")
_BLOBS = lazy_pattern(_BLOB)
# An image in a script, over many lines that each go on after a backslash; an animation has dozens.
# The second bound is for the search, which remembers each turn: what is longer is found in parts.
_WRAPPED = lazy_pattern(r"(?:[A-Za-z0-9+/=]{60,}\\\n){8,400}")
_SHORTEST_BLOB = 600
_LONGEST = 20_000
_AROUND = 400


def _readable(text: str) -> tuple[str, Cuts | None]:
    """A text without ANSI codes and without long blobs, for each of which a line ends."""
    has_codes = "\x1b" in text
    if len(text) <= _SHORTEST_BLOB and not has_codes:
        return text, None
    # Few texts have lines as long as blobs, and lines are found much quicker than words.
    has_long_lines = _has_long_line(text)
    if has_codes:
        return _without((_BLOBS_AND_CODES if has_long_lines else _CODES).finditer(text), text)
    if has_long_lines:
        return _without(_blobs_in(text), text)
    if ";base64," in text and "\\\n" in text and "PRIVATE KEY" not in text:
        return _without(_WRAPPED.finditer(text), text)
    return text, None


def _has_long_line(text: str) -> bool:
    """Whether a line is longer than `_SHORTEST_BLOB`, found by looking at few of the line ends."""
    size = len(text)
    start = 0
    while start + _SHORTEST_BLOB < size:
        # The last line end within reach: of those before it none is looked at.
        end = text.rfind("\n", start, start + _SHORTEST_BLOB + 1)
        if end < 0:
            return True
        start = end + 1
    return False


def _blobs_in(text: str) -> Iterator[re.Match[str]]:
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        if len(line) >= _SHORTEST_BLOB and _has_long_word(line):
            yield from _BLOBS.finditer(text, start, end)
        start = end + 1


def _has_long_word(line: str) -> bool:
    return max(map(len, line.split()), default=0) >= _SHORTEST_BLOB


def _without(found: Iterable[re.Match[str]], text: str) -> tuple[str, Cuts | None]:
    kept: list[str] = []
    places: list[int] = []
    lengths: list[int] = []
    position = left = 0
    for cut in found:
        end = "" if cut[0].startswith("\x1b") else "\n"
        kept.append(text[position : cut.start()] + end)
        left += len(kept[-1])
        position = cut.end()
        places.append(left)
        lengths.append(position - left)
    if not places:
        return text, None
    return "".join(kept) + text[position:], Cuts(tuple(places), tuple(lengths))


class Joined:
    """All texts of a notebook end to end: one search over all of them costs less than many.

    Texts are read without ANSI codes and long blobs. They have the numbers that they have in
    ``texts``.
    """

    def __init__(self, texts: Sequence[Text]) -> None:
        self.texts = texts
        readable = [_readable(text.text) for text in texts]
        self._lines_of = [line for line, _ in readable]
        self._cuts = [cuts for _, cuts in readable]
        lengths = [len(line) + 1 for line in self._lines_of]
        self._starts = [0, *accumulate(lengths)]
        self._text = "\n".join(self._lines_of)
        self._ascii = _ascii(self._text)

    def whole(self, number: int) -> TextSegment:
        """A whole text as one segment."""
        line = self._lines_of[number]
        return TextSegment(self.texts[number], line, 0, len(line), cuts=self._cuts[number])

    def holding(self, word: str) -> list[int]:
        """The numbers of the texts in which a word stands."""
        found = []
        at = self._text.find(word)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            found.append(number)
            at = self._text.find(word, self._starts[number + 1])
        return found

    def dense(self) -> dict[int, list[TextSegment]]:
        """For each text that has some, by its number, the lines that may hold a token."""
        runs = [(run.start(), run[0]) for run in _RUN.finditer(_shapes(self._ascii))]
        # The same shapes come again and again.
        odd = {run for run in {run for _, run in runs} if _is_odd(run)}
        return self._lines(start for start, run in runs if run in odd)

    def promising(self) -> dict[int, list[TextSegment]]:
        """The lines with a word that may name a credential, or with a URL, by number of text."""
        return self._lines(sorted(_promises_in(self._ascii.lower())))

    def _lines(self, places: Iterable[int]) -> dict[int, list[TextSegment]]:
        texts = groupby(places, lambda place: bisect_right(self._starts, place) - 1)
        return {
            number: _lines_at(self.whole(number), self._starts[number], inside)
            for number, inside in texts
        }


def _lines_at(whole: TextSegment, offset: int, places: Iterable[int]) -> list[TextSegment]:
    """The lines of a text around places in order, each once; places count from ``-offset``."""
    found: list[TextSegment] = []
    end = -1
    for place in places:
        if place - offset >= end:
            first, end = _bounds(whole.line, place - offset)
            found.append(_cut(whole, first, end))
    return found


def lowered(text: str) -> bytes:
    """The ASCII characters of a text in lower case, a mark for each other one: places stay."""
    return _ascii(text).lower()


def _ascii(text: str) -> bytes:
    """The ASCII characters of a text, a mark for each other one."""
    return text.encode("ascii", "replace")


def _promises_in(lower: bytes) -> Iterator[int]:
    """The places of promising words in a text in lower case, one of each in a line."""
    for word in _PROMISED:
        at = lower.find(word)
        while at >= 0:
            yield at
            end = lower.find(b"\n", at)
            at = lower.find(word, end if 0 <= end < at + _LONGEST else at + _AROUND)


def is_dense(text: str) -> bool:
    """Whether a text holds a run that may be a token."""
    return any(map(_is_odd, _RUN.findall(_shapes(_ascii(text)))))


def _shapes(text: bytes) -> bytes:
    """The shapes of a text's characters, one byte for each, after a blank."""
    return b" " + text.translate(_SHAPES)


def _is_odd(run: bytes) -> bool:
    """Whether a run (of shapes) is more than a plain word or number.

    It has a digit and a letter (other than the `e` of numbers), letters as no words have them, or
    it is a number as long as that of an account.
    """
    if b"0" in run:
        return b"a" in run or b"A" in run or _LONG_NUMBER in run
    return _LONG_WORD.search(run) is not None or len(_CASE_CHANGE.findall(run)) > 2


def promising_lines(whole: TextSegment) -> list[TextSegment]:
    """The lines of one text with a word that may name a credential, or with a URL."""
    return _lines_at(whole, 0, sorted(_promises_in(lowered(whole.line))))


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


def _cut(whole: TextSegment, first: int, last: int) -> TextSegment:
    start, end = whole.start + first, whole.start + last
    return TextSegment(whole.text, whole.line[first:last], start, end, cuts=whole.cuts)
