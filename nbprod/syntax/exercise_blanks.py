"""Blanks of an exercise, at which its cell stops to parse: ``<YOUR CODE>``, ``____``, ``x =``."""

from __future__ import annotations

import re

from nbprod.notebook.positions import LineIndex
from nbprod.patterns import lazy_pattern
from nbprod.syntax.types import ParsedCell

__all__ = ["blank_of"]

# Four and more: `___` is the last result but two.
_GAP = lazy_pattern(r"\?{3,}|(?<!\w)_{4,}(?!\w)")
# Hashes in the place of a value: `lr."####"`, `mean = ##`.
_HASHES = lazy_pattern(r"(?P<quote>[\"'])#{3,}(?P=quote)|(?<![=!<>])=[ \t]*##+[ \t]*$")
# In angle brackets where a value has to begin: `a <> b` and `a < b > c` have one on their left.
_IN_BRACKETS = lazy_pattern(
    r"(?:^|[=(\[{,:;]|\b(?:return|yield|in|not|and|or|if|elif|while|assert|print|await|lambda))"
    r"[ \t]*(<(?![</])[^<>\n]*>)",
    re.MULTILINE,
)
# A line of its own may be HTML instead, which has one word, or attributes.
_TAG = lazy_pattern(r"<[a-zA-Z][a-zA-Z0-9]*[ \t]*(?:/?>|[ \t][^<>\n]*=)|<!")
_WORDS = (
    r"(?:your|write|insert|add|put|fill(?:[ _]in)?)[ _]+(?:own |the |your )*"
    r"(?:code|solution|answer|favou?rite|implementation)"
)
_HERE = r"(?:start|begin|end)(?: of)?(?: your)? (?:code|solution|answer)\b|\bcode (?:goes )?here"
_ORDER = lazy_pattern(rf"{_WORDS}\b|\btodo\b|\bfixme\b|\b(?:{_HERE})\b", re.IGNORECASE)
# A comment that swallows the rest of a call: `resize(# YOUR CODE HERE)`.
_SWALLOWED = lazy_pattern(r"[(\[{,=][ \t]*#+[ \t]*([^\n]*)$", re.MULTILINE)
_PLAIN_ORDER = lazy_pattern(
    rf"^[ \t]*(?:[\w.]+[ \t]*=|return\b)?[ \t.…]*({_WORDS}\b[^#\n]*)", re.IGNORECASE
)
# Lines that lack what comes next: a value, or the body of a block.
_INCOMPLETE = lazy_pattern(r"=[ \t]*(?:#.*)?$|^[ \t]*\.\.\.[ \t]*,?[ \t]*(?:#.*)?$")
_END = lazy_pattern(r"/?[ \t]*\bend(?: of)?[ \t]+", re.IGNORECASE)
_NO_BODY = "expected an indented block"
_UNCLOSED = ("was never closed", "does not match", "unexpected EOF", "unmatched")
_NEAR = 4
_LONGEST = 40


def blank_of(parsed: ParsedCell) -> str | None:
    """The blank at which a cell stops to parse, as it is written; None if it is another error.

    Whatever is wrong on another line than the blank is an error of its own.
    """
    if parsed.fault is None:
        return None
    lines = parsed.cell.source.splitlines()
    index = LineIndex(parsed.cell.source)
    number = index.position(parsed.fault.start)[0]
    line = lines[number - 1] if number <= len(lines) else ""
    code = line.partition("#")[0]
    blank = _in_brackets(code) or _first(_GAP, code) or _plain(code) or _left_out(code)
    blank = blank or _first(_HASHES, line)
    if blank is None and (
        parsed.fault.message.startswith(_NO_BODY) or _INCOMPLETE.search(line) is not None
    ):
        blank = _order_near(lines, number - 1)
    if blank is None and any(word in parsed.fault.message for word in _UNCLOSED):
        blank = _swallowed(parsed.cell.source)
    return None if blank is None else _short(blank)


def _in_brackets(code: str) -> str | None:
    if "</" in code:
        return None
    match = _IN_BRACKETS.search(code)
    if match is None or (not code[: match.start(1)].strip() and _TAG.match(match[1])):
        return None
    return match[1]


def _plain(code: str) -> str | None:
    """An order to whoever does the exercise that stands among the code without any sign."""
    match = _PLAIN_ORDER.match(code)
    return match[1] if match is not None else None


def _left_out(code: str) -> str | None:
    """The dots at the end of a line that breaks off with them: `loss = (y - ...`."""
    return "..." if code.rstrip(" \t,").endswith("...") else None


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[0] if match is not None else None


def _swallowed(source: str) -> str | None:
    """The comment in an open bracket that asks for code."""
    for match in _SWALLOWED.finditer(source):
        if _ORDER.search(match[1]):
            return "# " + match[1].rstrip(")]}: #")
    return None


def _order_near(lines: list[str], place: int) -> str | None:
    """The comment beside a place that asks for code."""
    for line in (*lines[place : place + _NEAR], *lines[max(0, place - _NEAR) : place][::-1]):
        comment = line.partition("#")[2]
        if _ORDER.search(comment):
            return "# " + _END.sub("", comment).strip("# \t")
    return None


def _short(text: str) -> str:
    text = " ".join(text.replace("`", "'").split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
