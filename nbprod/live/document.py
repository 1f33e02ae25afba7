"""The document that an editor holds: cells, metadata and a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nbprod.notebook.ipynb import assemble
from nbprod.notebook.kernels import notebook_language
from nbprod.notebook.types import Cell, NoRawMap, Notebook

__all__ = ["Document"]

_NO_METADATA: Mapping[str, Any] = {}


class Document(NamedTuple):
    """A notebook in memory.

    ``path`` is where it is saved, or would be. ``metadata`` is that of the notebook in nbformat 4.
    ``edited`` are the cells whose text is not the one that ran last.
    """

    path: str
    cells: tuple[Cell, ...]
    version: int = 0
    metadata: Mapping[str, Any] = _NO_METADATA
    edited: frozenset[int] = frozenset()

    def notebook(self) -> Notebook:
        """Return the notebook of these cells, as reading a file with them would."""
        cells = tuple(
            cell if cell.index == index else cell._replace(index=index)
            for index, cell in enumerate(self.cells)
        )
        return assemble(self.path, cells, self.metadata, self._language, NoRawMap())

    @property
    def _language(self) -> str:
        """The language of the kernel; without metadata, that of the code cells."""
        if not self.metadata:
            spoken = [cell.language for cell in self.cells if cell.kind == "code"]
            if spoken and "python" not in spoken:
                return spoken[0]
        return notebook_language(self.metadata, ())
