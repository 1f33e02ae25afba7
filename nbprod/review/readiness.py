"""Findings to a table of items; never one number. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from nbprod.model import FileResult, Finding
from nbprod.report.places import clickable
from nbprod.review.readiness_items import ITEMS, Item

__all__ = ["Judged", "as_json", "score_items", "rules_of_items"]

State = Literal["passed", "failed", "nothing against it", "not checkable"]
"""What the rubric asks for is more than that nothing speaks against it."""


class Judged(NamedTuple):
    """An item, how it stands, and what speaks against it."""

    item: Item
    state: State
    against: tuple[Finding, ...]


def rules_of_items() -> list[str]:
    """The names of all rules that decide an item."""
    return sorted({name for item in ITEMS for name in item.rules})


def score_items(findings: Sequence[Finding]) -> list[Judged]:
    """How each item stands, by what was found."""
    found = []
    for item in ITEMS:
        own = tuple(
            finding
            for finding in findings
            if finding.name in item.rules and (finding.stops_a_run or not item.about_runs)
        )
        found.append(Judged(item, _state(item, own), own))
    return found


def _state(item: Item, against: Sequence[Finding]) -> State:
    if not item.rules:
        return "not checkable"
    if against:
        return "failed"
    return "passed" if item.section == "notebook" else "nothing against it"


def as_json(results: Iterable[FileResult]) -> dict[str, Any]:
    """The tables of all notebooks and of them together, for programs."""
    results = list(results)
    every = [finding for result in results for finding in result.findings]
    return {
        "version": "1",
        "repository": [_row(judged) for judged in score_items(every)],
        "notebooks": [
            {"path": result.path, "items": [_row(row) for row in score_items(result.findings)]}
            for result in results
        ],
    }


def _row(one: Judged) -> dict[str, Any]:
    return {
        "id": one.item.id,
        "section": one.item.section,
        "title": one.item.title,
        "state": one.state,
        "rules": list(one.item.rules),
        "count": len(one.against),
        "first": clickable(one.against[0]) if one.against else None,
        "why": one.item.why,
    }
