"""Reviewdog's diagnostic format, with suggestions: https://github.com/reviewdog/reviewdog."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from nbprod.model import Finding, Report
from nbprod.report.escaping import mute_json
from nbprod.report.places import slashed, told
from nbprod.report.style import Style

__all__ = ["diagnostic_object", "render"]

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the JSON text."""
    document = {
        "source": {"name": "nbprod"},
        "diagnostics": [diagnostic_object(finding) for finding in report.findings],
    }
    yield mute_json(json.dumps(document, indent=2, ensure_ascii=True)) + "\n"


def diagnostic_object(finding: Finding) -> dict[str, Any]:
    """A finding as reviewdog's `Diagnostic`."""
    place = finding.place
    start = {"line": place.raw_line, "column": place.raw_column}
    found: dict[str, Any] = {
        "message": told(finding),
        "location": {"path": slashed(finding.path), "range": {"start": start}},
        "severity": _SEVERITIES[finding.severity.value],
        "code": {"value": finding.code},
    }
    if finding.fix is not None and finding.fix.raw:
        found["suggestions"] = [
            {
                "range": {
                    "start": {"line": edit.line, "column": edit.column},
                    "end": {"line": edit.end_line, "column": edit.end_column},
                },
                "text": edit.text,
            }
            for edit in finding.fix.raw
        ]
    return found
