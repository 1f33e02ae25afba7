"""Text for a terminal: the findings of each notebook below its name."""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.model import Report
from nbprod.report.escaping import escape_line
from nbprod.report.places import told
from nbprod.report.style import BOLD, RED, Style

__all__ = ["render"]


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the lines of the report."""
    for result in report.files:
        if not result.findings:
            continue
        yield style.paint(escape_line(result.path), BOLD) + "\n"
        width = max(len(str(finding.place.raw_line)) for finding in result.findings)
        for finding in result.findings:
            code = style.link(style.paint(escape_line(finding.code), RED), finding.code)
            line = str(finding.place.raw_line).rjust(width)
            yield f"  {line}  {code} {escape_line(f'{finding.name}: {told(finding)}')}\n"
        yield "\n"
