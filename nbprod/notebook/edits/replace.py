"""Replacements of stretches of a text: the one way in which anything is edited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nbprod.errors import NbprodError
from nbprod.model import CellEdit, Edit
from nbprod.notebook.types import Cell

__all__ = ["EditRefused", "Replacement", "edits_by_cell", "moved_order", "replaced"]


class EditRefused(NbprodError):
    """An edit cannot be made in this format without risk to what stands around it."""


class Replacement(NamedTuple):
    """``text`` comes in place of what is from ``start`` to ``end``."""

    start: int
    end: int
    text: str


def replaced(text: str, replacements: Iterable[Replacement]) -> str:
    """A text after replacements; those at one place come in the order given.

    Raises:
        ValueError: two of them overlap.
    """
    parts: list[str] = []
    position = 0
    for replacement in sorted(replacements, key=lambda replacement: replacement[:2]):
        if replacement.start < position:
            raise ValueError("edits overlap")
        parts += (text[position : replacement.start], replacement.text)
        position = replacement.end
    return "".join([*parts, text[position:]])


def edits_by_cell(cells: Sequence[Cell], edits: Iterable[Edit]) -> dict[int, list[Edit]]:
    """The edits of each cell, in order of place.

    Raises:
        ValueError: an edit is outside of its cell's source, or overlaps another.
    """
    found: dict[int, list[Edit]] = {}
    for edit in edits:
        cell, start, end = edit.span
        if not (0 <= cell < len(cells) and 0 <= start <= end <= len(cells[cell].source)):
            raise ValueError(f"there is no {edit.span}")
        found.setdefault(cell, []).append(edit)
    for group in found.values():
        group.sort(key=lambda edit: edit.span)
        for one, other in zip(group, group[1:], strict=False):
            if other.span.start < one.span.end:
                raise ValueError("edits overlap")
    return found


def moved_order(count: int, moves: Iterable[CellEdit]) -> list[int]:
    """The order of ``count`` cells after some moves, one after another, as their old indices.

    Raises:
        ValueError: there is no such cell.
    """
    order = list(range(count))
    for move in moves:
        before = count if move.before is None else move.before
        if not (0 <= move.cell < count and before >= 0):
            raise ValueError(f"there is no cell to move as {move} says")
        if before == move.cell:
            continue
        order.remove(move.cell)
        order.insert(len(order) if before >= count else order.index(before), move.cell)
    return order
