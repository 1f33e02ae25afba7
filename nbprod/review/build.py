"""A notebook, what is found in it and what it was before, to what a reviewer is shown. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nbprod.changed.cells import matched_cells, paired_cells
from nbprod.checking.engine import mask_finding
from nbprod.facts import Facts
from nbprod.model import Finding
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern
from nbprod.review.flow_changes import arcs_of, flow_changes, moved_cells
from nbprod.review.headings import headings_above
from nbprod.review.readiness import Judged
from nbprod.review.standing import standings
from nbprod.review.types import (
    CellReview,
    Figure,
    NotebookReview,
    ReviewLine,
    SavedOutput,
    Verdict,
)
from nbprod.secrets.mask import Mask

__all__ = ["SIZES", "Version", "removed", "review_of", "review_of_unreadable"]

SIZES = ("code cells", "lines of code", "dependencies")
"""The figures that are neither better nor worse when they grow."""

_IMAGES = ("image/png", "image/jpeg", "image/gif")
_BASE64 = lazy_pattern(r"[A-Za-z0-9+/\s]+(?:={1,2}\s*)?\Z")
_LARGEST_IMAGE = 1_500_000
_LONGEST_TEXT = 20_000
_ESCAPES = lazy_pattern(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


class Version(NamedTuple):
    """One version of a notebook with its findings, and with its state of each item."""

    facts: Facts
    findings: Sequence[Finding]
    judged: Sequence[Judged] = ()


def review_of(path: str, now: Version, before: Version | None, *, compared: bool) -> NotebookReview:
    """What there is to say of a notebook.

    Args:
        path: how the report calls it.
        now: as it is.
        before: its version in the base, None if it was not there.
        compared: whether there is a base at all.
    """
    matched: dict[int, int] = {}
    if before is not None:
        matched = matched_cells(before.facts.notebook.cells, now.facts.notebook.cells)
    mask = Mask(now.facts.hidden.union(before.facts.hidden if before else ()))
    if mask:
        # What only the other version shows to be a credential is also one here.
        now = now._replace(findings=[mask_finding(finding, mask) for finding in now.findings])
    cells = tuple(_cells(now, before, matched, mask, compared=compared))
    old_flow = before.facts.flow if before is not None else None
    changed = [
        cell
        for cell in cells
        if cell.change != "same" or cell.moved_from is not None or cell.outputs_before is not None
    ]
    verdict, reason = _verdict(now)
    return NotebookReview(
        path=path,
        change=_change(before, compared, changed),
        verdict=verdict,
        reason=mask(reason),
        figures=_figures(now, before),
        cells=tuple(
            cell for cell in cells if cell.findings or (compared and cell in changed)
        ),
        drawn=tuple(cell for cell in cells if cell.kind == "code" and cell.change != "removed"),
        arcs=arcs_of(now.facts.flow, old_flow, matched),
        flow=flow_changes(now.facts.flow, old_flow, matched) if old_flow is not None else (),
        general=tuple(finding for finding in now.findings if finding.place.cell is None),
        readiness=standings(now.judged, before.judged if before is not None else ()),
    )  # fmt: skip


def review_of_unreadable(path: str, findings: Sequence[Finding]) -> NotebookReview:
    """What there is to say of a file that could not be read."""
    reason = findings[0].message if findings else "cannot be read"
    return NotebookReview(
        path, "changed", "unreadable", reason, (), (), (), (), (), tuple(findings)
    )


def removed(path: str) -> NotebookReview:
    """What there is to say of a notebook that is gone."""
    return NotebookReview(path, "removed", "gone", "is not there any more", (), (), (), (), (), ())


def _change(before: Version | None, compared: bool, changed: Sequence[CellReview]) -> Any:
    if not compared:
        return "same"
    if before is None:
        return "new"
    return "changed" if changed else "same"


def _verdict(now: Version) -> tuple[Verdict, str]:
    """The worst that can be said, and why."""
    stopping = [
        finding for judged in now.judged if judged.item.about_runs for finding in judged.against
    ] or [finding for finding in now.findings if finding.stops_a_run]
    if stopping:
        first = min(stopping, key=lambda finding: finding.place.cell or 0)
        cell = first.place.cell
        if first.predicted_exception is not None:
            return "fails", f"cell {cell} fails on Restart-and-Run-All: `{first.symbol}`"
        return "fails", f"cell {cell} cannot run: {first.message}"
    order = [finding for finding in now.findings if finding.predicts == "other-result"]
    if order:
        return (
            "differs",
            f"cell {order[0].place.cell} gives a different result when run in document order",
        )
    for severity, verdict in (("error", "errors"), ("warning", "warnings")):
        count = sum(finding.severity.value == severity for finding in now.findings)
        if count:
            some = "s" if count != 1 else ""
            return verdict, f"{count} {severity}{some}"  # type: ignore[return-value]
    return "clean", "runs from top to bottom; no findings"


def _figures(now: Version, before: Version | None) -> tuple[Figure, ...]:
    return tuple(
        Figure(title, number, _numbers(before)[title] if before is not None else None)
        for title, number in _numbers(now).items()
    )


def _numbers(version: Version) -> dict[str, int]:
    cells = version.facts.notebook.cells
    code = [cell for cell in cells if cell.is_python]
    return {
        "findings": len(version.findings),
        "errors": sum(finding.severity.value == "error" for finding in version.findings),
        "cells that fail": len({failure.cell for failure in version.facts.flow.failures}),
        "code cells": len(code),
        "lines of code": sum(
            bool(line.strip()) for cell in code for line in cell.source.split("\n")
        ),
        "dependencies": sum(len(targets) for targets in version.facts.flow.edges.values()),
    }


def _cells(
    now: Version,
    before: Version | None,
    matched: Mapping[int, int],
    mask: Mask,
    *,
    compared: bool,
) -> Iterator[CellReview]:
    """Every cell of now, those of the base that are gone in their places."""
    moved = moved_cells(matched)
    old_cells = before.facts.notebook.cells if before is not None else ()
    fails = {failure.cell for failure in now.facts.flow.failures}
    headings = headings_above(now.facts.notebook.cells, mask)
    for old, cell in paired_cells(old_cells, now.facts.notebook.cells, matched):
        if cell is None:
            assert old is not None
            yield _gone(old, mask)
            continue
        own = tuple(finding for finding in now.findings if finding.place.cell == cell.number)
        same = not compared or (old is not None and old.source == cell.source)
        outputs = tuple(_outputs(cell, mask))
        earlier = tuple(_outputs(old, mask)) if old is not None else outputs
        yield CellReview(
            number=cell.number,
            kind=cell.kind,
            execution_count=cell.execution_count,
            change="same" if same else "changed" if old is not None else "new",
            lines=tuple(_lines(mask(old.source) if old else None, mask(cell.source), same)),
            findings=own,
            outputs=outputs,
            title=_title(mask(cell.source)),
            fails=cell.index in fails,
            is_stale=any(finding.predicts == "stale-output" for finding in own),
            moved_from=moved[cell.index] + 1 if cell.index in moved else None,
            outputs_before=earlier if earlier != outputs else None,
            heading=headings.get(cell.index),
        )


def _gone(cell: Cell, mask: Mask) -> CellReview:
    source = mask(cell.source)
    lines = tuple(ReviewLine("-", at, text) for at, text in enumerate(source.split("\n"), 1))
    return CellReview(
        cell.number, cell.kind, cell.execution_count, "removed", lines, (), (), _title(source),
        outputs_before=tuple(_outputs(cell, mask)) or None,
    )  # fmt: skip


def _lines(old: str | None, new: str, same: bool) -> Iterator[ReviewLine]:
    after = new.split("\n")
    if same or old is None:
        mark = " " if same else "+"
        yield from (ReviewLine(mark, at, text) for at, text in enumerate(after, 1))
        return
    before = old.split("\n")
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield from (ReviewLine("-", at + 1, before[at]) for at in range(a, b))
        yield from (
            ReviewLine(" " if tag == "equal" else "+", at + 1, after[at]) for at in range(c, d)
        )


def _title(source: str) -> str:
    line = next((splitline.strip() for splitline in source.splitlines() if splitline.strip()), "")
    return line if len(line) <= 60 else line[:59] + "…"


def _outputs(cell: Cell, mask: Mask) -> Iterator[SavedOutput]:
    for output in cell.outputs:
        kind = output.get("output_type")
        if kind == "error":
            said = f"{output.get('ename', '')}: {output.get('evalue', '')}"
            yield SavedOutput("error", _short(mask(said)))
            continue
        data = output.get("data")
        image = _image(data) if isinstance(data, dict) else None
        if image is not None:
            yield SavedOutput("image", image)
            continue
        text = data.get("text/plain") if isinstance(data, dict) else output.get("text")
        joined = "".join(map(str, text)) if isinstance(text, list) else str(text or "")
        if joined.strip():
            yield SavedOutput("text", _short(mask(_ESCAPES.sub("", joined))))


def _image(data: Mapping[str, Any]) -> str | None:
    """An image as a data URL, if it is one that a browser only draws."""
    for kind in _IMAGES:
        text = data.get(kind)
        text = "".join(map(str, text)) if isinstance(text, list) else text
        if isinstance(text, str) and len(text) < _LARGEST_IMAGE and _BASE64.match(text):
            return f"data:{kind};base64,{''.join(text.split())}"
    return None


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "\n… cut off here"
