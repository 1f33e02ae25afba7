"""Code that an exercise leaves to write: in a function, or in a cell of its own."""

from __future__ import annotations

import ast
import re

from nbprod.facts import Facts
from nbprod.model import Span
from nbprod.patterns import lazy_pattern
from nbprod.syntax.comments import iter_comments
from nbprod.syntax.types import ParsedCell

__all__ = ["is_left_open", "open_cell_above", "stub_of"]

_CODE = r"(?:code|solution|answer|implementation|lines?|work)"
_MARKS = lazy_pattern(
    rf"\b(?:your|own|student)(?: \w+)?[ _]+{_CODE}\b|\bstart (?:of )?(?:your )?{_CODE}\b"
    r"|\bTODO\b|\bFIXME\b|\bFILL[ _-]*(?:ME|IN|THIS)\b"
    r"|\b(?:complete|implement|finish) (?:the|this)\b"
    rf"|\b(?:write|insert|add|put|enter|type) (?:the |your |some )?(?:\w+ )?{_CODE}\b|_{{4,}}"
    r"|\bexercise\b.*:|\b(?:à compléter|hier ergänzen|dein code|tu código|seu código|votre code)\b"
    r"|代码|補完|ここに",
    re.IGNORECASE,
)
_PLACE = lazy_pattern(
    r"#+ *(?:%load\b|your (?:code|solution|answer)|(?:write|insert|add) your|todo\b|fill in)",
    re.IGNORECASE,
)
_FUNCTIONS: tuple[type[ast.FunctionDef | ast.AsyncFunctionDef], ...] = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
)


def stub_of(read: Span, facts: Facts) -> str | None:
    """The function whose body is left to be written above a read in it; None: it is no exercise.

    A comment between the head and the read asks for code, or `...` is in its place.
    """
    parsed = facts.parsed[read.cell] if read.cell >= 0 else None
    if parsed is None:
        return None
    line = facts.line(read)
    for function in reversed([*parsed.live_nodes_of(_FUNCTIONS)]):
        first, last = function.lineno, function.end_lineno or function.lineno
        if not first < line <= last:
            continue
        marked = any(
            first < facts.line(Span(read.cell, start, end)) <= line and _MARKS.search(text)
            for start, end, text in iter_comments(parsed)
        )
        if marked or any(map(_is_ellipsis, function.body)):
            return function.name
    return None


def open_cell_above(cell: int, facts: Facts) -> int | None:
    """The last cell above another one that is left open for whoever does the exercise."""
    for index in range(cell - 1, -1, -1):
        above = facts.notebook.cells[index]
        if above.is_python and "#" in above.source and _is_open(above.source):
            return index
    return None


def is_left_open(parsed: ParsedCell) -> bool:
    """Whether a cell holds a place for code: a comment that asks for it, or `...` as a value."""
    if "..." in parsed.cell.source:
        values = [node.value for node in parsed.live_nodes_of(ast.Assign)]
        values += [value for call in parsed.live_nodes_of(ast.Call) for value in call.args]
        if any(isinstance(value, ast.Constant) and value.value is ... for value in values):
            return True
    return any(_MARKS.search(text) for _, _, text in iter_comments(parsed))


def _is_ellipsis(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, (ast.Expr, ast.Assign)) else None
    return isinstance(value, ast.Constant) and value.value is ...


def _is_open(source: str) -> bool:
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    code = (line for line in lines if not line.startswith("#"))
    return all(line in ("pass", "...") for line in code) and any(map(_PLACE.match, lines))
