"""Notebooks of these tests."""

from __future__ import annotations

import json
from typing import Any

from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook

__all__ = ["notebook_facts"]


def notebook_facts(*sources: str, path: str = "sales.ipynb") -> Facts:
    """A notebook; sources that begin with ``#`` and a blank are headings."""
    cells = []
    for number, source in enumerate(sources):
        cell: dict[str, Any] = {"id": f"c{number}", "metadata": {}, "source": source}
        if source.startswith("# "):
            cells.append({**cell, "cell_type": "markdown"})
        else:
            cells.append({**cell, "cell_type": "code", "outputs": [], "execution_count": None})
    raw = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return Facts(read_notebook(json.dumps(raw).encode(), path))
