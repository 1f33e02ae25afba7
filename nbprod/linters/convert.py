"""What another linter says of a cell, as a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nbprod.checking.engine import located_findings
from nbprod.model import Certainty, FileResult, Finding, Fix, Severity, Span
from nbprod.notebook.positions import LineIndex
from nbprod.notebook.types import Notebook

__all__ = ["Remark", "findings_of", "merge_foreign_findings"]


class Remark(NamedTuple):
    """A remark: the cell's index, lines and columns in it from 1, the end exclusive."""

    cell: int
    line: int
    column: int
    end_line: int
    end_column: int
    code: str
    name: str
    message: str
    url: str | None = None
    fix: Fix | None = None
    severity: Severity = Severity.WARNING
    tool: str = "ruff"


def findings_of(notebook: Notebook, remarks: Iterable[Remark]) -> tuple[Finding, ...]:
    """Remarks at the places of a notebook; those about cells that are not there are left out."""
    found: list[tuple[Span, Finding]] = []
    for remark in remarks:
        if not 0 <= remark.cell < len(notebook.cells):
            continue
        span = _span(notebook, remark)
        found.append((span, _finding(notebook.path, remark)))
    return located_findings(notebook, found)


def _span(notebook: Notebook, remark: Remark) -> Span:
    source = notebook.cells[remark.cell].source
    index = LineIndex(source)

    def offset(line: int, column: int) -> int:
        line = min(max(line, 1), len(index.starts))
        start: int = index.starts[line - 1]
        return min(start + max(column, 1) - 1, start + len(index.line(line)))

    start = offset(remark.line, remark.column)
    return Span(remark.cell, start, max(start, offset(remark.end_line, remark.end_column)))


def _finding(path: str, remark: Remark) -> Finding:
    from nbprod.model import Place

    nowhere = Place(remark.cell + 1, None, None, 1, 1, 1, 1, 1, 1)
    return Finding(
        code=remark.code,
        name=remark.name,
        severity=remark.severity,
        path=path,
        place=nowhere,
        message=remark.message,
        certainty=Certainty.CERTAIN,
        symbol=None,
        predicted_exception=None,
        related=(),
        help=remark.url,
        fix=remark.fix,
        fingerprint="",
        tool=remark.tool,
    )


def merge_foreign_findings(
    results: Sequence[FileResult], others: Mapping[str, Sequence[Finding]]
) -> list[FileResult]:
    """Results with the findings of other linters among their own, in reading order."""
    found = []
    for result in results:
        more = others.get(result.path, ())
        if more:
            both = sorted(
                (*result.findings, *more),
                key=lambda finding: (
                    finding.place.cell or 0,
                    finding.place.line,
                    finding.place.column,
                    finding.code,
                ),
            )
            result = result._replace(findings=tuple(both))
        found.append(result)
    return found
