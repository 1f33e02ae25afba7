"""Lines that are added to cells: which go to the end of one, and which make a new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbprod.model import Edit, NewLine, Span
from nbprod.notebook.types import Cell

__all__ = ["NewCell", "appended", "new_cells"]


class NewCell(NamedTuple):
    """A code cell to be made directly before the cell that is now at index ``before``."""

    before: int
    source: str
    tags: tuple[str, ...]


def new_cells(cells: Sequence[Cell], lines: Sequence[NewLine]) -> list[NewCell]:
    """The cells that some lines make, in order of place.

    Raises:
        ValueError: there is no cell for one to go before.
    """
    found: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    for line in lines:
        if line.new:
            if not 0 <= line.cell < len(cells):
                raise ValueError(f"there is no cell to make one before as {line} says")
            found.setdefault((line.cell, line.tags), []).append(line.text)
    return [NewCell(cell, "\n".join(texts), tags) for (cell, tags), texts in sorted(found.items())]


def appended(cells: Sequence[Cell], lines: Sequence[NewLine]) -> Iterator[Edit]:
    """The lines for cells that are there, as edits of their sources.

    Raises:
        ValueError: there is no such cell.
    """
    found: dict[int, list[str]] = {}
    for line in lines:
        if not line.new:
            if not 0 <= line.cell < len(cells):
                raise ValueError(f"there is no cell to add a line to as {line} says")
            found.setdefault(line.cell, []).append(line.text)
    for cell, texts in found.items():
        end = len(cells[cell].source.rstrip())
        yield Edit(Span(cell, end, end), ("\n" if end else "") + "\n".join(texts))
