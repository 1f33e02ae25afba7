"""Cells whose lines the file joins: its list of lines has no line breaks."""

from __future__ import annotations

import ast

from nbprod.notebook.types import Cell

__all__ = ["JOINED", "is_joined", "restored"]

JOINED = "lines of the cell have no line breaks between them"


def restored(cell: Cell) -> str:
    """The source with a line break at each place where the file has two lines without one."""
    parts, start = [], 0
    for place in cell.joints:
        parts.append(cell.source[start:place])
        start = place
    return "\n".join([*parts, cell.source[start:]])


def is_joined(cell: Cell) -> bool:
    """Whether a cell is other code with its line breaks than without them, and parses so."""
    if not cell.joints:
        return False
    meant = _statements(restored(cell))
    return bool(meant) and meant != _statements(cell.source)


def _statements(source: str) -> int:
    """How many statements a source has; 0 for what does not parse."""
    try:
        return len(ast.parse(source).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
