"""What findings show of a notebook's file: lines of source, and edits by line and column. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from nbprod.facts import Facts
from nbprod.model import Edit, Finding, Fix, Place, RawEdit
from nbprod.notebook.positions import LineIndex
from nbprod.notebook.types import Cell, Notebook
from nbprod.secrets.mask import Mask

__all__ = ["found_again", "snippet_of", "with_raw_edits"]


def snippet_of(index: LineIndex, place: Place) -> str:
    """The lines of a place."""
    return "\n".join(index.line(number) for number in range(place.line, place.end_line + 1))


def with_raw_edits(facts: Facts, fix: Fix | None) -> Fix | None:
    """A fix with its edits of the file, if all of them are edits of sources within a line."""
    if fix is None:
        return None
    found: list[RawEdit] = []
    for edit in fix.edits:
        if not isinstance(edit, Edit):
            return fix
        raw = facts.notebook.raw.raw_edit(*edit.span, edit.text)
        if raw is None:
            return fix
        found.append(raw)
    return fix._replace(raw=tuple(found))


def found_again(notebook: Notebook, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings that a report has of a notebook, with lines of its source and edits of its file.

    A notebook that is not what it was when they were found has other lines, or none.
    """
    facts = Facts(notebook)
    mask = Mask(facts.hidden)
    found = []
    for finding in findings:
        cell = _cell_of(notebook, finding.place.cell)
        if cell is not None and finding.part == "source":
            index = LineIndex(cell.source)
            if finding.place.end_line <= len(index.starts):
                snippet = mask(snippet_of(index, finding.place))
                fix = with_raw_edits(facts, finding.fix)
                finding = finding._replace(snippet=snippet, fix=fix)
        found.append(finding)
    return tuple(found)


def _cell_of(notebook: Notebook, number: int | None) -> Cell | None:
    return next((cell for cell in notebook.cells if cell.number == number), None)
