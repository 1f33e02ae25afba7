"""Small collections of notebooks for tests, and the tables of a survey as Python values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet

from nbprod.survey.tables import TABLES

__all__ = ["Rows", "book", "fill", "rows_by_table", "sorted_rows", "table"]

Rows = list[dict[str, Any]]


def book(*cells: str, **metadata: Any) -> bytes:
    """The bytes of a notebook with these code cells, which have run in order."""
    document = {
        "cells": [
            {
                "cell_type": "code", "id": f"c{number}", "metadata": {}, "outputs": [],
                "execution_count": number, "source": source,
            }
            for number, source in enumerate(cells, 1)
        ],
        "metadata": {"language_info": {"name": "python", "version": "3.11.4"}, **metadata},
        "nbformat": 4,
        "nbformat_minor": 5,
    }  # fmt: skip
    return json.dumps(document).encode()


FAULTY = (
    "import pandas as pd\nlimit = 10",
    "print(total)",
    "total = limit + 1\ndef shown(values=[]):\n    global limit\n    limit = 2\n    return values",
    "path = 'C:\\\\Users\\\\me\\\\data.csv'\nframe = pd.read_csv(path)\nshown(frame)",
)


def fill(folder: Path, count: int, *, repositories: int = 3) -> None:
    """Write notebooks of several repositories; every third has faults, and each another text."""
    for number in range(count):
        home = folder / f"repo{number % repositories}"
        home.mkdir(parents=True, exist_ok=True)
        cells = FAULTY if number % 3 == 0 else ("value = 1", "print(value)")
        (home / f"n{number:03d}.ipynb").write_bytes(book(f"number = {number}", *cells))


def table(folder: Path, name: str) -> Rows:
    """The rows of a table of a survey, in the order of the paths."""
    rows: Rows = []
    for file in sorted((folder / name).glob("*.parquet")):
        rows += pyarrow.parquet.read_table(file).to_pylist()
    return sorted(rows, key=lambda row: str(row["path"]))


def rows_by_table(folder: Path) -> dict[str, Rows]:
    """All tables of a survey."""
    return {name: table(folder, name) for name in TABLES}


def sorted_rows(folder: Path) -> dict[str, list[str]]:
    """All tables in a form in which those of two surveys can be compared."""
    return {name: sorted(map(repr, rows)) for name, rows in rows_by_table(folder).items()}


def notebooks_in(folder: Path) -> Iterator[Path]:
    """The notebooks below a directory, in order."""
    yield from sorted(folder.rglob("*.ipynb"))
