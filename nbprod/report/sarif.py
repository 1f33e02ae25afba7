"""SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/.

A result has two places: the physical location is the raw line of the file, since servers show that;
the logical location is the cell, as a JSON pointer. Fingerprints are our own, because those that
servers work out of raw lines change with every output.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from nbprod.model import Finding, Fix, Place, Report
from nbprod.report.escaping import mute_json
from nbprod.report.places import cell_name, slashed, told
from nbprod.report.style import Style

__all__ = ["render"]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
# What GitHub takes of one run; what is beyond would make it refuse the whole file.
_MOST_RESULTS = 25_000


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the JSON text."""
    findings = report.findings[:_MOST_RESULTS]
    codes = sorted({finding.code for finding in findings})
    index = {code: number for number, code in enumerate(codes)}
    unread = any(result.unreadable for result in report.files)
    run = {
        "tool": {"driver": _driver(report, codes, findings)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "where nbprod was run"}}},
        "invocations": [{"executionSuccessful": not unread}],
        "results": [_result(finding, index) for finding in findings],
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    yield mute_json(json.dumps(document, indent=2, ensure_ascii=True)) + "\n"


def _driver(report: Report, codes: list[str], findings: tuple[Finding, ...]) -> dict[str, Any]:
    first = {finding.code: finding for finding in reversed(findings)}
    return {
        "name": "nbprod",
        "version": report.version,
        "rules": [_rule(code, first[code]) for code in codes],
    }


def _rule(code: str, finding: Finding) -> dict[str, Any]:
    help_text, help_markdown = _help(code, finding)
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in finding.name.split("-")),
        "shortDescription": {"text": finding.name.replace("-", " ")},
        "help": {"text": help_text, "markdown": help_markdown},
        "defaultConfiguration": {"level": _LEVELS[finding.severity.value]},
        "properties": {"tags": ["notebook"], "problem.severity": finding.severity.value},
    }


def _help(code: str, finding: Finding) -> tuple[str, str]:
    """What `nbprod rule` says, from the same docstring; of a rule of another tool its name."""
    from nbprod.checking.registry import docs_of, find_rule_file

    file = find_rule_file(code) if finding.tool is None else None
    if file is None:
        return finding.name, finding.name
    docs = docs_of(file)
    return f"{docs.summary}\n\n{docs.why}", f"{docs.summary}\n\n## Why\n\n{docs.why}"


def _result(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": _LEVELS[finding.severity.value],
        "message": {"text": told(finding)},
        "locations": [_location(finding.path, finding.place, finding.snippet)],
        "partialFingerprints": {
            "nbprod/v1": finding.fingerprint,
            "primaryLocationLineHash": finding.fingerprint,
        },
        "properties": {
            "certainty": finding.certainty.value,
            "cell": finding.place.cell,
            "cellId": finding.place.cell_id,
            "executionCount": finding.place.execution_count,
            "part": finding.part,
        },
    }
    if finding.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": f"{cell_name(related.place)}: {related.message}".lstrip(": ")},
                **_location(finding.path, related.place, ""),
            }
            for number, related in enumerate(finding.related, 1)
        ]
    fix = _fix(finding.path, finding.fix)
    if fix is not None:
        result["fixes"] = [fix]
    return result


def _artifact(path: str) -> dict[str, str]:
    uri = quote(slashed(path).encode("utf-8", "surrogateescape"), safe="/~!$&'()*+,;=@")
    if uri.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": "SRCROOT"}


def _location(path: str, place: Place, snippet: str) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": place.raw_line, "startColumn": place.raw_column}
    if snippet:
        region["snippet"] = {"text": snippet.encode("utf-8", "replace").decode()}
    found: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": _artifact(path), "region": region}
    }
    if place.cell is not None:
        found["logicalLocations"] = [
            {
                "name": cell_name(place),
                "fullyQualifiedName": f"/cells/{place.cell - 1}",
                "kind": "object",
            }
        ]
    return found


def _fix(path: str, fix: Fix | None) -> dict[str, Any] | None:
    if fix is None or not fix.raw:
        return None
    replacements = [
        {
            "deletedRegion": {
                "startLine": edit.line,
                "startColumn": edit.column,
                "endLine": edit.end_line,
                "endColumn": edit.end_column,
            },
            "insertedContent": {"text": edit.text},
        }
        for edit in fix.raw
    ]
    return {
        "description": {"text": f"{fix.title} ({fix.applicability.value})"},
        "artifactChanges": [{"artifactLocation": _artifact(path), "replacements": replacements}],
    }
