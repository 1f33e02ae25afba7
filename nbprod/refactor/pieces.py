"""A notebook whose cells are cut between statements, so that each piece is a cell of its own.

Run top to bottom, the cut notebook does what the whole one does; only what a cell shows at its end
belongs to its last piece. What can be said of cells can so be said of any stretch of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.notebook.types import Cell

__all__ = ["CutNotebook", "Piece", "cut_notebook"]


_IMPORTS = ("import ", "from ", ")")


class Piece(NamedTuple):
    """A piece of a cell: the cell of the whole notebook and the offset at which the piece starts;
    ``line`` is the number of lines above it, ``ends`` whether the cell ends with it."""

    cell: int
    start: int
    line: int
    ends: bool


class CutNotebook(NamedTuple):
    """The cut notebook, and for each of its cells the piece that it is."""

    facts: Facts
    pieces: tuple[Piece, ...]

    @property
    def inner(self) -> frozenset[int]:
        """The pieces after which their cell continues."""
        return frozenset(place for place, piece in enumerate(self.pieces) if not piece.ends)

    def at(self, cell: int, offset: int) -> int:
        """The piece with an offset of a cell of the whole notebook."""
        found = -1
        for place, piece in enumerate(self.pieces):
            if piece.cell == cell and (piece.start <= offset or found < 0):
                found = place
        return found

    def whole(self, cells: Iterable[int]) -> tuple[int, ...]:
        """The cells of the whole notebook that some pieces are in."""
        return tuple(dict.fromkeys(self.pieces[cell].cell for cell in cells))

    def whole_sources(self, sources: Mapping[int, str]) -> dict[int, str]:
        """New sources of pieces as new sources of whole cells; a piece without any goes."""
        parts: dict[int, list[str]] = {}
        for place, piece in enumerate(self.pieces):
            text = sources.get(place, self.facts.cell(place).source)
            parts.setdefault(piece.cell, []).append(text)
        changed = {self.pieces[place].cell for place in sources}
        return {cell: _joined(parts[cell]) for cell in sorted(changed)}


def _joined(parts: Sequence[str]) -> str:
    """The text of a cell from those of its pieces, with a blank line after imports."""
    text = ""
    for part in (part.strip("\r\n") for part in parts):
        if not part.strip():
            continue
        above = text.rpartition("\n")[2]
        ends_imports = above.startswith(_IMPORTS) and not part.startswith(_IMPORTS)
        text += ("\n\n" if ends_imports else "\n" if text else "") + part
    return text


def cut_notebook(facts: Facts, cuts: Mapping[int, Iterable[int]]) -> CutNotebook:
    """A notebook cut at some offsets of its cells, each the start of a line."""
    cells: list[Cell] = []
    pieces: list[Piece] = []
    for cell in facts.notebook.cells:
        source = cell.source
        inner = {offset for offset in cuts.get(cell.index, ()) if 0 < offset < len(source)}
        bounds = [0, *sorted(inner), len(source)]
        for start, end in zip(bounds, bounds[1:], strict=False):
            ends = end == len(source)
            line = source.count("\n", 0, start)
            pieces.append(Piece(cell.index, start, line, ends))
            cells.append(
                cell._replace(
                    index=len(cells), source=source[start:end], position=cell.number,
                    lines_above=line, outputs=cell.outputs if ends else (),
                )
            )  # fmt: skip
    whole = facts.notebook._replace(cells=tuple(cells))
    return CutNotebook(Facts(whole, facts.options), tuple(pieces))
