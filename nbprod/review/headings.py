"""The Markdown heading above each cell. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern
from nbprod.refactor.naming import without_closing_marks
from nbprod.review.types import Heading
from nbprod.secrets.mask import Mask

__all__ = ["headings_above"]

_HEADING = lazy_pattern(r" {0,3}#{1,6}[ \t]+(\S.*)")
_FENCE = lazy_pattern(r" {0,3}(```|~~~)")
_MARKUP = lazy_pattern(r"!?\[([^\]\n]*)\]\([^)\n]*\)|<[^>\n]*>|[*`]")


def headings_above(cells: Sequence[Cell], mask: Mask) -> dict[int, Heading]:
    """The last heading above each cell, by the cell's index; secrets are removed."""
    found: dict[int, Heading] = {}
    current = None
    for cell in cells:
        if cell.kind == "markdown":
            text = _last_heading(mask(cell.source))
            current = Heading(cell.number, text) if text else current
        if current is not None:
            found[cell.index] = current
    return found


def _last_heading(source: str) -> str:
    """The text of the last heading outside of code blocks, without markup."""
    text, fence = "", ""
    for line in source.split("\n"):
        mark = _FENCE.match(line)
        if mark is not None and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        heading = None if fence else _HEADING.match(line)
        if heading is not None:
            plain = _MARKUP.sub(lambda found: found[1] or "", without_closing_marks(heading[1]))
            text = " ".join(plain.split()) or text
    return text
