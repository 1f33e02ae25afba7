"""Edits to bytes: what is not edited keeps every byte."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nbprod.errors import NbprodError
from nbprod.model import CellEdit, Edit
from nbprod.notebook import scan
from nbprod.notebook.ipynb import JsonMap
from nbprod.notebook.read import decode
from nbprod.notebook.types import Notebook

__all__ = ["EditRefused", "apply_edits", "moved_order"]


class EditRefused(NbprodError):
    """An edit cannot be made in this format without risk to what stands around it."""


class _Replacement(NamedTuple):
    start: int
    end: int
    text: str


def apply_edits(notebook: Notebook, data: bytes, edits: Sequence[Edit | CellEdit]) -> bytes:
    """The bytes of a notebook after some edits.

    Args:
        notebook: as read from ``data``.
        data: the file.
        edits: text edits that do not overlap, and changes of cells; indices are those of
            ``notebook``, moves are made one after another.

    Raises:
        EditRefused: the format does not allow the edit.
        ValueError: edits overlap.
    """
    text = decode(data)
    texts = [edit for edit in edits if isinstance(edit, Edit)]
    moves = [edit for edit in edits if isinstance(edit, CellEdit) and edit.kind == "move"]
    clears = [edit for edit in edits if isinstance(edit, CellEdit) and edit.kind == "clear-count"]
    if isinstance(notebook.raw, JsonMap):
        raw = JsonMap(text)
        replacements = [*_source_edits(raw, texts), *_cleared(raw, clears)]
        if moves:
            if replacements:
                raise EditRefused("cells are moved in a step of their own")
            replacements = _moved(raw, moves)
    elif notebook.format in ("percent", "databricks") and not moves:
        replacements = _line_edits(notebook, text, texts)
    else:
        raise EditRefused(f"{notebook.format} notebooks are not rewritten")
    return _encode(_replaced(text, replacements), data)


def _encode(text: str, data: bytes) -> bytes:
    """Encode as the file was, its byte-order mark included."""
    if data.startswith(codecs.BOM_UTF8):
        return codecs.BOM_UTF8 + text.encode("utf-8")
    if data.startswith(codecs.BOM_UTF16_LE):
        return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    if data.startswith(codecs.BOM_UTF16_BE):
        return codecs.BOM_UTF16_BE + text.encode("utf-16-be")
    return text.encode("utf-8")


def _replaced(text: str, replacements: Iterable[_Replacement]) -> str:
    parts: list[str] = []
    position = 0
    for one in sorted(replacements):
        if one.start < position:
            raise ValueError("edits overlap")
        parts += [text[position : one.start], one.text]
        position = one.end
    return "".join([*parts, text[position:]])


def _line_edits(notebook: Notebook, text: str, edits: Sequence[Edit]) -> list[_Replacement]:
    """Edits of a text format, where a line of a cell is a line of the file."""
    lines = scan.LineStarts(text)
    found = []
    for edit in edits:
        places = []
        for offset in (edit.span.start, edit.span.end):
            line, column = notebook.raw.locate(edit.span.cell, offset)
            places.append(lines.offset(line) + column - 1)
        old = notebook.cells[edit.span.cell].source[edit.span.start : edit.span.end]
        if text[places[0] : places[1]] != old or "\n" in old + edit.text:
            raise EditRefused("the text to edit spans lines that the file writes differently")
        found.append(_Replacement(places[0], places[1], edit.text))
    return found


def _source_edits(raw: JsonMap, edits: Sequence[Edit]) -> list[_Replacement]:
    by_cell: dict[int, list[Edit]] = {}
    for edit in edits:
        by_cell.setdefault(edit.span.cell, []).append(edit)
    found: list[_Replacement] = []
    for cell, group in by_cell.items():
        found += _cell_edits(raw, cell, sorted(group, key=lambda edit: edit.span))
    return found


def _cell_edits(raw: JsonMap, cell: int, edits: Sequence[Edit]) -> list[_Replacement]:
    """Edits of one cell: inside their lines if they stay there, else the lines are written anew."""
    items = raw.items(cell)
    if not items:
        raise EditRefused("the source of the cell is not text")
    starts = [0]
    for _, _, length in items:
        starts.append(starts[-1] + length)
    found = []
    for edit in edits:
        first, last = _item_at(starts, edit.span.start), _item_at(starts, edit.span.end, True)
        if first != last or "\n" in edit.text or "\r" in edit.text:
            return [_rewritten(raw, cell, edits, starts)]
        start, end, _ = items[first]
        base = starts[first]
        found.append(
            _Replacement(
                scan.raw_offset(raw.text, start, end, edit.span.start - base),
                scan.raw_offset(raw.text, start, end, edit.span.end - base),
                _escaped(raw, edit.text),
            )
        )
    return found


def _item_at(starts: Sequence[int], offset: int, as_end: bool = False) -> int:
    """The index of the item that holds an offset; an end belongs to the item it closes."""
    last = len(starts) - 2
    for index in range(last + 1):
        limit = starts[index + 1]
        if offset < limit or (as_end and offset == limit and offset > starts[index]):
            return index
    return last


def _rewritten(
    raw: JsonMap, cell: int, edits: Sequence[Edit], starts: Sequence[int]
) -> _Replacement:
    """The items from the first to the last that is touched, split into lines again."""
    items = raw.items(cell)
    first = _item_at(starts, edits[0].span.start)
    last = max(_item_at(starts, edit.span.end, True) for edit in edits)
    last = max(first, last)
    old = "".join(json.loads(raw.text[start:end]) for start, end, _ in items[first : last + 1])
    base = starts[first]
    new = _replaced(
        old, [_Replacement(one.span.start - base, one.span.end - base, one.text) for one in edits]
    )
    begin, end = items[first][0], items[last][1]
    span = raw.source_span(cell)
    if span is not None and raw.text[span[0]] == '"':
        return _Replacement(begin, end, f'"{_escaped(raw, new)}"')
    lines = new.splitlines(keepends=True) or [""]
    between = ", "
    if len(items) > 1:
        between = raw.text[items[0][1] : items[1][0]]
    return _Replacement(begin, end, between.join(f'"{_escaped(raw, line)}"' for line in lines))


def _escaped(raw: JsonMap, text: str) -> str:
    """Text as the inside of a JSON string, in ASCII if the file is."""
    ascii_only = raw.text.isascii() and "\\u" in raw.text
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1]


def _cleared(raw: JsonMap, edits: Sequence[CellEdit]) -> list[_Replacement]:
    found: list[_Replacement] = []
    for edit in edits:
        members = raw.members(raw.cells[edit.cell][0])
        spans = [members.get("execution_count") or members.get("prompt_number")]
        outputs = members.get("outputs")
        if outputs is not None and raw.text[outputs[0]] == "[":
            for start, _ in scan.iter_array(raw.text, outputs[0]):
                output = raw.members(start)
                spans.append(output.get("execution_count") or output.get("prompt_number"))
        found += [_Replacement(*span, "null") for span in spans if span is not None]
    return [one for one in found if raw.text[one.start : one.end] != "null"]


def moved_order(count: int, moves: Iterable[CellEdit]) -> list[int]:
    """The order of ``count`` cells after some moves, as their old indices."""
    order = list(range(count))
    for move in moves:
        order.remove(move.cell)
        before = count if move.before is None else move.before
        order.insert(len(order) if before >= count else order.index(before), move.cell)
    return order


def _moved(raw: JsonMap, moves: Sequence[CellEdit]) -> list[_Replacement]:
    """Each place gets the text of the cell that goes there; what is between stays."""
    spans = raw.cells
    order = moved_order(len(spans), moves)
    return [
        _Replacement(*spans[place], raw.text[slice(*spans[cell])])
        for place, cell in enumerate(order)
        if place != cell
    ]
