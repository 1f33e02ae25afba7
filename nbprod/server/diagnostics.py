"""Findings as diagnostics, by the document that they are in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from lsprotocol import types

from nbprod.checking.rule_page import rule_addresses
from nbprod.model import Certainty, Finding, Severity
from nbprod.server.views import View, span_of, top_of

__all__ = ["SOURCE", "diagnostics_of", "location_of"]

SOURCE = "nbprod"
_addresses = cache(rule_addresses)
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}


def location_of(view: View, finding: Finding) -> types.Location | None:
    """Where a finding is shown; what is in an output is shown at the top of its cell."""
    if not view.result.notebook.cells:
        return None
    if finding.place.cell is None:
        return top_of(view, 0)
    if finding.part != "source":
        return top_of(view, finding.place.cell - 1)
    span = span_of(view.result, finding.place)
    return view.locate(span) if span is not None else None


def diagnostics_of(
    view: View, findings: Sequence[Finding], *, related: bool
) -> dict[str, list[types.Diagnostic]]:
    """The diagnostics of each text, an empty list where there are none.

    Args:
        view: the document that was checked.
        findings: those to show.
        related: whether the client shows related places.
    """
    found: dict[str, list[types.Diagnostic]] = {uri: [] for uri, _ in view.versions}
    for finding in findings:
        location = location_of(view, finding)
        if location is not None:
            diagnostic = _diagnostic(view, finding, location.range, related=related)
            found[location.uri].append(diagnostic)
    return found


def _diagnostic(
    view: View, finding: Finding, place: types.Range, *, related: bool
) -> types.Diagnostic:
    severity = _SEVERITIES[finding.severity]
    if finding.certainty is Certainty.POSSIBLE:
        severity = types.DiagnosticSeverity.Hint
    text = f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message
    return types.Diagnostic(
        place,
        text,
        severity,
        finding.code,
        source=SOURCE,
        code_description=_description(finding.code),
        related_information=_related(view, finding) if related else None,
        data=finding.fingerprint,
    )


def _description(code: str) -> types.CodeDescription | None:
    """Where the code of a finding leads to; nothing for other tools."""
    address = _addresses().get(code)
    return types.CodeDescription(address) if address is not None else None


def _related(view: View, finding: Finding) -> list[types.DiagnosticRelatedInformation]:
    found = []
    for other in finding.related:
        span = span_of(view.result, other.place)
        if span is not None:
            location = view.locate(span)
            found.append(types.DiagnosticRelatedInformation(location, other.message))
    return found
