"""Syntax that only Python 2 had, as it looks where the parser of Python 3 gives up."""

from __future__ import annotations

from nbprod.notebook.positions import LineIndex
from nbprod.patterns import lazy_pattern
from nbprod.syntax.types import ParsedCell

__all__ = ["is_python2"]

_MESSAGES = (
    "Missing parentheses in call to 'print'",
    "Missing parentheses in call to 'exec'",
    "Lambda expression parameters cannot be parenthesized",
    "Function parameters cannot be parenthesized",
    "multiple exception types must be parenthesized",
    "leading zeros in decimal integer literals are not permitted",
)
# Where the message is only "invalid syntax": `<>`, backquotes, `ur""`, `10L`, `raise E, "text"`,
# `print "a" % b, c`, parameters in brackets.
_LINE = lazy_pattern(
    r"""<>|`[^`]+`|\b[uU][rR]['"]|\b\d+[lL]\b|^\s*raise\s+\w+\s*,|^\s*print\s+[\w'"]"""
    r"""|\blambda\s*\(|^\s*def\s+\w+\([^()]*\([^()]*\)[^()]*\)\s*:"""
)


def is_python2(parsed: ParsedCell) -> bool:
    """Whether a cell does not parse because it is written in Python 2."""
    fault = parsed.fault
    if fault is None:
        return False
    if fault.message.startswith(_MESSAGES):
        return True
    source = parsed.cell.source
    index = LineIndex(source)
    line = index.line(index.position(fault.start)[0])
    return fault.message.startswith("invalid") and _LINE.search(line) is not None
