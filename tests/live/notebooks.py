"""Random notebooks that change step by step, and what `nbprod check` finds in them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from nbprod.config.settings import Settings
from nbprod.model import Finding
from nbprod.notebook.types import Cell
from nbprod.project.run import check_bytes

__all__ = ["SETTINGS", "file_of_cells", "findings_of_file", "plain", "random_step", "start_cells"]

SETTINGS = Settings(merges=False)
SOURCES = (
    "import pandas as pd\nimport numpy as np",
    "df = pd.read_csv('data.csv')\nprint('\U0001f600', df.shape)",
    "df = df.dropna()\ntotal = df['a'].sum()",
    "total += 1\ncount = len(df)",
    "xs = []\nxs.append(total)",
    "xs.append(count); print(xs)",
    "def scaled(x):\n    return x * total",
    "print(scaled(count), undefined_name)",
    "x = np.random.rand(3)",
    "list = [1]\nprint(list)",
    "for i in range(3):\n    last = i",
    "print(i, last)",
    "if total:",
    "%time y = total",
    "!ls {folder}",
    "del total",
    "",
    "select a from t",
    "# é \U0001f680\nz = ünder",
    "import os; os.chdir('/tmp')",
    "try:\n    y = 1\nexcept:\n    pass",
    "password = 'hunter2hunter2'",
)
LANGUAGES = ("python", "python", "python", "sql", "r", "markdown", "shellscript")


def start_cells() -> list[Cell]:
    return [_cell(f"s{number}", text, number + 1) for number, text in enumerate(SOURCES[:8])]


def _cell(identity: str, text: str, count: int | None = None) -> Cell:
    return Cell(0, "code", text, id=identity, execution_count=count)


def random_step(cells: Sequence[Cell], luck: random.Random, number: int) -> list[Cell]:
    """One edit, move, deletion, new cell, run or change of a language."""
    found = list(cells)
    at = luck.randrange(len(found)) if found else 0
    kind = luck.choice(("edit", "edit", "write", "move", "delete", "insert", "run", "speak"))
    if not found or kind == "insert":
        found.insert(at, _cell(f"n{number}", luck.choice(SOURCES)))
    elif kind == "edit":
        text = found[at].source
        start = luck.randrange(len(text) + 1)
        end = min(len(text), start + luck.randrange(3))
        new = luck.choice(("x", "\n", " total", "(", "'", "\U0001f600", "df", ""))
        found[at] = found[at]._replace(source=text[:start] + new + text[end:])
    elif kind == "write":
        found[at] = found[at]._replace(source=luck.choice(SOURCES))
    elif kind == "move":
        cell = found.pop(at)
        found.insert(luck.randrange(len(found) + 1), cell)
    elif kind == "delete":
        del found[at]
    elif kind == "run" and found[at].kind == "code":
        counts = [cell.execution_count or 0 for cell in found]
        found[at] = found[at]._replace(execution_count=luck.choice((max(counts) + 1, None, at)))
    elif kind == "speak":
        language = luck.choice(LANGUAGES)
        code = language != "markdown"
        found[at] = found[at]._replace(
            kind="code" if code else "markdown",
            language=language,
            metadata={"vscode": {"languageId": language}} if language != "python" else {},
            execution_count=found[at].execution_count if code else None,
        )
    return [cell._replace(index=index) for index, cell in enumerate(found)]


def file_of_cells(cells: Sequence[Cell]) -> bytes:
    """The `.ipynb` file that an editor would save."""
    written = []
    for cell in cells:
        metadata: dict[str, object] = {"tags": list(cell.tags)} if cell.tags else {}
        if cell.kind == "code" and cell.language != "python":
            metadata["vscode"] = {"languageId": cell.language}
        raw: dict[str, object] = {
            "cell_type": cell.kind, "id": cell.id, "metadata": metadata, "source": cell.source,
        }  # fmt: skip
        if cell.kind == "code":
            raw |= {"execution_count": cell.execution_count, "outputs": list(cell.outputs)}
        written.append(raw)
    language = {"language_info": {"name": "python"}}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": language, "cells": written}
    ).encode()


def findings_of_file(cells: Sequence[Cell], path: str = "live.ipynb") -> tuple[Finding, ...]:
    """What `nbprod check` finds in the file."""
    return check_bytes(file_of_cells(cells), path, SETTINGS, lambda _: None).findings


def plain(findings: Sequence[Finding]) -> list[Finding]:
    """Findings without their places in a file, which a notebook in memory has not."""
    return [_without_file(finding) for finding in findings]


def _without_file(finding: Finding) -> Finding:
    fix = finding.fix
    return finding._replace(
        place=finding.place._replace(raw_line=1, raw_column=1),
        related=tuple(
            other._replace(place=other.place._replace(raw_line=1, raw_column=1))
            for other in finding.related
        ),
        fix=fix._replace(raw=None) if fix is not None else None,
    )
