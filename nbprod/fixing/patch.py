"""A fix as text: a patch of the sources of cells, as people and agents read it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from nbprod.model import CellEdit, Edit, Fix, NewLine, PartEdit
from nbprod.notebook.edits.new_cells import appended, new_cells
from nbprod.notebook.edits.replace import Replacement, edits_by_cell, replaced
from nbprod.notebook.types import Cell, Notebook

__all__ = ["fix_patch", "notebook_patch", "script_of", "source_patch"]


def fix_patch(cells: Sequence[Cell], fix: Fix) -> str:
    """What a fix does, line by line: a unified diff of each source, a line for any other change.

    Cells are counted from 1. What is in an output or in metadata is named, never shown.

    Raises:
        ValueError: the fix is of other cells.
    """
    return "\n".join(_lines(cells, fix))


def _lines(cells: Sequence[Cell], fix: Fix) -> Iterator[str]:
    unique = list(dict.fromkeys(fix.edits))
    lines = [edit for edit in unique if isinstance(edit, NewLine)]
    plain = [edit for edit in unique if isinstance(edit, Edit)]
    for cell, edits in sorted(edits_by_cell(cells, [*plain, *appended(cells, lines)]).items()):
        before = cells[cell].source
        after = replaced(before, (Replacement(*edit.span[1:], edit.text) for edit in edits))
        yield from source_patch(before, after, f"cell {cell + 1}")
    for new in new_cells(cells, lines):
        tags = f" with the tag {', '.join(new.tags)}" if new.tags else ""
        yield f"new cell before cell {new.before + 1}{tags}:"
        yield from (f"+{line}" for line in new.source.split("\n"))
    for edit in unique:
        if isinstance(edit, CellEdit):
            yield _of_cell(edit, len(cells))
    for where in dict.fromkeys(_place(edit) for edit in unique if isinstance(edit, PartEdit)):
        yield f"edit of {where}"


def source_patch(before: str, after: str, name: str) -> Iterator[str]:
    """The unified diff of a source without line ends, with one line around each change."""
    old, new = before.split("\n"), after.split("\n")
    yield from difflib.unified_diff(old, new, name, name, n=1, lineterm="")


def notebook_patch(before: Notebook, after: Notebook, path: str) -> list[str]:
    """The unified diff of all cells of a notebook as a script; lines with their ends."""
    old, new = script_of(before), script_of(after)
    return list(difflib.unified_diff(old, new, f"{path} before", f"{path} after"))


def script_of(notebook: Notebook) -> list[str]:
    """A notebook as the lines of a script, for people to compare."""
    lines = []
    for cell in notebook.cells:
        lines.append(f"# %% [{cell.kind}]" + (f" {cell.id}" if cell.id else "") + "\n")
        lines += [line + "\n" for line in cell.source.split("\n")]
    return lines


def _of_cell(edit: CellEdit, count: int) -> str:
    if edit.kind == "clear-count":
        return f"clear the execution count of cell {edit.cell + 1}"
    if edit.before is None or edit.before >= count:
        return f"move cell {edit.cell + 1} to the end"
    return f"move cell {edit.cell + 1} above cell {edit.before + 1}"


def _place(edit: PartEdit) -> str:
    part = "an output" if "outputs" in edit.path else "metadata"
    if "attachments" in edit.path:
        part = "an attachment"
    return f"{part} of cell {edit.cell + 1}" if edit.cell >= 0 else f"{part} of the notebook"
