"""Just enough of Python's lexical rules to skip over strings, comments and brackets.

Unlike `tokenize` it never fails: IPython's lines are no Python until they are masked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nbprod.patterns import lazy_pattern

__all__ = ["LogicalLine", "comments", "end_of_command", "read_statement"]

_QUOTE, _COMMENT, _OPEN, _CLOSE, _CONTINUED, _BREAK, _ASSIGN = range(1, 8)
_TOKEN = lazy_pattern(
    r"""("{3}|'{3}|"|')|(\#[^\r\n]*)|([\[({])|([\])}])|(\\(?:\r\n|\r|\n))|(\r\n|\r|\n)"""
    r"|(?<![=!<>:+\-*/%&|^@])(=)(?!=)|[^\"'\#\[({\])}\\\r\n=]+|[\\=]"
)
_STRING_OR_COMMENT = lazy_pattern(r"""("{3}|'{3}|"|')|(\#[^\r\n]*)""")
_STRING_ENDS = {
    '"': lazy_pattern(r'(?:[^"\\\r\n]|\\(?:\r\n|[\s\S]))*("?)'),
    "'": lazy_pattern(r"(?:[^'\\\r\n]|\\(?:\r\n|[\s\S]))*('?)"),
}
_AFTER_ASSIGN = lazy_pattern(r"(?:[ \t\f]|\\\r?\n)*")
_COMMAND = lazy_pattern(r"(?:\\\r?\n|[^\r\n])*")


class LogicalLine(NamedTuple):
    """A logical line: where it ends, and what IPython could see in it.

    ``assigned`` is where the right-hand side of the first top-level ``=`` starts, -1 without one.
    ``asks``: its last token is a question mark.
    """

    end: int
    assigned: int
    asks: bool


def read_statement(text: str, position: int, stop: int) -> LogicalLine:
    """Read the logical line at ``position``, as far as ``stop``; its line break belongs to it."""
    depth = 0
    assigned = -1
    plain = False
    while position < stop:
        match = _TOKEN.match(text, position, stop)
        if match is None:
            break
        kind = match.lastindex
        if kind == _BREAK and depth == 0:
            return LogicalLine(match.end(), assigned, plain and text[position - 1] == "?")
        position = match.end()
        plain = kind is None
        if kind == _QUOTE:
            position = _string_end(text, match[1], position, stop)
        elif kind == _OPEN:
            depth += 1
        elif kind == _CLOSE:
            depth = max(0, depth - 1)
        elif kind == _ASSIGN and depth == 0 and assigned < 0:
            after = _AFTER_ASSIGN.match(text, position, stop)
            assigned = after.end() if after else position
    asks = plain and depth == 0 and text[position - 1 : position] == "?"
    return LogicalLine(stop, assigned, asks)


def _string_end(text: str, quote: str, position: int, stop: int) -> int:
    """Where a string ends whose opening quote ends at ``position``.

    Like Python's tokenizer: an open triple quote takes the rest, another one only itself, or the
    lines that backslashes join.
    """
    if len(quote) == 1:
        match = _STRING_ENDS[quote].match(text, position, stop)
        if match is None or not (match[1] or "\n" in match[0] or "\r" in match[0]):
            return position
        return match.end()
    at = text.find(quote, position, stop)
    while at >= 0:
        before = text[position:at]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            return at + 3
        at = text.find(quote, at + 1, stop)
    return stop


def end_of_command(text: str, position: int) -> int:
    """Where a magic or shell line ends: its line, and those that backslashes add."""
    match = _COMMAND.match(text, position)
    return match.end() if match else position


def comments(text: str) -> Iterator[tuple[int, int]]:
    """The places of the comments of a source."""
    match = _STRING_OR_COMMENT.search(text) if "#" in text else None
    while match is not None:
        position = match.end()
        if match.lastindex == _COMMENT:
            yield match.start(), position
        else:
            position = _string_end(text, match[1], position, len(text))
        match = _STRING_OR_COMMENT.search(text, position)
