"""The data flow as a picture: the cells in their order, the arcs between them at their sides.

The order of the cells is what a notebook is about, so the drawing keeps it (an arc diagram,
Wattenberg 2002): values that flow down are on the right, reads before the definition on the left.
A cell is as high as it has lines, and cells below one heading are in one frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nbprod.review.types import Arc, CellReview

__all__ = ["Box", "Curve", "Group", "Picture", "drawn"]

_WIDTH = 340
_LOW = 26
_LINE = 3
_MOST_HIGH = 122
_GAP = 8
_TITLE = 26
_FRAME = 8
_STEP = 14
_MOST_LANES = 18
_LETTERS = 36
_LETTER = 6
_MOST_LETTERS = 24
_NAME = 11
"""The height of a line of names."""


class Box(NamedTuple):
    """A cell: where it is drawn, how high, its label, its lines of code and its state."""

    cell: int
    y: int
    height: int
    label: str
    lines: int
    state: str


class Group(NamedTuple):
    """The frame of the cells below one heading."""

    y: int
    height: int
    title: str


class Curve(NamedTuple):
    """An arc: its path, its names, what is written of them and where.

    ``label`` is empty where the names of other arcs fill the place beside it.
    """

    path: str
    names: str
    label: str
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
    boxes: tuple[Box, ...]
    groups: tuple[Group, ...]
    curves: tuple[Curve, ...]


class _Bend(NamedTuple):
    """An arc beside the boxes: where it leaves, turns and arrives; ``side`` is 1 or -1."""

    arc: Arc
    edge: int
    x: int
    start: int
    end: int
    side: int


def drawn(cells: Sequence[CellReview], arcs: Sequence[Arc]) -> Picture:
    """Place the cells and the arcs between them."""
    boxes, groups, height = _stacked(cells)
    rows = {box.cell: row for row, box in enumerate(boxes)}
    known = [arc for arc in arcs if arc.source in rows and arc.target in rows]
    down = [arc for arc in known if rows[arc.source] < rows[arc.target]]
    back = [arc for arc in known if rows[arc.source] > rows[arc.target]]
    right, left = _lanes(down, rows), _lanes(back, rows)
    room = max((_width(_shortened(arc)) for arc in back), default=0)
    margin = 16 + _FRAME + _STEP * (max(left.values(), default=-1) + 1) + room
    edge = margin + _WIDTH
    middles = {box.cell: box.y + box.height // 2 for box in boxes}
    bends = [_bend(arc, middles, right[arc], edge, 1) for arc in down]
    bends += [_bend(arc, middles, left[arc], margin, -1) for arc in back]
    places = _places(bends)
    curves = tuple(_curve(bend, places.get(bend.arc)) for bend in bends)
    ends = [curve.x + _width(curve.label) for curve in curves if not curve.goes_back]
    total = max([edge + _FRAME, *ends]) + 12
    return Picture(total, height, margin, _WIDTH, tuple(boxes), tuple(groups), curves)


def _stacked(cells: Sequence[CellReview]) -> tuple[list[Box], list[Group], int]:
    """The boxes from top to bottom, the frames of headings, and the height of all."""
    boxes: list[Box] = []
    starts: list[tuple[int, int, str]] = []
    y = 0
    above = None
    for cell in cells:
        if cell.heading is not None and cell.heading != above:
            y += _FRAME if boxes else 0
            starts.append((len(boxes), y, _shorter(cell.heading.text, _LETTERS + 8)))
            y += _TITLE
        above = cell.heading or above
        lines = sum(line.mark != "-" for line in cell.lines)
        height = min(_LOW + _LINE * max(lines - 1, 0), _MOST_HIGH)
        boxes.append(Box(cell.number, y, height, _label(cell), lines, _state(cell)))
        y += height + _GAP
    groups = []
    for at, (_, top, title) in enumerate(starts):
        last = boxes[(starts[at + 1][0] if at + 1 < len(starts) else len(boxes)) - 1]
        groups.append(Group(top, last.y + last.height + _FRAME - 2 - top, title))
    return boxes, groups, max(y, _LOW)


def _lanes(arcs: Sequence[Arc], rows: Mapping[int, int]) -> dict[Arc, int]:
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


def _bend(arc: Arc, middles: Mapping[int, int], lane: int, edge: int, side: int) -> _Bend:
    x = edge + side * (12 + _FRAME + _STEP * lane)
    return _Bend(arc, edge, x, middles[arc.source] + 4, middles[arc.target] - 4, side)


def _places(bends: Sequence[_Bend]) -> dict[Arc, int]:
    """The heights at which the names of arcs are written, none over another.

    New arcs and those that go back come first, then short ones, which have less place.
    """
    taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
    found: dict[Arc, int] = {}
    for bend in sorted(bends, key=lambda one: (not one.arc.is_new and one.side > 0, _length(one))):
        x = bend.x + 4 * bend.side
        width = _width(_shortened(bend.arc))
        span = (x, x + width) if bend.side > 0 else (x - width, x)
        for row in _rows(bend):
            others = taken.setdefault((bend.side, row), [])
            if all(span[1] < first or last < span[0] for first, last in others):
                others.append(span)
                found[bend.arc] = row * _NAME
                break
    return found


def _length(bend: _Bend) -> int:
    return abs(bend.end - bend.start)


def _rows(bend: _Bend) -> Iterator[int]:
    """The lines of text beside an arc, from its middle outwards."""
    first, last = sorted((bend.start, bend.end))
    middle = (first + last) / 2 + 3
    rows = range((first + 8) // _NAME + 1, (last - 1) // _NAME + 1)
    return iter(sorted(rows, key=lambda row: abs(row * _NAME - middle)))


def _curve(bend: _Bend, y: int | None) -> Curve:
    arc, edge, x, start, end, side = bend
    radius = min(8, abs(end - start) // 2)
    down = 1 if end > start else -1
    path = (
        f"M{edge} {start}H{x - side * radius}Q{x} {start} {x} {start + down * radius}"
        f"V{end - down * radius}Q{x} {end} {x - side * radius} {end}H{edge}"
    )
    return Curve(
        path=path,
        names=", ".join(arc.names),
        label=_shortened(arc) if y is not None else "",
        x=x + 4 * side,
        y=y or 0,
        source=arc.source,
        target=arc.target,
        is_new=arc.is_new,
        goes_back=side < 0,
    )


def _shortened(arc: Arc) -> str:
    return _shorter(", ".join(arc.names), _MOST_LETTERS)


def _shorter(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _width(text: str) -> int:
    return _LETTER * len(text) + 4


def _label(cell: CellReview) -> str:
    return _shorter(cell.title or "(empty)", _LETTERS)


def _state(cell: CellReview) -> str:
    if cell.fails:
        return "fails"
    if cell.is_stale:
        return "stale"
    return cell.change if cell.change != "same" else "moved" if cell.moved_from else "same"
