"""Service messages of TeamCity's inspections."""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.model import Report
from nbprod.report.places import slashed, told
from nbprod.report.style import Style

__all__ = ["render"]

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}
_ESCAPES = {"|": "||", "'": "|'", "\n": "|n", "\r": "|r", "[": "|[", "]": "|]"}


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the lines of the report."""
    names = {finding.code: finding.name for finding in report.findings}
    for code, name in sorted(names.items()):
        yield _message(
            "inspectionType", id=code, name=name, category="nbprod", description=f"{code} {name}"
        )
    for finding in report.findings:
        yield _message(
            "inspection",
            typeId=finding.code,
            message=told(finding),
            file=slashed(finding.path),
            line=str(finding.place.raw_line),
            SEVERITY=_SEVERITIES[finding.severity.value],
        )


def _message(kind: str, **properties: str) -> str:
    shown = " ".join(f"{key}='{_escaped(value)}'" for key, value in properties.items())
    return f"##teamcity[{kind} {shown}]\n"


def _escaped(text: str) -> str:
    """TeamCity's escapes; what is not ASCII is written as a number, in UTF-16 units."""
    parts = []
    for char in text:
        if char in _ESCAPES:
            parts.append(_ESCAPES[char])
        elif char.isascii() and char.isprintable():
            parts.append(char)
        else:
            units = char.encode("utf-16-be", "surrogatepass")
            parts += [f"|0x{units[at : at + 2].hex()}" for at in range(0, len(units), 2)]
    return "".join(parts)
