"""A fix as changes of cells in memory: no file and no protocol knows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nbprod.model import AnyEdit, CellEdit, Edit, NewLine, PartEdit
from nbprod.notebook.edits.new_cells import NewCell, appended, new_cells
from nbprod.notebook.edits.replace import edits_by_cell, moved_order
from nbprod.notebook.types import Cell

__all__ = ["Changes", "edits"]


class Changes(NamedTuple):
    """Changes of a notebook; all indices are those before any of them.

    ``texts`` are the edits of each cell's source, in order of place and without overlaps.
    ``order`` has for each place the cell that comes there. ``added`` are the new cells, each with
    the cell that it goes before, ``cleared`` the cells whose execution counts are removed.
    """

    texts: Mapping[int, tuple[Edit, ...]]
    order: tuple[int, ...]
    added: tuple[NewCell, ...] = ()
    cleared: tuple[int, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether cells come in another order."""
        return self.order != tuple(range(len(self.order)))

    @property
    def is_text(self) -> bool:
        """Whether only sources of cells change."""
        return not (self.moves or self.added or self.cleared)


def edits(cells: Sequence[Cell], given: Sequence[AnyEdit]) -> Changes | None:
    """The edits of a fix as changes of cells; None if outputs or metadata would change.

    Raises:
        ValueError: edits overlap, or are outside of the notebook.
    """
    unique = list(dict.fromkeys(given))
    if any(isinstance(edit, PartEdit) for edit in unique):
        return None
    lines = [edit for edit in unique if isinstance(edit, NewLine)]
    plain = [edit for edit in unique if isinstance(edit, Edit)]
    whole = [edit for edit in unique if isinstance(edit, CellEdit)]
    texts = edits_by_cell(cells, [*plain, *appended(cells, lines)])
    return Changes(
        {cell: tuple(group) for cell, group in sorted(texts.items())},
        tuple(moved_order(len(cells), [edit for edit in whole if edit.kind == "move"])),
        tuple(new_cells(cells, lines)),
        tuple(edit.cell for edit in whole if edit.kind == "clear-count"),
    )
