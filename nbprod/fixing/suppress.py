"""Comments that suppress findings, put where they are honoured. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nbprod.model import Edit, Finding, Span
from nbprod.notebook.positions import LineIndex
from nbprod.notebook.types import Cell, Notebook
from nbprod.patterns import lazy_pattern
from nbprod.syntax.comments import iter_comments
from nbprod.syntax.parse import parse_cell

__all__ = ["cell_suppression", "suppression_edits"]

_NOQA = lazy_pattern(r"#\s*noqa:\s*[\w, -]*\w", re.IGNORECASE)


def suppression_edits(
    notebook: Notebook, findings: Sequence[Finding], reason: str = ""
) -> tuple[list[Edit], list[Finding]]:
    """The edits that suppress findings, and the findings for which no comment has a place.

    Args:
        notebook: the notebook.
        findings: what was found in it.
        reason: goes after the codes.
    """
    wanted: dict[tuple[int, int, int], list[str]] = {}
    left: list[Finding] = []
    for finding in findings:
        place = finding.place
        if place.cell is None or finding.part != "source":
            left.append(finding)
            continue
        key = (place.cell - 1, place.line, place.end_line)
        codes = wanted.setdefault(key, [])
        if finding.code not in codes:
            codes.append(finding.code)
    by_line: dict[tuple[int, int], list[str]] = {}
    edits: list[Edit] = []
    for (index, first, last), codes in wanted.items():
        line = _line_for_comment(notebook.cells[index], first, last)
        if line is None:
            above = _line_above(notebook.cells[index], first, codes, reason)
            if above is None:
                left += [finding for finding in findings if _is_at(finding, index, first)]
            else:
                edits.append(above)
            continue
        known = by_line.setdefault((index, line), [])
        known += [code for code in codes if code not in known]
    for (index, line), codes in by_line.items():
        edits.append(_comment(notebook.cells[index], line, codes, reason))
    return edits, left


def cell_suppression(cell: Cell, code: str) -> Edit | None:
    """A comment that suppresses a rule in a whole cell; None where it would not be one."""
    comment = f"# nbprod: cell-ignore[{code}]\n"
    if not cell.is_python or cell.source.lstrip().startswith("%%"):
        return None
    return Edit(Span(cell.index, 0, 0), comment)


def _is_at(finding: Finding, index: int, line: int) -> bool:
    return finding.place.cell == index + 1 and finding.place.line == line


def _line_for_comment(cell: Cell, first: int, last: int) -> int | None:
    """The first of some lines at whose end a comment is one."""
    if cell.kind != "code":
        return None
    index = LineIndex(cell.source)
    for line in range(first, last + 1):
        if any(start <= end for start, end in _comment_at(cell, index, line)):
            return line
    return None


def _comment_at(cell: Cell, index: LineIndex, line: int) -> Iterator[tuple[int, int]]:
    """Whether a comment put at the end of a line is read as one, and changes nothing else."""
    end = index.starts[line - 1] + len(index.line(line))
    source = f"{cell.source[:end]}  # x{cell.source[end:]}"
    before, after = parse_cell(cell), parse_cell(cell._replace(source=source))
    if (before.tree is None) != (after.tree is None) or len(before.magics) != len(after.magics):
        return
    if any(magic.start <= end <= magic.end for magic in after.magics):
        return
    for start, stop, text in iter_comments(after):
        if start <= end + 2 < stop and text.endswith("# x"):
            yield start, stop


def _comment(cell: Cell, line: int, codes: Sequence[str], reason: str) -> Edit:
    index = LineIndex(cell.source)
    start = index.starts[line - 1]
    text = index.line(line)
    present = _NOQA.search(text)
    if present is not None:
        at = start + present.end()
        return Edit(Span(cell.index, at, at), "".join(f", {code}" for code in codes))
    at = start + len(text.rstrip())
    why = f" -- {reason}" if reason else ""
    return Edit(Span(cell.index, at, start + len(text)), f"  # noqa: {', '.join(codes)}{why}")


def _line_above(cell: Cell, line: int, codes: Sequence[str], reason: str) -> Edit | None:
    """A comment of its own above a line; None where that would be part of something else."""
    if cell.kind != "code" or not cell.is_python:
        return None
    index = LineIndex(cell.source)
    start = index.starts[line - 1]
    text = index.line(line)
    indent = text[: len(text) - len(text.lstrip())]
    why = f" -- {reason}" if reason else ""
    comment = f"{indent}# nbprod: ignore[{', '.join(codes)}]{why}\n"
    source = f"{cell.source[:start]}{comment}{cell.source[start:]}"
    before, after = parse_cell(cell), parse_cell(cell._replace(source=source))
    if (before.tree is None) != (after.tree is None) or len(before.magics) != len(after.magics):
        return None
    at = start + len(indent)
    if not any(begin == at for begin, _, _ in iter_comments(after)):
        return None
    return Edit(Span(cell.index, start, start), comment)
