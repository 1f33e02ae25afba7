"""Logging commands of Azure Pipelines."""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.model import Report
from nbprod.report.escaping import escape_annotation
from nbprod.report.places import slashed, told
from nbprod.report.style import Style

__all__ = ["render"]


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the lines of the report."""
    for finding in report.findings:
        place = finding.place
        kind = "error" if finding.severity.value == "error" else "warning"
        properties = (
            ("type", kind),
            ("sourcepath", slashed(finding.path)),
            ("linenumber", str(place.raw_line)),
            ("columnnumber", str(place.raw_column)),
            ("code", finding.code),
        )
        shown = "".join(f"{key}={_property(value)};" for key, value in properties)
        yield f"##vso[task.logissue {shown}]{_data(told(finding))}\n"


def _data(text: str) -> str:
    text = escape_annotation(text)
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(";", "%3B").replace("]", "%5D")
