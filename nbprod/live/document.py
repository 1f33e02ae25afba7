"""The document that an editor holds: cells, metadata and a version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from nbprod.notebook.ipynb import assemble
from nbprod.notebook.kernels import notebook_language
from nbprod.notebook.types import Cell, NoRawMap, Notebook
from nbprod.patterns import lazy_pattern

__all__ = ["Document"]

_IDENTITY = lazy_pattern(r"[A-Za-z0-9_-]{1,64}\Z")
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

    def saved(self) -> bytes:
        """Return the `.ipynb` file that these cells would be saved as."""
        cells = []
        for number, cell in enumerate(self.cells):
            identity = cell.id if cell.id and _IDENTITY.match(cell.id) else f"cell-{number}"
            metadata = {**cell.metadata, **({"tags": list(cell.tags)} if cell.tags else {})}
            found: dict[str, Any] = {"cell_type": cell.kind, "id": identity, "metadata": metadata}
            if cell.kind == "code":
                count, outputs = cell.execution_count, list(cell.outputs)
                found |= {"execution_count": count, "outputs": outputs}
            cells.append({**found, "source": cell.source})
        metadata = dict(self.metadata) or {"language_info": {"name": self._language}}
        document = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        return json.dumps(document, indent=1).encode()

    @property
    def _language(self) -> str:
        """The language of the kernel; without metadata, that of the code cells."""
        if not self.metadata:
            spoken = [cell.language for cell in self.cells if cell.kind == "code"]
            if spoken and "python" not in spoken:
                return spoken[0]
        return notebook_language(self.metadata, ())
