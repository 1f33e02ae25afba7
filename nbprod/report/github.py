"""Annotations by the commands of GitHub's workflows.

GitHub shows ten of each level for a step and drops the others without a word, so the most severe
are written first, ten of each, and the last line of a level says how many there are besides.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.model import Finding, Report
from nbprod.report.escaping import escape_annotation
from nbprod.report.places import slashed, told
from nbprod.report.style import Style

__all__ = ["render"]

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
_MOST = 10


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the lines of the report."""
    for severity, command in _COMMANDS.items():
        found = [finding for finding in report.findings if finding.severity.value == severity]
        for finding in found if len(found) <= _MOST else found[: _MOST - 1]:
            yield _annotation(command, finding)
        if len(found) > _MOST:
            hidden = len(found) - _MOST + 1
            text = f"{hidden} more of level {severity} are not shown here; see the log or summary"
            yield f"::{command} title=nbprod::{_data(text)}\n"


def _annotation(command: str, finding: Finding) -> str:
    place = finding.place
    properties = {
        "title": f"{finding.code} {finding.name}",
        "file": slashed(finding.path),
        "line": str(place.raw_line),
        "endLine": str(place.raw_line),
        "col": str(place.raw_column),
    }
    shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{command} {shown}::{_data(told(finding))}\n"


def _data(text: str) -> str:
    text = escape_annotation(text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
