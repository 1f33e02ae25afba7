"""Scripts with ``# %%`` cells: Jupytext's percent format, and that of Spyder and VS Code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from nbprod.notebook.formats.linemap import LineMap, SourceLine
from nbprod.notebook.types import Cell, CellKind, Notebook
from nbprod.patterns import lazy_pattern

__all__ = ["read_percent", "split_lines"]

# What follows at once and is no number is a magic that Jupytext has commented out.
_MARKER = lazy_pattern(r"#\s*%%(%*)(?:(?:\s+|(?=\d))(.*))?$")
_KIND = lazy_pattern(r"\[(markdown|md|raw)\]")
_OPTION = lazy_pattern(r"(\w[\w.-]*)\s*=\s*(\"[^\"]*\"|'[^']*'|\[[^\]]*\]|[^\s]+)")
# What Jupytext comments out so that the script stays Python.
_COMMENTED = lazy_pattern(r"#\s?(?=%[A-Za-z%]|!\S|\?\S|\w+\s*=\s*[%!]\w)")
_LANGUAGE = lazy_pattern(r"^#\s+(?:language|name):\s*(\w+)\s*$", re.MULTILINE)
_FENCE = lazy_pattern(r"#\s*---\s*$")


class _Block(NamedTuple):
    options: str
    lines: list[tuple[int, str]]


def split_lines(text: str) -> list[str]:
    """The lines of a text without their breaks, by the breaks that Python knows."""
    return re.split(r"\r\n|\r|\n", text)


def read_percent(text: str, path: str) -> Notebook:
    """Read a percent script."""
    lines = split_lines(text)
    body = _header_length(lines)
    cells: list[Cell] = []
    places: list[list[SourceLine]] = []
    for block in _blocks(lines, body):
        cell, where = _cell(len(cells), block)
        if cell is not None:
            cells.append(cell)
            places.append(where)
    header = "\n".join(lines[:body])
    match = _LANGUAGE.search(header)
    language = match[1].lower() if match and match[1].lower() in ("r", "julia") else "python"
    return Notebook(
        path=path,
        format="percent",
        language=language,
        cells=tuple(cells),
        raw=LineMap([cell.source for cell in cells], places),
        # Whether Jupytext wrote the file for a kernel; others are scripts that editors run.
        metadata={"jupytext": {}} if "jupytext:" in header else {},
    )


def _header_length(lines: Sequence[str]) -> int:
    """How many lines the commented YAML header takes, 0 without one."""
    if not lines or not _FENCE.match(lines[0]):
        return 0
    for number, line in enumerate(lines[1:], 1):
        if _FENCE.match(line):
            return number + 1
        if not line.startswith("#"):
            return 0
    return 0


def _blocks(lines: Sequence[str], start: int) -> Iterator[_Block]:
    block = _Block("", [])
    marked = False
    for number in range(start, len(lines)):
        match = _MARKER.match(lines[number])
        if match:
            if marked or any(line.strip() for _, line in block.lines):
                yield block
            block, marked = _Block((match[2] or "").strip(), []), True
        else:
            block.lines.append((number + 1, lines[number]))
    if marked or any(line.strip() for _, line in block.lines):
        yield block


def _cell(index: int, block: _Block) -> tuple[Cell | None, list[SourceLine]]:
    lines = list(block.lines)
    while lines and not lines[-1][1].strip():
        lines.pop()
    while lines and not lines[0][1].strip():
        lines.pop(0)
    declared = _KIND.search(block.options)
    metadata = _metadata(block.options)
    tags = metadata.get("tags")
    kind: CellKind = "code"
    if declared:
        kind = "raw" if declared[1] == "raw" else "markdown"
    text, places = (_uncommented if kind != "code" else _code)(lines)
    language = str(metadata.get("language", "python")) if kind == "code" else kind
    cell = Cell(
        index=index,
        kind=kind,
        source="\n".join(text),
        language=language,
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
        metadata=metadata,
    )
    return cell, places


def _metadata(options: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for match in _OPTION.finditer(options):
        try:
            found[match[1]] = ast.literal_eval(match[2])
        except (ValueError, SyntaxError):
            found[match[1]] = match[2]
    return found


def _uncommented(lines: Sequence[tuple[int, str]]) -> tuple[list[str], list[SourceLine]]:
    """Markdown and raw cells: each line loses its comment sign, or a docstring its quotes."""
    text, places = [], []
    for number, line in lines:
        match = re.match(r"#\s?", line)
        shift = match.end() if match else 0
        text.append(line[shift:])
        places.append(SourceLine(number, shift))
    return text, places


def _code(lines: Sequence[tuple[int, str]]) -> tuple[list[str], list[SourceLine]]:
    """Code cells: magics that were commented out come back."""
    text, places = [], []
    whole = bool(lines) and bool(re.match(r"#\s?%%", lines[0][1]))
    for number, line in lines:
        match = _COMMENTED.match(line) or (re.match(r"#\s?", line) if whole else None)
        shift = match.end() if match else 0
        text.append(line[shift:])
        places.append(SourceLine(number, shift))
    return text, places
