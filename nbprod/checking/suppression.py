"""Suppression: comments on a line, over lines, on a cell or the notebook; tags; metadata.

Every way is a `Mark`; a finding is suppressed by the marks that reach its place and name its rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from nbprod.checking.registry import Selection, current_name, has_code_prefix
from nbprod.model import Span
from nbprod.notebook.types import Cell, Notebook
from nbprod.patterns import lazy_pattern
from nbprod.syntax.comments import iter_comments
from nbprod.syntax.types import ParsedCell

__all__ = ["ALL", "Mark", "SuppressionUse", "Suppressions", "read_suppressions"]

_NOQA = lazy_pattern(r"#\s*noqa\b(?::\s*(?P<codes>[\w-]+(?:[,\s]+[A-Za-z]+\d+)*))?", re.IGNORECASE)
_OURS = lazy_pattern(
    r"nbprod:\s*(?P<form>ignore-notebook|cell-ignore|ignore|disable|enable)\b"
    r"\s*(?:\[(?P<names>[^\]]*)\])?"
)
_HTML = lazy_pattern(r"<!--(.*?)-->", re.DOTALL)
# What other scanners of credentials read; also for lines of notes.
_PRAGMA = lazy_pattern(
    r"pragma:\s*(?:allow|white)list\s+(?P<next>nextline\s+)?secret|(?:gitleaks|betterleaks):allow"
    r"|trufflehog:ignore|nosemgrep:.*secret",
    re.IGNORECASE,
)
_SECRETS = frozenset(("nbp301", "nbp302", "nbp303", "nbp304", "nbp305"))
_TAG = lazy_pattern(r"nbprod[-:]ignore(?:=(?P<names>.+))?\Z")
_BREAK = lazy_pattern(r"\r\n|\r|\n")
ALL = frozenset(("*",))
_LAST = 1 << 60


class Mark:
    """One mark that suppresses: the rules it names, the lines of a cell it reaches.

    ``cell`` is None for the whole notebook. ``span`` is where it stands, None for tags and
    metadata. ``used`` are the words that have suppressed something. ``ours`` is false for marks
    that other tools read as well, of which nobody can say that they are not needed.
    """

    __slots__ = ("cell", "first", "last", "ours", "span", "used", "words")

    def __init__(
        self,
        words: frozenset[str],
        cell: int | None,
        first: int = 0,
        last: int = _LAST,
        span: Span | None = None,
        ours: bool = True,
    ) -> None:
        self.words = words
        self.cell = cell
        self.first = first
        self.last = last
        self.span = span
        self.ours = ours
        self.used: set[str] = set()

    def reaches(self, cell: int, first: int, last: int) -> bool:
        """Whether it is about some of the lines ``first`` to ``last`` of a cell.

        An output or metadata has no lines (``first`` 0): only marks of whole cells reach it.
        """
        if self.cell is None:
            return True
        if self.cell != cell:
            return False
        return (self.first, self.last) == (0, _LAST) or self.first <= last and first <= self.last

    def names(self, code: str, name: str) -> bool:
        """Whether it names a rule; notes which of its words does."""
        found = {word for word in self.words if _fits(word, code, name)}
        self.used |= found
        return bool(found)


def _fits(word: str, code: str, name: str) -> bool:
    # A prefix stands for its group, as in `NBP3`.
    return word in ("*", name) or has_code_prefix(code, word)


class SuppressionUse(NamedTuple):
    """A suppression after all rules have run: the rules that ran, and where it is written."""

    mark: Mark
    selection: Selection
    span: Span


class Suppressions:
    """The marks of a notebook."""

    def __init__(self, marks: Iterable[Mark]) -> None:
        self.marks = tuple(marks)

    def __bool__(self) -> bool:
        """Whether there is any mark."""
        return bool(self.marks)

    def covers(self, code: str, name: str, cell: int, first: int, last: int) -> bool:
        """Whether a finding on lines ``first`` to ``last`` of a cell is suppressed."""
        reaching = [mark for mark in self.marks if mark.reaches(cell, first, last)]
        # All of them are asked, so that a mark that is not needed is not found by chance.
        return sum(mark.names(code, name) for mark in reaching) > 0

    def uses(self, selection: Selection) -> Iterator[SuppressionUse]:
        """Yield the suppressions that are nbprod's own and written in a cell."""
        for mark in self.marks:
            if mark.ours and mark.span is not None:
                yield SuppressionUse(mark, selection, mark.span)


def read_suppressions(
    notebook: Notebook,
    parsed: Sequence[ParsedCell | None],
    tag_ignores: Sequence[tuple[str, Sequence[str]]] = (),
) -> Suppressions:
    """Gather every mark of a notebook.

    ``tag_ignores`` are patterns for tags with the rules that are silent in cells that have one.
    """
    return Suppressions(_marks(notebook, parsed, tag_ignores))


def _marks(
    notebook: Notebook,
    parsed: Sequence[ParsedCell | None],
    tag_ignores: Sequence[tuple[str, Sequence[str]]],
) -> Iterator[Mark]:
    settings = notebook.metadata.get("nbprod")
    ignored = settings.get("ignore") if isinstance(settings, dict) else None
    if isinstance(ignored, (str, list)):
        text = ignored if isinstance(ignored, str) else ",".join(map(str, ignored))
        yield Mark(_words(text), None, ours=False)
    for cell in notebook.cells:
        for tag in cell.tags:
            for pattern, words in tag_ignores:
                if fnmatchcase(tag, pattern):
                    silent = frozenset(word.lower() for word in words)
                    yield Mark(silent, cell.index, ours=False)
            tagged = _TAG.match(tag)
            if tagged:
                yield Mark(_words(tagged["names"]), cell.index, ours=False)
        yield from _in_source(cell, parsed[cell.index])


def _in_source(cell: Cell, parsed: ParsedCell | None) -> Iterator[Mark]:
    lower = cell.source.lower()
    if cell.kind == "code" and "#" in lower and ("noqa" in lower or "nbprod:" in lower):
        yield from _in_comments(cell, list(_comments(cell, parsed)))
    elif cell.kind != "code" and "nbprod:" in lower:
        for comment in _HTML.finditer(cell.source):
            for match in _OURS.finditer(comment[1]):
                if match["form"] != "enable":
                    start = comment.start(1) + match.start()
                    yield _mark(cell, match, start, 0, _LAST)
    if any(word in lower for word in ("pragma:", ":allow", ":ignore", "nosemgrep")):
        for number, line in enumerate(_BREAK.split(cell.source), 1):
            pragma = _PRAGMA.search(line)
            if pragma is not None:
                target = number + (1 if pragma["next"] else 0)
                yield Mark(_SECRETS, cell.index, target, target, ours=False)


def _in_comments(cell: Cell, comments: Sequence[tuple[int, int, str, bool]]) -> Iterator[Mark]:
    """The marks of comments: (offset, line from 1, text, whether it stands alone)."""
    open_ranges: list[Mark] = []
    for offset, line, text, alone in comments:
        noqa = _NOQA.search(text)
        if noqa is not None:
            span = Span(cell.index, offset + noqa.start(), offset + noqa.end())
            words = _words(noqa["codes"])
            yield Mark(words, cell.index, line, line, span, ours=words is not ALL)
        for match in _OURS.finditer(text):
            form = match["form"]
            if form == "enable":
                ended = _words(match["names"])
                for mark in open_ranges:
                    if mark.last == _LAST and (ended is ALL or mark.words & ended):
                        mark.last = line
                continue
            # A comment of its own is about the line below it.
            last = _LAST if form == "disable" else line + 1 if alone else line
            mark = _mark(cell, match, offset + match.start(), line, last)
            if form == "disable":
                open_ranges.append(mark)
            yield mark


def _mark(cell: Cell, match: re.Match[str], start: int, first: int, last: int) -> Mark:
    span = Span(cell.index, start, start + len(match[0]))
    words = _words(match["names"])
    if match["form"] == "ignore-notebook":
        return Mark(words, None, span=span)
    if match["form"] == "cell-ignore":
        return Mark(words, cell.index, span=span)
    return Mark(words, cell.index, first, last, span)


def _comments(cell: Cell, parsed: ParsedCell | None) -> Iterator[tuple[int, int, str, bool]]:
    source = cell.source
    found = [(start, text) for start, _, text in iter_comments(parsed)] if parsed else []
    if parsed is None or parsed.tree is None:
        # Cells that do not parse and other languages: by the look of the line.
        known = {start for start, _ in found}
        looks = re.finditer(r"(?:(?<=\s)|(?<=^))(?:#|--|//)[^\r\n]*", source, re.MULTILINE)
        found += [(match.start(), match[0]) for match in looks if match.start() not in known]
    line, line_start, seen = 1, 0, 0
    for start, text in sorted(found):
        for end in _BREAK.finditer(source, seen, start):
            line, line_start = line + 1, end.end()
        seen = start
        yield start, line, text, not source[line_start:start].strip()


def _words(text: str | None) -> frozenset[str]:
    if text is None or not text.strip():
        return ALL
    return frozenset(current_name(word) for word in re.split(r"[,\s]+", text.strip()) if word)
