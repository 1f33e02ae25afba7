"""Databricks source notebooks: scripts whose first line says so."""

from __future__ import annotations

from nbprod.notebook.formats.linemap import LineMap, SourceLine
from nbprod.notebook.formats.percent import split_lines
from nbprod.notebook.platforms import databricks_names, switched_language
from nbprod.notebook.types import Cell, Notebook
from nbprod.patterns import lazy_pattern

__all__ = ["read_databricks"]

_COMMAND = lazy_pattern(r"(?:#|--|//) COMMAND -+\s*$")
_MAGIC = lazy_pattern(r"(?:#|--|//) MAGIC ?")
_TITLE = lazy_pattern(r"(?:#|--|//) DBTITLE \d+,")
_LANGUAGES = {".py": "python", ".sql": "sql", ".scala": "scala", ".r": "r"}


def read_databricks(text: str, path: str) -> Notebook:
    """Read a Databricks source file; its suffix says the notebook's language."""
    suffix = path[path.rfind(".") :].lower()
    language = _LANGUAGES.get(suffix, "python")
    lines = split_lines(text)
    blocks: list[list[tuple[int, str]]] = [[]]
    for number, line in enumerate(lines[1:], 2):
        if _COMMAND.match(line):
            blocks.append([])
        else:
            blocks[-1].append((number, line))
    cells: list[Cell] = []
    places: list[list[SourceLine]] = []
    for block in blocks:
        cell, where = _cell(len(cells), block, language)
        cells.append(cell)
        places.append(where)
    return Notebook(
        path=path,
        format="databricks",
        language=language,
        cells=tuple(cells),
        raw=LineMap([cell.source for cell in cells], places),
        injected=databricks_names(cells),
    )


def _cell(index: int, block: list[tuple[int, str]], language: str) -> tuple[Cell, list[SourceLine]]:
    while block and not block[-1][1].strip():
        block.pop()
    while block and (not block[0][1].strip() or _TITLE.match(block[0][1])):
        block.pop(0)
    text: list[str] = []
    places: list[SourceLine] = []
    for number, line in block:
        match = _MAGIC.match(line)
        shift = match.end() if match else 0
        text.append(line[shift:])
        places.append(SourceLine(number, shift))
    spoken = language
    switch = switched_language(text[0]) if text else None
    if text and text[0].startswith("%run"):
        # It brings another notebook's names, whatever the language of this one.
        spoken = "python"
    if switch is not None:
        spoken, end = switch
        rest = text[0][end:]
        gap = len(rest) - len(rest.lstrip())
        text[0] = rest.lstrip()
        places[0] = SourceLine(places[0].number, places[0].shift + end + gap)
    source = "\n".join(text)
    if spoken == "markdown":
        return Cell(index, "markdown", source, language="markdown"), places
    return Cell(index, "code", source, language=spoken), places
