"""The author's text at another indentation, comments and all."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence

from nbprod.names.statements import StatementText
from nbprod.syntax.walk import walk

__all__ = ["comments_above", "indented", "statement_text"]


def statement_text(source: str, unit: StatementText) -> str:
    """A statement with its comments, at the left margin, without blank lines around it."""
    text = _cut(source, unit.start, unit.code, unit.cuts)
    text += unit.instead or _cut(source, unit.code, unit.stop, unit.cuts)
    tail = source[unit.stop : unit.end].lstrip(" \t")
    if tail.startswith(";"):
        rest = tail[1:].lstrip(" \t")
        text += f"  {rest}" if rest.startswith("#") else rest
    else:
        text += source[unit.stop : unit.end]
    return _tidied(_dedented(text, unit))


def comments_above(source: str, unit: StatementText) -> str:
    """The comment lines above a statement."""
    lines = source[unit.start : unit.code].replace("\r\n", "\n").split("\n")
    return "\n".join(line.strip() for line in lines if line.strip().startswith("#"))


def indented(text: str, prefix: str = "    ") -> str:
    """Text of statements moved to the right; what is inside of strings stays where it is."""
    inside = _string_lines(text)
    return "\n".join(
        line if number in inside or not line.strip() else prefix + line
        for number, line in enumerate(text.split("\n"), 1)
    )


def _cut(source: str, start: int, stop: int, cuts: Sequence[tuple[int, int]]) -> str:
    parts = []
    position = start
    for first, last in sorted(cuts):
        if start <= first <= last <= stop:
            parts.append(source[position:first])
            position = last
    return "".join([*parts, source[position:stop]])


def _dedented(text: str, unit: StatementText) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "")
    if not unit.margin:
        return text
    inside = _string_lines(textwrap.dedent(text))
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        blank = line[: unit.margin].strip()
        lines.append(line if number in inside or blank else line[unit.margin :])
    return "\n".join(lines)


def _tidied(text: str) -> str:
    lines = [line.rstrip() if not line.strip() else line for line in text.split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)


def _string_lines(text: str) -> set[int]:
    """The lines that start inside of a string."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    found: set[int] = set()
    for node in walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
        if is_text or isinstance(node, ast.JoinedStr):
            first, last = node.lineno, node.end_lineno  # type: ignore[attr-defined]
            found |= set(range(first + 1, (last or first) + 1))
    return found
