"""JUnit XML: a suite for each notebook, a case for each finding, or one case that passes."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement

from nbprod.model import FileResult, Report
from nbprod.report.escaping import escape_xml
from nbprod.report.places import located, slashed, told
from nbprod.report.style import Style
from nbprod.report.xml_text import document

__all__ = ["render"]


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the XML text."""
    checked = [result for result in report.files if result.skipped is None]
    count = len(report.findings)
    passed = sum(not result.findings for result in checked)
    root = Element("testsuites", name="nbprod", tests=str(count + passed), failures=str(count))
    for result in checked:
        _suite(root, result)
    yield document(root)


def _suite(root: Element, result: FileResult) -> None:
    path = escape_xml(slashed(result.path))
    failures = len(result.findings)
    suite = SubElement(
        root, "testsuite", name=path, tests=str(failures or 1), failures=str(failures), errors="0"
    )
    if not failures:
        SubElement(suite, "testcase", name="nbprod", classname=path)
    for finding in result.findings:
        name = f"{finding.code} {finding.name} ({located(finding.place)})"
        line = str(finding.place.raw_line)
        case = SubElement(
            suite, "testcase", name=escape_xml(name), classname=path, file=path, line=line
        )
        failure = SubElement(
            case, "failure", message=escape_xml(told(finding)), type=finding.severity.value
        )
        failure.text = escape_xml(f"{result.path}:{line}: {told(finding)}\n{finding.snippet}")
