"""Sources and kinds of cells as nbformat reads them."""

from __future__ import annotations

import warnings
from pathlib import Path

import nbformat
import pytest

from nbprod.notebook.read import read_notebook

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for path in [*ROOT.glob("fixtures/**/*.ipynb"), *ROOT.glob("docs/**/*.ipynb")]
    if path.parent.name != "broken"
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_cells_are_those_of_nbformat(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = nbformat.reads(path.read_text("utf-8-sig"), as_version=4).cells  # type: ignore[no-untyped-call]
    got = read_notebook(path.read_bytes(), str(path)).cells
    assert [(cell.kind, cell.source) for cell in got] == [
        (cell.cell_type, cell.source) for cell in wanted
    ]


def test_there_are_notebooks_to_compare() -> None:
    assert len(FILES) >= 2
