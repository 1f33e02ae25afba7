"""One JSON object, described by `docs/schemas/check-1.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from nbprod.model import CellEdit, Finding, Fix, NewLine, PartEdit, Place, Report
from nbprod.report.escaping import mute_json
from nbprod.report.style import Style

__all__ = ["finding_object", "render"]

VERSION = "1"


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the JSON text."""
    document = {
        "version": VERSION,
        "nbprod_version": report.version,
        **_shard(report),
        "findings": [finding_object(finding) for finding in report.findings],
        "skipped": [
            {"path": result.path, "reason": result.skipped}
            for result in report.files
            if result.skipped
        ],
        "summary": {
            "files": len(report.files) + report.clean,
            "findings": len(report.findings),
            "unreadable": sum(result.unreadable for result in report.files),
        },
    }
    # Lone surrogates are legal in JSON only as escapes, which ASCII output gives.
    yield mute_json(json.dumps(document, indent=2, ensure_ascii=True)) + "\n"


def _shard(report: Report) -> dict[str, Any]:
    """Which part of a run this is, with all of its files, so that parts can be merged."""
    if report.shard is None:
        return {}
    index, count = report.shard
    files = [result.path for result in report.files]
    return {"shard": {"index": index, "count": count, "files": files}}


def finding_object(finding: Finding) -> dict[str, Any]:
    """A finding as the schema has it."""
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "certainty": finding.certainty.value,
        "severity": finding.severity.value,
        "path": finding.path,
        **_place(finding.place),
        "part": finding.part,
        "provider": finding.provider,
        "symbol": finding.symbol,
        "predicted_exception": finding.predicted_exception,
        "predicts": finding.predicts,
        "related": [
            {**_place(related.place), "message": related.message} for related in finding.related
        ],
        "help": finding.help,
        "fix": _fix(finding.fix),
        "fingerprint": finding.fingerprint,
    }


def _place(place: Place) -> dict[str, Any]:
    return place._asdict()


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    edits: list[dict[str, Any]] = []
    for edit in fix.edits:
        if isinstance(edit, CellEdit):
            before = None if edit.before is None else edit.before + 1
            edits.append({"kind": edit.kind, "cell": edit.cell + 1, "before": before})
        elif isinstance(edit, NewLine):
            edits.append(
                {
                    "kind": "new-line",
                    "cell": edit.cell + 1,
                    "text": edit.text,
                    "new": edit.new,
                    "tags": list(edit.tags),
                }
            )
        elif isinstance(edit, PartEdit):
            edits.append(
                {
                    "kind": "part",
                    "cell": edit.cell + 1 if edit.cell >= 0 else None,
                    "path": list(edit.path),
                    "start": edit.start,
                    "end": edit.end,
                    "text": edit.text,
                }
            )
        else:
            span = edit.span
            edits.append(
                {
                    "kind": "text",
                    "cell": span.cell + 1,
                    "start": span.start,
                    "end": span.end,
                    "text": edit.text,
                }
            )
    return {"title": fix.title, "applicability": fix.applicability.value, "edits": edits}
