"""Take outputs, execution counts and passing metadata out of a notebook. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from nbprod.errors import ReadError
from nbprod.notebook.edits.clear_json import (
    cleared_counts,
    cleared_outputs,
    without_cells,
    without_members,
)
from nbprod.notebook.edits.replace import Replacement, replaced
from nbprod.notebook.edits.splice import encode_like
from nbprod.notebook.json_positions import JsonMap
from nbprod.notebook.read import decode_text
from nbprod.notebook.types import Cell, Notebook

__all__ = ["PASSING_METADATA", "CleanOptions", "Cleaned", "clean", "duplicates"]

PASSING_METADATA = (
    "cell.metadata.ExecuteTime",
    "cell.metadata.collapsed",
    "cell.metadata.execution",
    "cell.metadata.executionInfo",
    "cell.metadata.heading_collapsed",
    "cell.metadata.hidden",
    "cell.metadata.outputId",
    "cell.metadata.scrolled",
    "cell.metadata.trusted",
    "metadata.orig_nbformat",
    "metadata.orig_nbformat_minor",
    "metadata.signature",
    "metadata.widgets",
)
"""Metadata that say how a notebook was looked at or run last, and nothing of what it does."""

Path = tuple[str, ...]


class CleanOptions(NamedTuple):
    """What to remove, and what to keep.

    ``keep_tags`` are the tags of cells whose outputs stay. ``drop_metadata`` are keys as in
    `PASSING_METADATA`, which go in addition to those; ``keep_metadata`` are keys that stay.
    """

    keep_outputs: bool = False
    keep_counts: bool = False
    keep_tags: tuple[str, ...] = ()
    drop_metadata: tuple[str, ...] = ()
    keep_metadata: tuple[str, ...] = ()
    drop_empty: bool = False


class Cleaned(NamedTuple):
    """A notebook after cleaning, and how many things went.

    ``outputs`` and ``counts`` are numbers of cells, ``metadata`` one of entries.
    """

    data: bytes
    outputs: int = 0
    counts: int = 0
    metadata: int = 0
    cells: int = 0


def clean(
    notebook: Notebook, data: bytes, options: CleanOptions, dropped: Collection[int] = ()
) -> Cleaned:
    """Clean a notebook; bytes that nothing is taken from stay as they are.

    Args:
        notebook: as read from ``data``.
        data: the file.
        options: what to remove.
        dropped: the indices of cells that go in addition.

    Raises:
        ReadError: the cells are not where nbformat has them.
    """
    if not isinstance(notebook.raw, JsonMap):
        # Text formats hold sources only: there is nothing to remove.
        return Cleaned(data)
    raw = JsonMap(decode_text(data), notebook.raw.prefixes)
    if len(raw.cells) != len(notebook.cells):
        raise ReadError("unsupported-format", "cells are not where nbformat has them", 1, 1)
    gone = {*dropped, *(_empty_cells(notebook, options) if options.drop_empty else ())}
    outputs = counts = metadata = 0
    found = without_cells(raw, gone)
    metadata_of_cell, metadata_of_notebook = _paths(options)
    for cell in notebook.cells:
        if cell.index in gone:
            continue
        is_cleared = not _keeps_outputs(cell, notebook, options)
        cleared = cleared_outputs(raw, cell.index) if is_cleared else []
        numbers = [] if options.keep_counts else cleared_counts(raw, cell.index)
        passing = without_members(raw, cell.index, metadata_of_cell)
        outputs += bool(cleared)
        counts += bool(numbers)
        metadata += _present(raw, cell.index, metadata_of_cell)
        # What is inside of outputs that go is gone with them.
        found += [*cleared, *passing, *(one for one in numbers if not _is_inside(one, cleared))]
    found += without_members(raw, -1, metadata_of_notebook)
    metadata += _present(raw, -1, metadata_of_notebook)
    if not found:
        return Cleaned(data)
    text = replaced(raw.text, found)
    return Cleaned(encode_like(text, data), outputs, counts, metadata, len(gone))


def _is_inside(replacement: Replacement, outer: Collection[Replacement]) -> bool:
    return any(one.start <= replacement.start < one.end for one in outer)


def _keeps_outputs(cell: Cell, notebook: Notebook, options: CleanOptions) -> bool:
    """Whether the outputs of a cell stay: nbstripout's words for it count as well as tags."""
    if any(tag in options.keep_tags for tag in cell.tags):
        return True
    for key in ("init_cell", "keep_output"):
        if key in cell.metadata:
            return bool(cell.metadata[key])
    return options.keep_outputs or bool(notebook.metadata.get("keep_output"))


def _paths(options: CleanOptions) -> tuple[list[Path], list[Path]]:
    """The metadata that go, as paths in the JSON of a cell and in that of the notebook."""
    keys = [
        key
        for key in dict.fromkeys((*PASSING_METADATA, *options.drop_metadata))
        if key not in options.keep_metadata
    ]
    of_cell = [tuple(key.split(".")[1:]) for key in keys if key.startswith("cell.metadata.")]
    of_notebook = [tuple(key.split(".")) for key in keys if key.startswith("metadata.")]
    return of_cell, of_notebook


def _present(raw: JsonMap, cell: int, paths: Collection[Path]) -> int:
    return sum(raw.value_span(cell, path) is not None for path in paths)


def _empty_cells(notebook: Notebook, options: CleanOptions) -> Iterator[int]:
    """Cells without a source, an attachment, a tag, and an output that stays."""
    for cell in notebook.cells:
        shows = bool(cell.outputs) and _keeps_outputs(cell, notebook, options)
        if not (cell.source.strip() or cell.attachments or cell.tags or shows):
            yield cell.index


def duplicates(notebook: Notebook, changes_again: Collection[int] = ()) -> list[int]:
    """The cells that say what the cell directly above them says.

    Args:
        notebook: the cells.
        changes_again: the indices of cells of which a second run changes a value: the one below
            such a cell is no duplicate, for it has an effect of its own.
    """
    found = []
    above: Cell | None = None
    for cell in notebook.cells:
        if not cell.source.strip():
            continue
        same = above is not None and cell[1:3] == above[1:3] and cell.language == above.language
        if same and above is not None and above.index not in changes_again and not cell.tags:
            found.append(cell.index)
        else:
            above = cell
    return found
