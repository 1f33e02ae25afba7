"""From what the client reports of a notebook, and its saved file, to a `Document`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lsprotocol import types
from pygls.uris import to_fs_path, uri_scheme

from nbprod.live import Document
from nbprod.notebook.ipynb import tags_of
from nbprod.notebook.kernels import cell_language, mapping
from nbprod.notebook.types import Cell, CellKind
from nbprod.project.run import find_notebook
from nbprod.server.store import OpenCell, OpenNotebook

__all__ = ["SavedFile", "document_of", "file_of"]

# Keys that only the metadata of a notebook has, not what an editor wraps it in.
_OF_NOTEBOOKS = ("kernelspec", "language_info")


def file_of(uri: str) -> str | None:
    """The path of a document that is a file; None for one that was never saved."""
    return to_fs_path(uri) if uri_scheme(uri) == "file" else None


def document_of(notebook: OpenNotebook) -> Document:
    """The notebook as it is in the editor: without outputs, of which the protocol knows nothing."""
    metadata = _metadata_of(notebook.metadata, _OF_NOTEBOOKS)
    cells = tuple(_cell(notebook, cell, index) for index, cell in enumerate(notebook.cells))
    edited = frozenset(
        index for index, cell in enumerate(notebook.cells) if notebook.is_edited(cell)
    )
    path = file_of(notebook.uri) or "untitled.ipynb"
    return Document(path, cells, notebook.version, metadata, edited)


def _cell(notebook: OpenNotebook, cell: OpenCell, index: int) -> Cell:
    text = notebook.texts.get(cell.uri)
    spoken = text.language if text is not None else ""
    kind: CellKind = "code"
    if cell.kind == types.NotebookCellKind.Markup:
        kind = "markdown"
    elif spoken == "raw":
        kind = "raw"
    metadata = _metadata_of(cell.metadata, ("tags",))
    if kind == "code" and spoken != "python":
        # As VS Code saves it: the language that the editor shows, whatever the kernel takes it for.
        metadata = {**metadata, "vscode": {"languageId": spoken}}
    identity = _identity(cell.metadata)
    return Cell(
        index=index,
        kind=kind,
        source=text.text if text is not None else "",
        id=identity,
        language=cell_language({"language": spoken}, "python") if kind == "code" else kind,
        tags=tags_of(metadata),
        execution_count=cell.count if kind == "code" else None,
        metadata=metadata,
    )


def _wrapped(given: Any) -> Iterator[Mapping[str, Any]]:
    """What may be metadata: editors give it as it is, or inside of an object of their own."""
    outer = mapping(given)
    yield mapping(outer.get("metadata"))
    yield mapping(mapping(outer.get("custom")).get("metadata"))


def _metadata_of(given: Any, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """The metadata of nbformat in what an editor reports."""
    outer = mapping(given)
    if any(key in outer for key in keys):
        return outer
    return next((inner for inner in _wrapped(given) if inner), {})


def _identity(given: Any) -> str | None:
    outer = mapping(given)
    for holder in (outer, mapping(outer.get("custom"))):
        if isinstance(holder.get("id"), str):
            return str(holder["id"])
    return None


class SavedFile:
    """What only the saved file of a notebook has: outputs, by the id of the cell or its text."""

    def __init__(self, path: str | None) -> None:
        saved = find_notebook(path) if path is not None else None
        cells = [cell for cell in saved.cells if cell.outputs] if saved is not None else []
        self._metadata = saved.metadata if saved is not None else {}
        self._by_id = {cell.id: cell for cell in cells if cell.id is not None}
        self._by_text = {cell.source: cell for cell in cells}

    def completes(self, document: Document) -> Document:
        """The document with the outputs of the cells that are as in the file."""
        cells = tuple(map(self._with_outputs, document.cells))
        return document._replace(cells=cells, metadata=document.metadata or self._metadata)

    def _with_outputs(self, cell: Cell) -> Cell:
        saved = self._by_id.get(cell.id) if cell.id is not None else None
        saved = saved or self._by_text.get(cell.source)
        if saved is None or saved.source != cell.source or cell.kind != "code":
            return cell
        if saved.execution_count != cell.execution_count:
            return cell
        return cell._replace(outputs=saved.outputs)
