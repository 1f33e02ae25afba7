"""The notebook names in the ``{expr}`` and ``$name`` of shell lines and magics.

IPython expands a command with Python's own format rules and evaluates the text in the braces;
if any part cannot be evaluated, the whole command is passed on as written.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from nbprod.notebook.positions import offset_of
from nbprod.syntax.types import MagicName
from nbprod.syntax.walk import walk

__all__ = ["names_in"]

_DOLLAR = r"\$(\$?[\w.]+)"
_DOTTED = r"([^\W\d]\w*)(?:\.[^\W\d]\w*)*"
# Square brackets shield what is in them, as in `{x["a:b"]}`; a brace may not be there.
_FIELD_NAME = r"(?:[^\[{}:!]|\[[^\]]*\])*"
_CONTINUED = r"\\\r?\n"


def names_in(text: str, start: int) -> tuple[MagicName, ...]:
    """The names that a command takes from the notebook; ``start`` is added to their places.

    What is plainly the shell's own is left out: ``${HOME}``, an escaped dollar, ``{a,b}``.
    """
    if "{" not in text and "$" not in text:
        return ()
    parts = _parts(text)
    if parts is None:
        return ()
    found: list[MagicName] = []
    for part in parts:
        if part.expression is None:
            names = _dollar_names(text, part.start, part.end, start)
        else:
            names = _field_names(part.expression, start + part.start)
        if names is None:
            return ()
        if part.expression is None or text[max(part.start - 2, 0)] not in "$\\":
            found += names
    return tuple(found)


class _Part(NamedTuple):
    """A stretch of a format string: literal text, or a field with its expression."""

    start: int
    end: int
    expression: str | None = None


def _parts(text: str) -> list[_Part] | None:
    """The parts of a format string; None where Python refuses the format."""
    parts: list[_Part] = []
    position = literal = 0
    size = len(text)
    while position < size:
        char = text[position]
        if char not in "{}":
            position += 1
        elif text[position + 1 : position + 2] == char:
            parts.append(_Part(literal, position + 1))
            position = literal = position + 2
        elif char == "}":
            return None
        else:
            parts.append(_Part(literal, position))
            field = _field(text, position + 1)
            if field is None:
                return None
            parts.append(field)
            position = literal = field.end + 1
    parts.append(_Part(literal, size))
    return parts


def _field(text: str, start: int) -> _Part | None:
    """The field whose text starts at ``start``; it ends before its closing brace."""
    match = re.compile(_FIELD_NAME).match(text, start)
    end = match.end() if match else start
    stop = text[end : end + 1]
    if stop == "}":
        return _Part(start, end, text[start:end])
    if stop not in ("!", ":") or not stop:
        return None
    colon = end
    if stop == "!":
        if text[end + 1 : end + 2] not in ("r", "s", "a"):
            return None
        colon = end + 2
        if text[colon : colon + 1] == "}":
            return _Part(start, colon, text[start:end])
        if text[colon : colon + 1] != ":":
            return None
    close = _closing(text, colon + 1)
    if close is None:
        return None
    # IPython takes a format specification for a slice; the blanks keep its places.
    specification = text[colon:close] if close > colon + 1 else ""
    return _Part(start, close, text[start:end] + " " * (colon - end) + specification)


def _closing(text: str, position: int) -> int | None:
    """Where the brace stands that closes a field's format specification."""
    depth = 1
    for index in range(position, len(text)):
        if text[index] == "{":
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return None


def _field_names(field: str, start: int) -> list[MagicName] | None:
    """The names of a field's expression; None if it is no expression, so nothing is expanded."""
    lead = len(field) - len(field.lstrip(" \t"))
    expression = re.sub(_CONTINUED, lambda match: " " * len(match[0]), field[lead:])
    tree = _expression(expression)
    if tree is None:
        return None
    if isinstance(tree, (ast.Tuple, ast.Set, ast.Constant)):
        return []
    inner = {
        part.arg if isinstance(part, ast.arg) else part.id
        for node in walk(tree)
        if isinstance(node, (ast.comprehension, ast.Lambda))
        for part in walk(node.target if isinstance(node, ast.comprehension) else node.args)
        if isinstance(part, (ast.Name, ast.arg))
    }
    found: list[MagicName] = []
    for node in walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in inner:
            begin = offset_of(expression, node.lineno, node.col_offset)
            end = offset_of(expression, node.end_lineno or 1, node.end_col_offset or 0)
            found.append(MagicName(node.id, start + lead + begin, start + lead + end))
    return sorted(found, key=_place)


def _place(name: MagicName) -> int:
    return name.start


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _dollar_names(text: str, begin: int, end: int, start: int) -> list[MagicName] | None:
    """``$name`` and ``$name.attribute`` outside single quotes; None if one is no expression."""
    found: list[MagicName] = []
    for match in re.compile(_DOLLAR).finditer(text, begin, end):
        if match[1].startswith("$") or text.count("'", match.end(), end) % 2:
            continue
        if _expression(match[1]) is None:
            return None
        name = re.fullmatch(_DOTTED, match[1])
        if name is not None and text[max(match.start() - 1, 0)] != "\\":
            at = start + match.start(1)
            found.append(MagicName(name[1], at, at + len(name[1])))
    return found
