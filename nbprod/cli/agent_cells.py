"""The cells of a checked notebook, read once more for the patches of the format `agent`."""

from __future__ import annotations

from nbprod.errors import ReadError
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Cell, Notebook
from nbprod.project.credentials import mask_notebook
from nbprod.project.run import find_notebook

__all__ = ["masked_cells"]


def masked_cells(path: str, data: bytes | None) -> tuple[Cell, ...] | None:
    """The cells of a notebook without the values of credentials.

    Args:
        path: the notebook; None is returned where it is not one any more.
        data: its content where it is not to be read from disk.
    """
    notebook = find_notebook(path) if data is None else _read(data, path)
    return mask_notebook(Facts(notebook)).cells if notebook is not None else None


def _read(data: bytes, path: str) -> Notebook | None:
    try:
        return read_notebook(data, path)
    except ReadError:
        return None
