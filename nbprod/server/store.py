"""What the client has open: notebooks with their cells, and plain texts, as it reports them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from nbprod.server.positions import Positions

__all__ = ["OpenCell", "OpenNotebook", "OpenText", "Store"]


class OpenText:
    """A text with its version; the text of a cell, or a file that is edited as text."""

    def __init__(self, item: types.TextDocumentItem) -> None:
        self.uri = item.uri
        self.language = item.language_id
        self.version = item.version
        self.text = item.text
        self.touched = 0.0

    def change(
        self, version: int, changes: Sequence[types.TextDocumentContentChangeEvent], encoding: str
    ) -> None:
        """Apply changes, one after another."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                positions = Positions(self.text, encoding)
                start = positions.offset(change.range.start)
                end = max(start, positions.offset(change.range.end))
                self.text = self.text[:start] + change.text + self.text[end:]
            else:
                self.text = change.text
        self.version = version
        self.touched = time.monotonic()


class OpenCell:
    """A cell of an open notebook; its text is kept apart, since cells come and go without it."""

    def __init__(self, cell: types.NotebookCell) -> None:
        self.uri = cell.document
        self.ran_text: str | None = None
        self.count: int | None = None
        self.update(cell)

    def update(self, cell: types.NotebookCell) -> None:
        """Take what the client reports of it."""
        self.kind = cell.kind
        self.metadata: Any = cell.metadata
        summary = cell.execution_summary
        self.count = summary.execution_order if summary is not None else None


class OpenNotebook:
    """An open notebook: the order of its cells, and their texts by URI."""

    def __init__(self, document: types.NotebookDocument) -> None:
        self.uri = document.uri
        self.version = document.version
        self.metadata: Any = document.metadata
        self.texts: dict[str, OpenText] = {}
        self.saves = 0
        self.cells = [OpenCell(cell) for cell in document.cells]

    def note_runs(self) -> None:
        """Take the texts that cells have now as those that ran."""
        for cell in self.cells:
            text = self.texts.get(cell.uri)
            cell.ran_text = text.text if text is not None and cell.count else None

    def is_edited(self, cell: OpenCell) -> bool:
        """Whether the text of a cell is not the one that ran."""
        text = self.texts.get(cell.uri)
        return text is not None and cell.ran_text is not None and text.text != cell.ran_text

    @property
    def versions(self) -> tuple[tuple[str, int | None], ...]:
        """The cells in order with the versions of their texts, None where a cell has none."""
        return tuple(
            (cell.uri, text.version if (text := self.texts.get(cell.uri)) else None)
            for cell in self.cells
        )

    def change(self, change: types.NotebookDocumentChangeEvent, encoding: str) -> list[str]:
        """Apply a change; returns the URIs of texts that were closed."""
        if change.metadata is not None:
            self.metadata = change.metadata
        cells = change.cells
        if cells is None:
            return []
        closed = self._restructure(cells.structure) if cells.structure is not None else []
        for content in cells.text_content or ():
            text = self.texts.get(content.document.uri)
            if text is not None:
                text.change(content.document.version, content.changes, encoding)
        self._update(cells.data or ())
        return closed

    def _restructure(self, structure: types.NotebookDocumentCellChangeStructure) -> list[str]:
        """Cells come, go or move; a move neither opens nor closes a text."""
        array = structure.array
        known = {cell.uri: cell for cell in self.cells}
        for text in structure.did_close or ():
            self.texts.pop(text.uri, None)
        # A cell that changes its language is closed and opened at once.
        for item in structure.did_open or ():
            self.texts[item.uri] = OpenText(item)
        new: list[OpenCell] = []
        for cell in array.cells or ():
            made = OpenCell(cell)
            before = known.get(cell.document)
            if before is not None and before.count == made.count:
                made.ran_text = before.ran_text
            elif made.count and cell.document in self.texts:
                made.ran_text = self.texts[cell.document].text
            new.append(made)
        start = min(max(array.start, 0), len(self.cells))
        self.cells[start : start + array.delete_count] = new
        closed = [text.uri for text in structure.did_close or ()]
        return [uri for uri in closed if uri not in self.texts]

    def _update(self, data: Sequence[types.NotebookCell]) -> None:
        known = {cell.uri: cell for cell in self.cells}
        for report in data:
            cell = known.get(report.document)
            if cell is None:
                continue
            before = cell.count
            cell.update(report)
            if cell.count != before:
                text = self.texts.get(cell.uri)
                cell.ran_text = text.text if text is not None and cell.count else None


class Store:
    """All that is open, by URI."""

    def __init__(self) -> None:
        self.encoding: str = types.PositionEncodingKind.Utf16.value
        self.notebooks: dict[str, OpenNotebook] = {}
        self.texts: dict[str, OpenText] = {}

    def open_notebook(self, params: types.DidOpenNotebookDocumentParams) -> OpenNotebook:
        """Take a notebook that was opened."""
        notebook = OpenNotebook(params.notebook_document)
        for item in params.cell_text_documents:
            notebook.texts[item.uri] = OpenText(item)
        notebook.note_runs()
        self.notebooks[notebook.uri] = notebook
        return notebook

    def owner(self, uri: str) -> str | None:
        """The URI of the notebook that a cell is of, or of the text itself; None if not open."""
        if uri in self.texts:
            return uri
        for notebook in self.notebooks.values():
            if uri in notebook.texts:
                return notebook.uri
        return None
