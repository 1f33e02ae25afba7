"""The data flow as a picture: the cells in their order, what flows as arcs beside them.

The order of the cells is what a notebook is about, so the drawing keeps it (an arc diagram,
Wattenberg 2002): what flows down is on the right, what is read before it is made on the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nbprod.review.types import Arc, CellReview

__all__ = ["Box", "Curve", "Picture", "drawn"]

_ROW = 34
_WIDTH = 300
_STEP = 14
_MOST_LANES = 18
_LETTERS = 34
_LETTER = 6
_MOST_LETTERS = 24


class Box(NamedTuple):
    """A cell: where it is drawn, what is written, how it stands."""

    cell: int
    y: int
    label: str
    state: str


class Curve(NamedTuple):
    """An arc: its path, what it is called and where, whether it is new, whether it goes back."""

    path: str
    names: str
    x: int
    y: int
    source: int
    target: int
    is_new: bool
    goes_back: bool


class Picture(NamedTuple):
    """A drawing of a size; boxes start at ``left`` and are ``width`` wide."""

    total_width: int
    height: int
    left: int
    width: int
    row: int
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]


def drawn(cells: Sequence[CellReview], arcs: Sequence[Arc]) -> Picture:
    """Place the cells and the arcs between them."""
    rows = {cell.number: row for row, cell in enumerate(cells)}
    known = [arc for arc in arcs if arc.source in rows and arc.target in rows]
    down = [arc for arc in known if rows[arc.source] < rows[arc.target]]
    back = [arc for arc in known if rows[arc.source] > rows[arc.target]]
    right, left = _lanes(down, rows), _lanes(back, rows)
    margin = 16 + _STEP * (max(left.values(), default=-1) + 1) + _room(back)
    total = margin + _WIDTH + 16 + _STEP * (max(right.values(), default=-1) + 1)
    total += _room([arc for arc in down if arc.is_new])
    boxes = tuple(
        Box(cell.number, rows[cell.number] * _ROW, _label(cell), _state(cell)) for cell in cells
    )
    curves = [_curve(arc, rows, right[arc], margin + _WIDTH, 1) for arc in down]
    curves += [_curve(arc, rows, left[arc], margin, -1) for arc in back]
    return Picture(total, max(len(cells), 1) * _ROW, margin, _WIDTH, _ROW - 8, boxes, tuple(curves))


def _room(named: Sequence[Arc]) -> int:
    """The width of the longest names beside arcs that have them."""
    return max(
        (_LETTER * min(len(", ".join(arc.names)), _MOST_LETTERS) for arc in named), default=0
    )


def _lanes(arcs: Sequence[Arc], rows: dict[int, int]) -> dict[Arc, int]:
    """A lane for each arc, short ones inside; those that overlap are in different ones."""
    ends: list[list[tuple[int, int]]] = []
    found: dict[Arc, int] = {}
    for arc in sorted(arcs, key=lambda arc: abs(rows[arc.source] - rows[arc.target])):
        first, last = sorted((rows[arc.source], rows[arc.target]))
        for lane, taken in enumerate(ends):
            if all(last <= a or b <= first for a, b in taken) or lane == _MOST_LANES:
                taken.append((first, last))
                found[arc] = lane
                break
        else:
            found[arc] = len(ends)
            ends.append([(first, last)])
    return found


def _curve(arc: Arc, rows: dict[int, int], lane: int, edge: int, side: int) -> Curve:
    middle = (_ROW - 8) // 2
    start, end = rows[arc.source] * _ROW + middle + 4, rows[arc.target] * _ROW + middle - 4
    bend = edge + side * (12 + _STEP * lane)
    radius = min(8, abs(end - start) // 2)
    down = 1 if end > start else -1
    path = (
        f"M{edge} {start}H{bend - side * radius}Q{bend} {start} {bend} {start + down * radius}"
        f"V{end - down * radius}Q{bend} {end} {bend - side * radius} {end}H{edge}"
    )
    names = ", ".join(arc.names)
    return Curve(
        path,
        names,
        bend + 4 * side,
        (start + end) // 2,
        arc.source,
        arc.target,
        arc.is_new,
        side < 0,
    )


def _label(cell: CellReview) -> str:
    text = cell.title or "(empty)"
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"


def _state(cell: CellReview) -> str:
    if cell.fails:
        return "fails"
    if cell.is_stale:
        return "stale"
    return cell.change if cell.change != "same" else "moved" if cell.moved_from else "same"
