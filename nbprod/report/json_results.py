"""The JSON report read back, so that the results of several runs become one report. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nbprod.model import (
    AnyEdit,
    Applicability,
    CellEdit,
    Certainty,
    Edit,
    FileResult,
    Finding,
    Fix,
    NewLine,
    PartEdit,
    Place,
    RelatedPlace,
    Severity,
    Span,
)

__all__ = ["PartialResults", "partial_results"]

_NOT_READ = "NBP001 NBP002 NBP003 NBP004 NBP005 NBP006 NBP007 NBP008 NBP009 NBP013".split()


class PartialResults(NamedTuple):
    """The results of one run: the part that it is and of how many, where it was a part, the files
    with something to report, and how many files there were."""

    part: tuple[int, int] | None
    files: tuple[FileResult, ...]
    count: int  # type: ignore[assignment]
    version: str


def partial_results(document: Any) -> PartialResults:
    """The results of a run by its JSON report; findings are without lines of source.

    Raises:
        ValueError: it is no such report.
    """
    try:
        if document["version"] != "1":
            raise ValueError("another version")
        found: dict[str, list[Finding]] = {}
        for entry in document["findings"]:
            finding = _finding(entry)
            found.setdefault(finding.path, []).append(finding)
        files = [_file(path, tuple(findings)) for path, findings in found.items()]
        for entry in document["skipped"]:
            files.append(FileResult(str(entry["path"]), skipped=str(entry["reason"])))
        shard = document.get("shard")
        part = None
        if shard is not None:
            part = (int(shard["index"]), int(shard["count"]))
            by_path = {file.path: file for file in files}
            files = [by_path.get(path, FileResult(path)) for path in map(str, shard["files"])]
        count = int(document["summary"]["files"])
        return PartialResults(part, tuple(files), count, str(document["nbprod_version"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(type(error).__name__) from None


def _file(path: str, findings: tuple[Finding, ...]) -> FileResult:
    is_unread = any(finding.code in _NOT_READ for finding in findings)
    return FileResult.of(path, findings)._replace(unreadable=is_unread)


def _finding(entry: Mapping[str, Any]) -> Finding:
    fix = entry["fix"]
    return Finding(
        code=str(entry["code"]), name=str(entry["name"]), severity=Severity(entry["severity"]),
        path=str(entry["path"]), place=_place(entry), message=str(entry["message"]),
        certainty=Certainty(entry["certainty"]), symbol=entry["symbol"],
        predicted_exception=entry["predicted_exception"],
        related=tuple(
            RelatedPlace(_place(other), str(other["message"])) for other in entry["related"]
        ),
        help=entry["help"], fix=None if fix is None else _fix(fix),
        fingerprint=str(entry["fingerprint"]), part=str(entry["part"]), provider=entry["provider"],
        predicts=entry.get("predicts"), tool=entry.get("tool"),
    )  # fmt: skip


def _place(entry: Mapping[str, Any]) -> Place:
    return Place(*(entry[name] for name in Place._fields))


def _fix(entry: Mapping[str, Any]) -> Fix:
    edits = tuple(_edit(edit) for edit in entry["edits"])
    return Fix(str(entry["title"]), edits, Applicability(entry["applicability"]))


def _edit(entry: Mapping[str, Any]) -> AnyEdit:
    kind, cell = entry["kind"], -1 if entry["cell"] is None else int(entry["cell"]) - 1
    if kind == "text":
        return Edit(Span(cell, int(entry["start"]), int(entry["end"])), str(entry["text"]))
    if kind == "part":
        path = tuple(entry["path"])
        return PartEdit(cell, path, int(entry["start"]), int(entry["end"]), str(entry["text"]))
    if kind == "new-line":
        return NewLine(cell, str(entry["text"]), bool(entry["new"]), tuple(entry["tags"]))
    before = entry.get("before")
    return CellEdit(kind, cell, None if before is None else int(before) - 1)
