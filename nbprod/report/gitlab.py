"""The Code Quality report of GitLab: a JSON array, each fingerprint once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from nbprod.model import Report
from nbprod.report.escaping import mute_json
from nbprod.report.places import slashed, told
from nbprod.report.style import Style

__all__ = ["render"]

_SEVERITIES = {"error": "critical", "warning": "major", "info": "info"}


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the JSON text."""
    seen: Counter[str] = Counter()
    issues = []
    for finding in report.findings:
        seen[finding.fingerprint] += 1
        number = seen[finding.fingerprint]
        place = finding.place
        begin = {"line": place.raw_line, "column": place.raw_column}
        issues.append(
            {
                "description": told(finding),
                "check_name": f"{finding.code} {finding.name}",
                "fingerprint": finding.fingerprint + (f"/{number}" if number > 1 else ""),
                "severity": _SEVERITIES[finding.severity.value],
                "location": {
                    "path": slashed(finding.path),
                    "positions": {"begin": begin, "end": begin},
                    "lines": {"begin": place.raw_line, "end": place.raw_line},
                },
            }
        )
    yield mute_json(json.dumps(issues, indent=2, ensure_ascii=True)) + "\n"
