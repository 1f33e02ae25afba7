"""Edits to bytes: what is not edited keeps every byte."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from nbprod.model import AnyEdit, CellEdit, Edit, NewLine, PartEdit
from nbprod.notebook.edits.new_cells import appended, new_cells
from nbprod.notebook.edits.replace import EditRefused, edits_by_cell, moved_order
from nbprod.notebook.json_positions import JsonMap
from nbprod.notebook.read import decode_text
from nbprod.notebook.types import Notebook

__all__ = ["EditRefused", "apply_edits", "moved_order"]


def apply_edits(notebook: Notebook, data: bytes, edits: Sequence[AnyEdit]) -> bytes:
    """The bytes of a notebook after some edits.

    Args:
        notebook: as read from ``data``.
        data: the file.
        edits: text edits that do not overlap, changes of cells, and new lines. All indices are
            those of ``notebook``; moves are made one after another, each cell with its edits.
            Insertions at one place come in the order given.

    Raises:
        EditRefused: the format does not allow the edit.
        ValueError: edits overlap, or are outside of the notebook.
    """
    lines = [edit for edit in edits if isinstance(edit, NewLine)]
    plain = [edit for edit in edits if isinstance(edit, Edit)]
    texts = edits_by_cell(notebook.cells, [*plain, *appended(notebook.cells, lines)])
    added = new_cells(notebook.cells, lines)
    changes = [edit for edit in edits if isinstance(edit, CellEdit)]
    parts = [edit for edit in edits if isinstance(edit, PartEdit)]
    clears = [edit.cell for edit in changes if edit.kind == "clear-count"]
    order = moved_order(len(notebook.cells), [edit for edit in changes if edit.kind == "move"])
    if any(not 0 <= cell < len(notebook.cells) for cell in clears):
        raise ValueError("there is no cell to clear the count of")
    if added and order != sorted(order):
        raise EditRefused("cells are not moved and made at once")
    if not edits:
        return data
    text = decode_text(data)
    if isinstance(notebook.raw, JsonMap):
        from nbprod.notebook.edits.splice_json import edited_json

        raw = JsonMap(text, notebook.raw.prefixes)
        changed = edited_json(raw, texts, clears, order, parts)
        if added:
            from nbprod.notebook.edits.insert_json import inserted

            changed = inserted(JsonMap(changed, raw.prefixes), notebook, added)
        return encode_like(changed, data)
    if parts:
        raise EditRefused("outputs and metadata can only be edited in an .ipynb file")
    if notebook.format == "zeppelin":
        from nbprod.notebook.formats.zeppelin import ParagraphMap

        assert isinstance(notebook.raw, ParagraphMap)
        if order != sorted(order):
            raise EditRefused("paragraphs are not moved, since others may refer to them")
        if added:
            raise EditRefused("paragraphs have no tags")
        return encode_like(notebook.raw.edited(texts), data)
    from nbprod.notebook.edits.splice_lines import edited_lines

    # Cells of text formats have no counts to clear.
    return encode_like(edited_lines(notebook, text, texts, order, added), data)


def encode_like(text: str, data: bytes) -> bytes:
    """Encode as the file was, its byte-order mark included."""
    if data.startswith(codecs.BOM_UTF8):
        return codecs.BOM_UTF8 + text.encode("utf-8")
    if data.startswith(codecs.BOM_UTF16_LE):
        return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    if data.startswith(codecs.BOM_UTF16_BE):
        return codecs.BOM_UTF16_BE + text.encode("utf-16-be")
    return text.encode("utf-8")
