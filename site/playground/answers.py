"""The requests of the playground: texts in, JSON out. A notebook is read, never run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nbprod import live
from nbprod.config.settings import Settings
from nbprod.errors import NbprodError, ReadError
from nbprod.fixing.apply import fix_bytes
from nbprod.fixing.patch import notebook_patch
from nbprod.flow.graph import graph_json
from nbprod.model import Applicability, Finding
from nbprod.notebook.positions import LineIndex
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Cell, Notebook
from nbprod.project.run import check_bytes, check_one
from nbprod.report.json import finding_object
from nbprod.server.explain import lens_text

# A fix was asked for, so the search for an order may take its time: as on the command line.
_EFFORT = 160


def answer(request: str) -> str:
    """Answer a request: `{"kind", "text", "name", "options"}`; what goes wrong is its `error`."""
    given = json.loads(request)
    try:
        settings = _settings(given["options"])
        found = _KINDS[given["kind"]](given["text"], given["name"], settings)
    except NbprodError as error:
        found = {"error": str(error)}
    # Lone surrogates are legal in JSON only as escapes, which ASCII gives.
    return json.dumps(found, ensure_ascii=True)


def _settings(options: dict[str, Any]) -> Settings:
    """The settings of the form; merges need libcst, which the browser does not have."""
    settings = Settings(
        level=options["level"],
        select=_words(options["select"]),
        ignore=_words(options["ignore"]),
        unsafe_fixes=options["unsafe"] is True,
        merges=False,
        plugins=False,
    )
    settings.require_rules()
    return settings


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _nothing_around(_path: str) -> str | None:
    return None


def _check(text: str, name: str, settings: Settings) -> dict[str, Any]:
    """The cells with what is to be seen at each, the findings, and the data flow."""
    result = live.check_text(text, name, settings, _nothing_around)
    if result is None:
        data = text.encode("utf-8", "surrogatepass")
        findings = check_bytes(data, name, settings, _nothing_around).findings
        return {"cells": [], "findings": [_finding(one, ()) for one in findings], "graph": None}
    try:
        cells = result.notebook.cells
        graph = None
        if result.facts is not None:
            graph = json.loads(graph_json(result.notebook, result.facts.flow, None))
        return {
            "cells": [_cell(cell, lens_text(result, cell.index)) for cell in cells],
            "findings": [_finding(finding, cells) for finding in result.findings],
            "graph": graph,
        }
    finally:
        result.close()


def _cell(cell: Cell, note: str | None) -> dict[str, Any]:
    index = LineIndex(cell.source)
    lines = [index.line(number) for number in range(1, len(index.starts) + 1)]
    return {"kind": cell.kind, "count": cell.execution_count, "lines": lines, "note": note}


def _finding(finding: Finding, cells: Sequence[Cell]) -> dict[str, Any]:
    """A finding as `--output-format json` has it, with its range in units of UTF-16."""
    return {**finding_object(finding), "range": _range(finding, cells)}


def _range(finding: Finding, cells: Sequence[Cell]) -> list[int] | None:
    """Start and end as lines and columns from 0; None for what is in no source."""
    place = finding.place
    if place.cell is None or finding.part != "source" or place.cell > len(cells):
        return None
    index = LineIndex(cells[place.cell - 1].source)
    start = _units(index.line(place.line)[: place.column - 1])
    end = _units(index.line(place.end_line)[: place.end_column - 1])
    return [place.line - 1, start, place.end_line - 1, end]


def _units(text: str) -> int:
    return len(text) + sum(ord(letter) > 0xFFFF for letter in text)


def _fix(text: str, name: str, settings: Settings) -> dict[str, Any]:
    """The notebook with its fixes, and the change as a diff of the sources."""
    data = text.encode("utf-8", "surrogatepass")

    def check(notebook: Notebook) -> Sequence[Finding]:
        return check_one(notebook, settings, _EFFORT, read_file=_nothing_around).findings

    try:
        before = read_notebook(data, name)
        fixed = fix_bytes(data, name, check, unsafe=settings.unsafe_fixes)
        after = read_notebook(fixed.data, name)
    except ReadError as error:
        return {"error": f"cannot read {name}: {error}"}
    left = [finding for finding in check(after) if finding.fix is not None]
    return {
        "diff": [line.removesuffix("\n") for line in notebook_patch(before, after, name)],
        "text": fixed.data.decode("utf-8", "replace"),
        "changed": fixed.data != data,
        "titles": list(dict.fromkeys(fixed.applied)),
        "unsafe": sum(_is_unsafe(left)),
    }


def _is_unsafe(findings: Sequence[Finding]) -> Iterator[bool]:
    for finding in findings:
        yield finding.fix is not None and finding.fix.applicability is Applicability.UNSAFE


_KINDS: dict[str, Callable[[str, str, Settings], dict[str, Any]]] = {"check": _check, "fix": _fix}
