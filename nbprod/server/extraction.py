"""Cells of an open document to a module: the code action, and the edit that its command sends."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from nbprod.errors import UsageError
from nbprod.model import Span
from nbprod.notebook.positions import LineIndex
from nbprod.project.write_all import existing
from nbprod.server.checks import settings_for
from nbprod.server.views import NotebookView, TextEdits, View

if TYPE_CHECKING:
    from nbprod.extract.delivery import ExtractionDelivery

__all__ = ["EXTRACT_CELLS", "extract_action", "extraction_edit", "module_beside"]

EXTRACT_CELLS = "nbprod.extractCells"


def extract_action(view: View, uri: str, place: types.Range) -> types.CodeAction | None:
    """The action for the cells that a range touches; its command works the edit out.

    None where the document is no file, or there is no Python cell.
    """
    from nbprod.extract.plan.select import all_cells

    if not os.path.isabs(view.result.notebook.path):
        return None
    python = all_cells(view.result.notebook)
    cells = [cell for cell in _touched(view, uri, place) if cell in python]
    if not cells:
        return None
    numbers = f"cell {cells[0] + 1}"
    if len(cells) > 1:
        numbers = f"cells {cells[0] + 1} to {cells[-1] + 1}"
    title = f"Extract {numbers} to {module_beside(view)}"
    given = {"uri": uri, "cells": [cell + 1 for cell in cells]}
    command = types.Command(title, EXTRACT_CELLS, arguments=[given])
    return types.CodeAction(title, types.CodeActionKind.RefactorExtract, command=command)


def _touched(view: View, uri: str, place: types.Range) -> Iterator[int]:
    """The cells that have a line between both ends of a range."""
    for cell in view.result.notebook.cells:
        end = len(cell.source)
        first, last = (view.locate(Span(cell.index, at, at)) for at in (0, end))
        above = last.range.start.line < place.start.line
        below = first.range.start.line > place.end.line
        if first.uri == uri and not above and not below:
            yield cell.index


def module_beside(view: View) -> str:
    """The file name of the module for the cells of a notebook."""
    stem = Path(view.result.notebook.path).stem
    name = "".join(char if char.isalnum() else "_" for char in stem).lower()
    return f"{name if name.isidentifier() else 'notebook'}_steps.py"


def extraction_edit(view: View, cells: Sequence[int], module: str) -> types.WorkspaceEdit:
    """The new files and the changed cells, as one edit.

    Args:
        view: the document, as it is in the editor.
        cells: the indices of the cells.
        module: the file of the module, from the directory of the notebook.

    Raises:
        NbprodError: the cells cannot be extracted, or another file is in the way.
    """
    # Half a second of imports that most sessions never need.
    from nbprod.extract.selected import SelectedCells, extract_selected

    path = view.result.notebook.path
    selected = SelectedCells(path, view.data(), cells, module)
    made = extract_selected(selected, settings_for(path)[0])
    files = {name: data for name, data in made.files.items() if name != made.notebook}
    there = [name for name in existing(files) if name != made.target.path]
    if there:
        names = ", ".join(os.path.basename(name) for name in there)
        raise UsageError(f"{names} already exists; choose another module")
    changes: list[Any] = [*_files(files, made), *_cells(view, made)]
    return types.WorkspaceEdit(document_changes=changes)


def _files(
    files: dict[str, bytes], made: ExtractionDelivery
) -> Iterator[types.CreateFile | types.TextDocumentEdit]:
    for path, data in files.items():
        uri = Path(path).as_uri()
        end = types.Position(0, 0)
        if path in made.read:
            # It is extended: the whole of it is replaced.
            end = types.Position(len(LineIndex(made.read[path].decode()).starts), 0)
        elif os.path.exists(path):
            continue
        else:
            yield types.CreateFile(uri)
        text = types.TextEdit(types.Range(types.Position(0, 0), end), data.decode())
        yield types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri), [text])


def _cells(view: View, made: ExtractionDelivery) -> Iterator[types.TextDocumentEdit]:
    """The calls in place of the cells. Editors keep a cell that goes as an empty one."""
    versions = dict(view.versions)
    if isinstance(view, NotebookView):
        sources = made.extracted.sources
        edits: TextEdits = {
            view.versions[cell][0]: view.whole_edit(cell, source)
            for cell, source in sources.items()
        }
    else:
        edits = view.replaced(made.files[made.notebook])
    for uri, changes in edits.items():
        identity = types.OptionalVersionedTextDocumentIdentifier(uri, versions[uri])
        yield types.TextDocumentEdit(identity, list(changes))
