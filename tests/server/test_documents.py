"""What editors report of cells, in their several forms, as cells of a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from nbprod.notebook.types import Cell
from nbprod.server.documents import SavedFile, document_of
from nbprod.server.positions import Positions
from nbprod.server.store import OpenNotebook, Store
from tests.live.notebooks import file_of_cells


def opened(metadata: Any, *cells: tuple[str, str, Any, int | None]) -> OpenNotebook:
    reported, texts = [], []
    for number, (language, text, of_cell, count) in enumerate(cells):
        kind = (
            types.NotebookCellKind.Markup if language == "markdown" else types.NotebookCellKind.Code
        )
        summary = types.ExecutionSummary(count) if count is not None else None
        reported.append(types.NotebookCell(kind, f"cell:{number}", of_cell, summary))
        texts.append(types.TextDocumentItem(f"cell:{number}", language, 1, text))
    document = types.NotebookDocument("file:///a.ipynb", "jupyter-notebook", 7, reported, metadata)
    return Store().open_notebook(types.DidOpenNotebookDocumentParams(document, texts))


@pytest.mark.parametrize(
    "metadata",
    [
        {"id": "c1", "metadata": {"tags": ["parameters"]}},
        {"custom": {"id": "c1", "metadata": {"tags": ["parameters"]}}},
        {"id": "c1", "tags": ["parameters", 3]},
    ],
)
def test_ids_and_tags_are_found_where_editors_put_them(metadata: Any) -> None:
    (cell,) = document_of(opened({}, ("python", "x = 1", metadata, 3))).cells
    assert (cell.id, cell.tags, cell.execution_count) == ("c1", ("parameters",), 3)


@pytest.mark.parametrize("metadata", [None, {}, {"id": 3, "metadata": "x", "tags": "y"}])
def test_metadata_that_says_nothing_does_no_harm(metadata: Any) -> None:
    (cell,) = document_of(opened(metadata, ("python", "x = 1", metadata, None))).cells
    assert (cell.id, cell.tags, cell.execution_count) == (None, (), None)


@pytest.mark.parametrize("wrap", [lambda inner: inner, lambda inner: {"metadata": inner}])
def test_the_language_of_the_notebook_is_that_of_its_kernel(wrap: Any) -> None:
    given = wrap({"kernelspec": {"name": "ir", "language": "R"}})
    assert document_of(opened(given, ("r", "x <- 1", {}, 1))).notebook().language == "r"


def test_kinds_and_languages() -> None:
    notebook = opened(
        {}, ("python", "x", {}, 1), ("raw", "y", {}, None), ("markdown", "# z", {}, 9)
    )
    found = document_of(notebook).cells
    assert [cell.kind for cell in found] == ["code", "raw", "markdown"]
    assert [cell.execution_count for cell in found] == [1, None, None]


def test_outputs_belong_to_the_cell_with_the_id_or_the_text_of_the_file(tmp_path: Path) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "1"}
    saved = [
        Cell(0, "code", "print(1)", id="a", execution_count=1, outputs=[output]),
        Cell(1, "code", "print(2)", id="b", execution_count=2, outputs=[output]),
        Cell(2, "code", "print(3)", id="c", execution_count=3, outputs=[output]),
    ]
    path = tmp_path / "a.ipynb"
    path.write_bytes(file_of_cells(saved))
    document = document_of(
        opened(
            {},
            ("python", "print(3)", {}, 3),
            ("python", "print(1)", {"id": "a"}, 1),
            ("python", "print(22)", {"id": "b"}, 2),
            ("python", "print(1)", {"id": "a"}, 4),
        )
    )
    found = SavedFile(str(path)).completes(document)
    assert [len(cell.outputs) for cell in found.cells] == [1, 1, 0, 0]
    assert found.metadata == {"language_info": {"name": "python"}}


def test_no_file_has_no_outputs() -> None:
    document = document_of(opened({}, ("python", "x", {}, 1)))
    assert SavedFile(None).completes(document) == document


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 6), ("utf-16", 3), ("utf-32", 2)])
def test_positions_count_in_the_units_of_the_client(encoding: str, units: int) -> None:
    positions = Positions("a\r\n\xe9\U0001f600b\rc\n", encoding)
    # Code points: a 0, CR 1, LF 2, e-acute 3, emoji 4, b 5, CR 6, c 7.
    assert positions.position(5) == types.Position(1, units)
    assert positions.offset(types.Position(1, units)) == 5
    assert positions.position(7) == types.Position(2, 0)
    assert positions.offset(types.Position(0, 99)) == 1
    assert positions.offset(types.Position(99, 0)) == 9


def test_half_an_emoji_is_no_place_in_it() -> None:
    positions = Positions("\U0001f600b", "utf-16")
    assert positions.offset(types.Position(0, 1)) in (0, 1)
