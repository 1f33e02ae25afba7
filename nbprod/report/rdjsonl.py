"""Reviewdog's diagnostic format, one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator

from nbprod.model import Report
from nbprod.report.escaping import mute_json
from nbprod.report.rdjson import diagnostic_object
from nbprod.report.style import Style

__all__ = ["render"]


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield one line for each finding."""
    for finding in report.findings:
        found = {"source": {"name": "nbprod"}, **diagnostic_object(finding)}
        yield mute_json(json.dumps(found, ensure_ascii=True)) + "\n"
