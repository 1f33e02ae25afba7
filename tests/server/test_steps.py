"""After each of many random changes the diagnostics are what `nbprod check` finds in the cells."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from nbprod.model import Finding
from nbprod.notebook.types import Cell
from tests.live.notebooks import SOURCES, file_of_cells, findings_of_file
from tests.server.client import Client, Notebook

_STEPS = ("edit", "edit", "write", "move", "delete", "insert", "insert", "run", "speak", "save")
_HELD_BACK = "NBP010"


def cells_of(notebook: Notebook) -> list[Cell]:
    return [
        Cell(
            index,
            "markdown" if cell["language"] == "markdown" else "code",
            cell["text"],
            language=cell["language"],
            execution_count=None if cell["language"] == "markdown" else cell["count"],
        )
        for index, cell in enumerate(notebook.cells)
    ]


Row = tuple[int, str, str, int, int]


def expected_rows(notebook: Notebook) -> list[Row]:
    rows = []
    for finding in findings_of_file(cells_of(notebook), "steps.ipynb"):
        if finding.code == _HELD_BACK:
            continue
        cell = (finding.place.cell or 1) - 1
        text = notebook.cells[cell]["text"]
        rows.append((cell, finding.code, finding.message, *_start(text, finding)))
    return sorted(rows)


def _start(text: str, finding: Finding) -> tuple[int, int]:
    if finding.place.cell is None or finding.part != "source":
        return 0, 0
    line = text.replace("\r", "\n").split("\n")[finding.place.line - 1]
    units = line[: finding.place.column - 1].encode("utf-16-le")
    return finding.place.line - 1, len(units) // 2


def shown_rows(notebook: Notebook) -> list[Row]:
    rows = []
    for index, cell in enumerate(notebook.cells):
        for found in notebook.client.diagnostics.get(cell["uri"], ()):
            if found["code"] != _HELD_BACK:
                start = found["range"]["start"]
                message = found["message"].partition("\nhelp: ")[0]
                rows.append((index, found["code"], message, start["line"], start["character"]))
    return sorted(rows)


def _shows(notebook: Notebook, rows: list[Row]) -> bool:
    return shown_rows(notebook) == rows


def change(notebook: Notebook, luck: random.Random) -> None:
    kind = luck.choice(_STEPS) if notebook.cells else "insert"
    at = luck.randrange(len(notebook.cells)) if notebook.cells else 0
    if kind == "insert":
        notebook.insert(at, "python", luck.choice(SOURCES))
        return
    cell: dict[str, Any] = notebook.cells[at]
    if kind == "edit":
        start = luck.randrange(len(cell["text"]) + 1)
        end = min(len(cell["text"]), start + luck.randrange(3))
        notebook.edit(at, start, end, luck.choice(("x", "\n", " total", "(", "\U0001f600", "")))
    elif kind == "write":
        notebook.write(at, luck.choice(SOURCES))
    elif kind == "move":
        notebook.move(at, luck.randrange(len(notebook.cells)))
    elif kind == "delete":
        notebook.delete(at)
    elif kind == "save":
        path = Path(urlsplit(notebook.uri).path)
        path.write_bytes(file_of_cells(cells_of(notebook)))
        document = {"notebookDocument": {"uri": notebook.uri}}
        notebook.client.notify("notebookDocument/didSave", document)
    elif kind == "run":
        counts = [each["count"] or 0 for each in notebook.cells]
        notebook.run(at, luck.choice((max(counts) + 1, None)))
    else:
        notebook.speak(at, luck.choice(("python", "python", "sql", "r", "markdown")))


def run_steps(folder: Path, seed: int, steps: int) -> int:
    """Change a notebook step by step; returns how many findings there were."""
    luck = random.Random(seed)
    seen = 0
    with Client(folder, delay=1) as client:
        start = [("python", text) for text in SOURCES[:6]]
        notebook = Notebook(client, (folder / "steps.ipynb").as_uri(), start)
        for number in range(steps):
            change(notebook, luck)
            if not notebook.cells:
                continue
            notebook.settle()
            expected = expected_rows(notebook)
            # A change of order or counts keeps the versions, so the older findings may come first.
            client.wait_for(partial(_shows, notebook, expected), 30)
            assert shown_rows(notebook) == expected, (seed, number)
            seen += len(expected)
        gone = client.diagnostics.keys() - {cell["uri"] for cell in notebook.cells}
        assert client.wait_for(lambda: not any(client.diagnostics[uri] for uri in gone), 30)
    return seen


def test_a_hundred_steps(tmp_path: Path) -> None:
    assert run_steps(tmp_path, 1, 100) > 100


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 7))
def test_a_thousand_steps(tmp_path: Path, seed: int) -> None:
    assert run_steps(tmp_path, seed, 200) > 100
