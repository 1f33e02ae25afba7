"""Which cells become which function: the words of the command line, and the default grouping."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from nbprod.errors import UsageError
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.refactor.naming import without_closing_marks
from nbprod.refactor.plan import CellGroup

__all__ = [
    "all_cells",
    "cells_of",
    "headed_cells",
    "named_groups",
    "runs",
    "sections",
    "tagged_cells",
]

_HEADING = lazy_pattern(r"^(#{1,6})[ \t]+(\S.*)$", re.MULTILINE)
_RANGE = lazy_pattern(r"(\d+)(?:\s*-\s*(\d+))?\Z")
_MARKUP = lazy_pattern(r"<[^>\n]+>|\[([^\]]*)\]\([^)]*\)|[*`]")


def cells_of(text: str, notebook: Notebook) -> tuple[int, ...]:
    """The cells that words such as ``3,5-7`` name, counting from 1; code cells only.

    Raises:
        UsageError: the words are no numbers of cells, or name no code cell.
    """
    found: set[int] = set()
    for word in text.split(","):
        match = _RANGE.match(word.strip())
        if match is None:
            raise UsageError(f"`{word.strip()}` is not a cell number; write 3 or 3-5 or 3,5-7")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= len(notebook.cells):
            raise UsageError(
                f"`{word.strip()}`: {notebook.path} has the cells 1 to {len(notebook.cells)}"
            )
        found |= set(range(first - 1, last))
    cells = tuple(cell for cell in sorted(found) if _is_code(notebook, cell))
    if not cells:
        raise UsageError(f"`{text}` names no Python cell of {notebook.path}")
    return cells


def tagged_cells(tag: str, notebook: Notebook) -> tuple[int, ...]:
    """The code cells with a tag.

    Raises:
        UsageError: no cell has it.
    """
    cells = tuple(
        cell.index for cell in notebook.cells if tag in cell.tags and _is_code(notebook, cell.index)
    )
    if not cells:
        tags = sorted({tag for cell in notebook.cells for tag in cell.tags})
        known = f"; its tags are {', '.join(tags)}" if tags else "; no cell has tags"
        raise UsageError(f"no Python cell of {notebook.path} has the tag `{tag}`{known}")
    return cells


def headed_cells(title: str, notebook: Notebook) -> tuple[int, ...]:
    """The code cells below a heading, up to the next one of its level or above.

    Raises:
        UsageError: there is no such heading, or nothing to extract below it.
    """
    wanted = _plain(title)
    headings = [*_headings(notebook)]
    for place, (cell, level, text) in enumerate(headings):
        if _plain(text) != wanted:
            continue
        end = next(
            (other for other, depth, _ in headings[place + 1 :] if depth <= level and other > cell),
            len(notebook.cells),
        )
        cells = tuple(place for place in range(cell, end) if _is_code(notebook, place))
        if not cells:
            raise UsageError(f"there are no Python cells under `{title}` in {notebook.path}")
        return cells
    known = ", ".join(f"`{text}`" for _, _, text in headings[:8])
    raise UsageError(
        f"{notebook.path} has no heading `{title}`" + (f"; it has {known}" if known else "")
    )


def named_groups(words: Sequence[str], notebook: Notebook) -> list[CellGroup]:
    """Groups of ``name=3-5`` words.

    Raises:
        UsageError: a word is not of this form, a name is no identifier, a cell is in two groups.
    """
    found: list[CellGroup] = []
    seen: dict[int, str] = {}
    for word in words:
        name, sign, cells = word.partition("=")
        if not sign or not name.isidentifier():
            raise UsageError(f"`{word}`: write a name and cells, as in clean=3-5")
        chosen = cells_of(cells, notebook)
        for cell in chosen:
            if cell in seen:
                raise UsageError(f"cell {cell + 1} is in `{seen[cell]}` and in `{name}`")
            seen[cell] = name
        titles = dict(_titles(notebook))
        for number, run in enumerate(runs(chosen, notebook)):
            numbered = name if number == 0 else f"{name}_{number + 1}"
            found.append(CellGroup(run, numbered, titles[run[0]][1], True))
    return sorted(found)


def all_cells(notebook: Notebook) -> tuple[int, ...]:
    """Every Python cell."""
    return tuple(cell.index for cell in notebook.cells if _is_code(notebook, cell.index))


def runs(cells: Iterable[int], notebook: Notebook) -> Iterator[tuple[int, ...]]:
    """Cells in stretches without another code cell between them."""
    run: list[int] = []
    for cell in sorted(cells):
        between = range(run[-1] + 1, cell) if run else ()
        if any(_runs(notebook, between_cell) for between_cell in between):
            yield tuple(run)
            run = []
        run.append(cell)
    if run:
        yield tuple(run)


def sections(cells: Iterable[int], notebook: Notebook) -> list[CellGroup]:
    """Cells as groups: a new one at each heading and after each gap."""
    titles = dict(_titles(notebook))
    found: list[CellGroup] = []
    for run in runs(cells, notebook):
        part: list[int] = []
        for cell in run:
            if part and titles[cell] != titles[part[-1]]:
                found.append(CellGroup(tuple(part), None, titles[part[0]][1]))
                part = []
            part.append(cell)
        found.append(CellGroup(tuple(part), None, titles[part[0]][1]))
    return found


def _is_code(notebook: Notebook, cell: int) -> bool:
    return notebook.cells[cell].is_python


def _runs(notebook: Notebook, cell: int) -> bool:
    """Whether a cell is code of any language that does something."""
    found = notebook.cells[cell]
    return found.kind == "code" and bool(found.source.strip())


def _headings(notebook: Notebook) -> Iterator[tuple[int, int, str]]:
    """The headings: cell, level, text."""
    for cell in notebook.cells:
        if cell.kind == "markdown":
            for match in _HEADING.finditer(cell.source):
                yield cell.index, len(match[1]), without_closing_marks(match[2])


def _titles(notebook: Notebook) -> Iterator[tuple[int, tuple[int, str]]]:
    """For each cell the heading above it: (cell of the heading, its text without markup)."""
    headings = {cell: text for cell, _, text in _headings(notebook)}
    current = (-1, "")
    for cell in notebook.cells:
        if cell.index in headings:
            text = _MARKUP.sub(lambda match: match[1] or "", headings[cell.index])
            current = (cell.index, text.strip())
        yield cell.index, current


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub(lambda match: match[1] or "", text).lower().split())
