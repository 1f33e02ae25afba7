"""Tokens of providers in the lines that are worth it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from nbprod.patterns import lazy_pattern
from nbprod.secrets.entropy import entropy, is_documented
from nbprod.secrets.links import in_temporary_link
from nbprod.secrets.literals import GAP
from nbprod.secrets.names import words_of
from nbprod.secrets.prefilter import lowered
from nbprod.secrets.providers import ProviderRule, rules_for
from nbprod.secrets.types import Secret, TextSegment, narrowed

__all__ = ["secrets_of_providers"]


def secrets_of_providers(segments: Sequence[TextSegment]) -> Iterator[Secret]:
    """What the providers' rules find, in one reading of all lines that are worth it."""
    if not segments:
        return
    starts: list[int] = []
    position = 0
    for segment in segments:
        starts.append(position)
        position += len(segment.line) + 1
    blob = "\n".join([segment.line for segment in segments])
    lower = lowered(blob)
    distinct = "\n".join({segment.line for segment in segments})
    for rule, pattern in rules_for(distinct.lower()):
        for match in _matches(rule, pattern, blob, lower, starts):
            group = _group(rule, pattern.groups, match)
            first, last = match.span(group)
            number = bisect_right(starts, first) - 1
            segment = segments[number]
            if match.start() < starts[number] and not _adjacent(
                segments, starts, match.start(), number
            ):
                continue
            start, end = first - starts[number], last - starts[number]
            if end > len(segment.line) or start < segment.origin:
                continue
            if not group:
                end = _run_end(segment.line, end)
            value = segment.line[start:end]
            if rule.entropy and entropy(value) <= rule.entropy:
                continue
            if GAP in value or is_documented(value) or not value:
                continue
            if in_temporary_link(segment.line, start, end):
                continue
            if "-id" not in rule.identity and _names_an_id(blob[match.start() : first]):
                continue
            place = segment.place(start, end)
            if segment.whole:
                place = narrowed(segment.text, *place, value)
            yield Secret(
                segment.text, *place, value, rule.identity, rule.provider, _prefix(rule, value),
                _label(segment),
            )  # fmt: skip


def _matches(
    rule: ProviderRule, pattern: re.Pattern[str], blob: str, lower: bytes, starts: Sequence[int]
) -> Iterator[re.Match[str]]:
    """What a rule matches in the lines, which start at ``starts``."""
    if rule.is_apart:
        yield from pattern.finditer(blob)
        return
    for first, last in _around(rule.words, lower, starts):
        yield from pattern.finditer(blob, first, last)


def _around(words: Sequence[str], lower: bytes, starts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The stretches of lines that hold a word, with the line above and the line below."""
    start = end = -1
    found = {number for word in words for number in _lines_with(word.encode(), lower, starts)}
    for number in sorted(found):
        first = starts[max(number - 1, 0)]
        if first > end >= 0:
            yield start, end
        start = first if first > end else start
        end = starts[number + 2] if number + 2 < len(starts) else len(lower)
    if end >= 0:
        yield start, end


def _lines_with(word: bytes, lower: bytes, starts: Sequence[int]) -> Iterator[int]:
    """The numbers of the lines that hold a word."""
    at = lower.find(word)
    while at >= 0:
        number = bisect_right(starts, at) - 1
        yield number
        at = lower.find(word, starts[number + 1]) if number + 1 < len(starts) else -1


_IDENTIFIER = lazy_pattern(r"[A-Za-z_][\w.\-]*(?=\W*\Z)")
_IDS = frozenset(
    """id ids hash commit sha sha1 sha256 digest md5 uuid guid run version checksum etag
    revision""".split()
)


def _names_an_id(lead: str) -> bool:
    """Whether what names a value, with its provider, says that it is a number or a digest."""
    name = _IDENTIFIER.search(lead)
    words = words_of(name[0]) if name else ()
    return bool(words) and words[-1] in _IDS


def _group(rule: ProviderRule, groups: int, match: re.Match[str]) -> int:
    if rule.group is not None:
        return rule.group
    return next((number for number in range(1, groups + 1) if match[number]), 0)


def _adjacent(
    segments: Sequence[TextSegment], starts: Sequence[int], start: int, number: int
) -> bool:
    """Whether a match that starts in an earlier line starts in the line just above."""
    before = segments[bisect_right(starts, start) - 1]
    segment = segments[number]
    return before.text is segment.text and before.end + 1 == segment.start


def _run_end(line: str, end: int) -> int:
    """The end of a token: without the mark that a pattern takes for its end, with what goes on."""
    while end and line[end - 1] in "\"'`;,) ":
        end -= 1
    while end < len(line) and (line[end].isalnum() or line[end] in "_-+/="):
        end += 1
    return end


def _prefix(rule: ProviderRule, value: str) -> str:
    """What every token of the kind starts with, as far as it is safe to show."""
    for word in rule.words:
        if value.lower().startswith(word) and len(word) >= 2:
            return value[: min(len(word), 4)]
    return ""


def _label(segment: TextSegment) -> str:
    """The name that a line gives to what is found in it, if it was put together."""
    if not segment.origin:
        return ""
    return segment.line[: segment.origin].rpartition(" = ")[0].rpartition(".")[2]
