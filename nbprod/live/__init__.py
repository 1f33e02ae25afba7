"""A notebook in memory, as an editor holds it: checked, explained and changed without a file. Pure.

The language server and other front ends are thin adapters over this room. Positions are code
points in the source of a cell, cells are indices from 0, as everywhere in nbprod.
"""

from __future__ import annotations

from nbprod.live.changes import Changes, edits
from nbprod.live.document import Document
from nbprod.live.names import NameInfo, name_at
from nbprod.live.result import Result, check, check_text
from nbprod.live.states import CellState

__all__ = [
    "CellState",
    "Changes",
    "Document",
    "NameInfo",
    "Result",
    "check",
    "check_text",
    "edits",
    "name_at",
]
