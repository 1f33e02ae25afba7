"""A check as the front end shows it: marks of cells, the verdict, the flow. Pure.

Lines count from 0 in the source of a cell, columns in UTF-16 units, as in a browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbprod.live import Result
from nbprod.model import Applicability, Finding
from nbprod.notebook.positions import LineIndex
from nbprod.server.explain import notes_of

__all__ = ["cell_marks", "finding_of", "flow_edges", "general_findings", "verdict"]


def cell_marks(result: Result, order: Sequence[str]) -> dict[str, Any]:
    """What is to be seen at each cell, by id; nothing for cells with nothing to say."""
    found: dict[str, Any] = {}
    for index, key in enumerate(order):
        state = result.states.get(index)
        notes = [{"state": word, "text": text} for word, text in notes_of(state)] if state else []
        if notes:
            found[key] = {"notes": notes, "findings": []}
    for finding in result.findings:
        if finding.place.cell is not None:
            key = order[finding.place.cell - 1]
            mark = found.setdefault(key, {"notes": [], "findings": []})
            mark["findings"].append(_finding(result, finding))
    return found


def general_findings(result: Result) -> list[Any]:
    """The findings about the notebook as a whole."""
    return [_finding(result, finding) for finding in result.findings if finding.place.cell is None]


def finding_of(result: Result, key: Any) -> Finding | None:
    """The finding with a key that was sent before; None where it is gone."""
    return next((finding for finding in result.findings if _key(finding) == key), None)


def flow_edges(result: Result, order: Sequence[str]) -> list[Any]:
    """Which cell reads which names from which: provider, reader, names."""
    return [
        [order[provider], order[reader], sorted(names)]
        for provider, readers in sorted(result.edges.items())
        for reader, names in sorted(readers.items())
        if 0 <= provider < len(order) and 0 <= reader < len(order)
    ]


def verdict(result: Result, order: Sequence[str]) -> dict[str, Any]:
    """What Restart Kernel and Run All Cells would do: a word, a text, and the first cell of it."""
    if result.facts is None or result.notebook.language != "python":
        return {"state": "unknown", "text": "not checked", "cell": None}
    stops = {
        finding.place.cell - 1
        for finding in result.findings
        if finding.stops_a_run and finding.place.cell is not None
    }
    stops.update(index for index, state in result.states.items() if state.stops or state.fails)
    if stops:
        return _verdict("fails", f"fails at cell {min(stops) + 1}", min(stops), order)
    others = {
        finding.place.cell - 1
        for finding in result.findings
        if finding.predicts in ("other-result", "stale-output") and finding.place.cell is not None
    }
    others.update(index for index, state in result.states.items() if state.differs)
    if others:
        count = f"{len(others)} cells" if len(others) > 1 else f"cell {min(others) + 1}"
        return _verdict("differs", f"results change in {count}", min(others), order)
    return {"state": "runs", "text": "no failure found", "cell": None}


def _verdict(state: str, text: str, cell: int, order: Sequence[str]) -> dict[str, Any]:
    return {"state": state, "text": text, "cell": order[cell]}


def _finding(result: Result, finding: Finding) -> dict[str, Any]:
    fix = finding.fix
    return {
        "key": _key(finding),
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "certainty": finding.certainty.value,
        "message": finding.message,
        "help": finding.help,
        "part": finding.part,
        "line": finding.place.line,
        "column": finding.place.column,
        "range": _range(result, finding),
        "fix": fix and {"title": fix.title, "safe": fix.applicability is Applicability.SAFE},
    }


def _key(finding: Finding) -> list[Any]:
    """What tells a finding from the others, in this state of the notebook and in the next ones."""
    place = finding.place
    return [finding.code, finding.fingerprint, place.cell_id, place.line, place.column]


def _range(result: Result, finding: Finding) -> list[int] | None:
    """Start and end as lines and columns; None for what is not in a source."""
    place = finding.place
    if place.cell is None or finding.part != "source":
        return None
    index = LineIndex(result.notebook.cells[place.cell - 1].source)
    return [
        place.line - 1,
        _units(index, place.line, place.column),
        place.end_line - 1,
        _units(index, place.end_line, place.end_column),
    ]


def _units(index: LineIndex, line: int, column: int) -> int:
    before = index.line(line)[: column - 1]
    return len(before) + sum(ord(letter) > 0xFFFF for letter in before)
