"""Edits of notebooks that are scripts, where a line of a cell is a line of the file.

The readers of these formats have many rules (comments before magics, headers, titles), which are
not repeated here: the text is changed in the obvious way, read again, and refused if that does
not give the cells that were wanted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from nbprod.errors import ReadError
from nbprod.model import Edit
from nbprod.notebook import json_scan as scan
from nbprod.notebook.edits.new_cells import NewCell
from nbprod.notebook.edits.replace import EditRefused, Replacement, replaced
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern

__all__ = ["edited_lines"]

_FORMATS = ("percent", "databricks", "jupytext")
_BREAK = lazy_pattern(r"\r\n|\r|\n")
_PERCENT = lazy_pattern(r"^#[ \t]*%%.*$", re.MULTILINE)
_DATABRICKS = lazy_pattern(r"^(?:#|--|//) COMMAND -+[ \t]*(?:\r\n|\r|\n|\Z)", re.MULTILINE)


def edited_lines(
    notebook: Notebook,
    text: str,
    edits: Mapping[int, Sequence[Edit]],
    order: Sequence[int],
    added: Sequence[NewCell] = (),
) -> str:
    """The text after edits of sources, of cells in another order, and with new cells.

    Raises:
        EditRefused: the format writes what is to change in another way.
    """
    if notebook.format not in _FORMATS:
        raise EditRefused(f"{notebook.format} notebooks are not rewritten")
    wanted = [(cell.kind, cell.language, cell.source) for cell in notebook.cells]
    lines = scan.LineStarts(text)
    replacements: list[Replacement] = []
    for cell, group in edits.items():
        kind, language, source = wanted[cell]
        local = [Replacement(*edit.span[1:], edit.text) for edit in group]
        wanted[cell] = (kind, language, replaced(source, local))
        replacements += [_replacement(notebook, text, lines, edit) for edit in group]
    changed = replaced(text, replacements)
    _require(changed, notebook, wanted)
    if added:
        return _with_new(changed, notebook, wanted, added)
    if list(order) == list(range(len(order))):
        return changed
    moved = _reordered(changed, notebook.format, order)
    _require(moved, notebook, [wanted[cell] for cell in order])
    return moved


def _replacement(notebook: Notebook, text: str, lines: scan.LineStarts, edit: Edit) -> Replacement:
    cell, first, last = edit.span
    start, end = (
        lines.offset(line) + column - 1
        for line, column in (notebook.raw.locate(cell, offset) for offset in (first, last))
    )
    if _BREAK.sub("\n", text[start:end]) != notebook.cells[cell].source[first:last]:
        raise EditRefused("the file writes the text to edit in another way")
    line_break = _BREAK.search(text)
    written = _BREAK.sub(line_break[0], edit.text) if line_break else edit.text
    return Replacement(start, end, written)


def _with_new(
    text: str, notebook: Notebook, wanted: Sequence[tuple[str, str, str]], added: Sequence[NewCell]
) -> str:
    """New cells above the marks of those that they go before."""
    if notebook.format != "percent":
        raise EditRefused(f"a cell with tags is not added to a {notebook.format} notebook")
    starts = [match.start() for match in _PERCENT.finditer(text)]
    if len(starts) != len(wanted):
        raise EditRefused("the cells of the file have no marks of their own")
    found = _BREAK.search(text)
    line_break = found[0] if found else "\n"
    replacements = []
    for new_cell in added:
        tags = ", ".join(f'"{tag}"' for tag in new_cell.tags)
        block = f"# %% tags=[{tags}]\n{new_cell.source}\n\n"
        at = starts[new_cell.before]
        replacements.append(Replacement(at, at, block.replace("\n", line_break)))
    cells = list(wanted)
    for new_cell in reversed(added):
        cells.insert(new_cell.before, ("code", notebook.language, new_cell.source))
    changed = replaced(text, replacements)
    _require(changed, notebook, cells)
    return changed


def _require(text: str, notebook: Notebook, wanted: Sequence[tuple[str, str, str]]) -> None:
    from nbprod.notebook.formats import read_text_notebook

    try:
        cells = read_text_notebook(text, notebook.path).cells
    except ReadError:
        cells = ()
    if [(cell.kind, cell.language, cell.source) for cell in cells] != list(wanted):
        raise EditRefused("the file would not be read as what was meant")


def _reordered(text: str, kind: str, order: Sequence[int]) -> str:
    """Whole blocks in another order; what separates them stays where it is."""
    if kind == "jupytext":
        raise EditRefused("cells without marks of their own are not moved")
    starts = [match.start() for match in _PERCENT.finditer(text)]
    if kind == "databricks":
        first = text.find("\n") + 1
        marks = [match.span() for match in _DATABRICKS.finditer(text)]
        starts = [first, *(end for _, end in marks)]
        ends = [*(start for start, _ in marks), len(text)]
    else:
        ends = [*starts[1:], len(text)]
    if len(starts) != len(order):
        raise EditRefused("the cells of the file have no marks of their own")
    # Blank lines between cells belong to the place, not to the cell.
    bodies = [text[start:end].strip("\r\n") for start, end in zip(starts, ends, strict=True)]
    spans = []
    for start, end, body in zip(starts, ends, bodies, strict=True):
        begin = text.index(body, start, end)
        spans.append((begin, begin + len(body)))
    return replaced(
        text, [Replacement(*spans[place], bodies[cell]) for place, cell in enumerate(order)]
    )
