"""One JSON object a line, each as in `docs/schemas/check-1.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from nbprod.model import Report
from nbprod.report.escaping import mute_json
from nbprod.report.json import finding_object
from nbprod.report.style import Style

__all__ = ["render"]


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield one line for each finding."""
    for finding in report.findings:
        yield mute_json(json.dumps(finding_object(finding), ensure_ascii=True)) + "\n"
