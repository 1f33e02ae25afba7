"""Checkstyle XML for review servers."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

from nbprod.model import Report
from nbprod.report.escaping import escape_xml
from nbprod.report.places import slashed, told
from nbprod.report.style import Style
from nbprod.report.xml_text import document

__all__ = ["render"]


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the XML text."""
    root = Element("checkstyle", version="4.3")
    for result in report.files:
        if not result.findings:
            continue
        file = SubElement(root, "file", name=escape_xml(slashed(result.path)))
        for finding in result.findings:
            SubElement(
                file,
                "error",
                line=str(finding.place.raw_line),
                column=str(finding.place.raw_column),
                severity=finding.severity.value,
                message=escape_xml(told(finding)),
                source=f"nbprod.{finding.code}",
            )
    yield document(root)
