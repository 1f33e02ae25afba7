"""One short JSON object a line, with the fix as a patch of the cell's source.

Whoever reads it pays for each word, and may take text of a notebook for an instruction: texts are
cut, control characters are escaped, and what is from a notebook is only ever inside of a string.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nbprod.fixing.patch import fix_patch
from nbprod.model import Applicability, Certainty, Finding, Report, Severity
from nbprod.notebook.types import Cell
from nbprod.report.escaping import escape_line, escape_text, mute_json
from nbprod.report.style import Style

__all__ = ["MOST_FINDINGS", "agent_finding", "by_severity", "quoted", "render"]

MOST_FINDINGS = 50
_MOST_LETTERS = 300
_MOST_LINES = 24
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_Cells = Callable[[str], Sequence[Cell] | None]


def render(report: Report, style: Style, cells_of: _Cells | None = None) -> Iterator[str]:
    """Yield one line for each finding, the most severe first, and a line with the numbers.

    Args:
        report: what was found.
        style: not heeded.
        cells_of: the cells of the notebook at a path, for patches; without it there are none.
    """
    known: dict[str, Sequence[Cell] | None] = {}
    shown = by_severity(report.findings)[:MOST_FINDINGS]
    for finding in shown:
        if finding.fix is not None and cells_of is not None and finding.path not in known:
            known[finding.path] = cells_of(finding.path)
        found = {"path": quoted(finding.path), **agent_finding(finding, known.get(finding.path))}
        yield _line(found)
    numbers: dict[str, Any] = {
        "notebooks": sum(not result.skipped for result in report.files),
        "findings": len(report.findings),
    }
    if len(shown) < len(report.findings):
        numbers["shown"] = len(shown)
        numbers["next"] = "fix these and check again, or name a notebook or --select a rule"
    yield _line(numbers)


def _line(found: dict[str, Any]) -> str:
    return mute_json(json.dumps(found, ensure_ascii=False)) + "\n"


def by_severity(findings: Sequence[Finding]) -> list[Finding]:
    """Findings with the most severe ones first, otherwise as they were."""
    return sorted(findings, key=lambda finding: _ORDER[finding.severity])


def agent_finding(finding: Finding, cells: Sequence[Cell] | None) -> dict[str, Any]:
    """A finding without its path, and without what is empty.

    Args:
        finding: the finding.
        cells: those of its notebook, for the patch of its fix.
    """
    place = finding.place
    found: dict[str, Any] = {"code": quoted(finding.code), "rule": quoted(finding.name)}
    if place.cell is not None:
        found["cell"] = place.cell
        if place.cell_id is not None:
            found["id"] = quoted(place.cell_id)
    found |= {"line": place.line, "column": place.column, "severity": finding.severity.value}
    if finding.part != "source":
        found["part"] = finding.part
    if finding.certainty is Certainty.POSSIBLE:
        found["possible"] = True
    found["message"] = quoted(finding.message)
    if finding.help:
        found["help"] = quoted(finding.help)
    if finding.fix is not None:
        fix: dict[str, Any] = {
            "title": quoted(finding.fix.title),
            "safe": finding.fix.applicability is Applicability.SAFE,
        }
        if cells is not None:
            fix["patch"] = _patch(finding, cells)
        found["fix"] = fix
    return found


def _patch(finding: Finding, cells: Sequence[Cell]) -> str:
    assert finding.fix is not None
    try:
        lines = fix_patch(cells, finding.fix).split("\n")
    except ValueError:  # the file has changed since it was checked
        return ""
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"… {len(lines) - _MOST_LINES} more lines"]
    return "\n".join(escape_text(_cut(line)) for line in lines)


def quoted(text: str) -> str:
    """Text of a notebook for a string that an agent reads: one line, visible, not too long."""
    return escape_line(_cut(text))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS] + "…"
