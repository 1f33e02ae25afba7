"""Prints of a module as records of its logger."""

from __future__ import annotations

import ast

from nbprod.notebook.positions import LineIndex

__all__ = ["replace_prints"]

_HEAD = "import logging\n\nlogger = logging.getLogger(__name__)\n"


def replace_prints(text: str) -> str:
    """A module whose calls of ``print`` are calls of ``logger.info``.

    Left alone are those that write elsewhere (``file``), stay on their line (``end``) or take
    their arguments from a list.
    """
    tree = ast.parse(text)
    index = LineIndex(text)
    edits = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_plain_print(node):
            start = index.offset(node.lineno, node.col_offset)
            end = index.offset(node.end_lineno or 0, node.end_col_offset or 0)
            edits.append((start, end, _record(node, text, index)))
    if not edits:
        return text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return _with_logger(text)


def _is_plain_print(node: ast.Call) -> bool:
    named = isinstance(node.func, ast.Name) and node.func.id == "print"
    return (
        named
        and all(keyword.arg in ("flush", "sep") for keyword in node.keywords)
        and not any(isinstance(expression, ast.Starred) for expression in node.args)
    )


def _record(node: ast.Call, text: str, index: LineIndex) -> str:
    """``print(a, b)`` with the same text as its message."""
    separator = " "
    for keyword in node.keywords:
        if keyword.arg == "sep":
            if not isinstance(keyword.value, ast.Constant) or not isinstance(
                keyword.value.value, str
            ):
                return _source(node, text, index)
            separator = keyword.value.value
    if not node.args:
        return 'logger.info("")'
    form = separator.replace("%", "%%").join("%s" for _ in node.args)
    arguments = ", ".join(_source(expression, text, index) for expression in node.args)
    return f"logger.info({form!r}, {arguments})"


def _source(node: ast.expr, text: str, index: LineIndex) -> str:
    start = index.offset(node.lineno, node.col_offset)
    return text[start : index.offset(node.end_lineno or 0, node.end_col_offset or 0)]


def _with_logger(text: str) -> str:
    """The logger behind the last import of the head, or behind the docstring."""
    tree = ast.parse(text)
    last = 0
    for place, node in enumerate(tree.body):
        is_docstring = place == 0 and ast.get_docstring(tree) is not None
        if not is_docstring and not isinstance(node, (ast.Import, ast.ImportFrom)):
            break
        last = node.end_lineno or last
    lines = text.split("\n")
    return "\n".join([*lines[:last], _HEAD, *lines[last:]])
