"""One line for each finding: the position in the raw file, then the cell."""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.model import Report
from nbprod.report.escaping import escape_line
from nbprod.report.places import clickable
from nbprod.report.style import BOLD, RED, Style

__all__ = ["render"]


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the lines of the report."""
    for finding in report.findings:
        code = style.link(style.paint(escape_line(finding.code), BOLD, RED), finding.code)
        possible = " (possible)" if finding.certainty.value == "possible" else ""
        fixable = " [*]" if finding.fix is not None else ""
        text = escape_line(f"{finding.name}: {finding.message}")
        yield f"{escape_line(clickable(finding))}: {code}{fixable} {text}{possible}\n"
