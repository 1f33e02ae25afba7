"""What each tool answers, as an object; the same that commands print."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from nbprod.agents.sources import CallSource, below_root, source_of
from nbprod.checking.registry import current_name, rule_files
from nbprod.checking.rule_page import rule_page
from nbprod.config.settings import Settings
from nbprod.disk.write import write_file
from nbprod.errors import UsageError, WriteError
from nbprod.extract.delivery import DeliveryRequest
from nbprod.extract.extraction import Refused
from nbprod.extract.plan.plan_object import plan_object, refusal_objects
from nbprod.extract.plan.select import cells_of
from nbprod.extract.plan.targets import target_of
from nbprod.extract.selected import delivery_of_cells
from nbprod.facts import Facts
from nbprod.fixing.apply import Fixed, fix_bytes
from nbprod.fixing.patch import notebook_patch
from nbprod.fixing.reorder import runnable_order
from nbprod.flow import Flow
from nbprod.flow.graph import names_not_found
from nbprod.model import FileResult, Finding
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project.baselines import read_baseline
from nbprod.project.run import check_bytes, check_one, facts_of
from nbprod.report.agent import agent_finding, by_severity

__all__ = ["TOOLS", "Tool"]

# The commands search as long for an order, and for what fixes do.
_EFFORT = 160
Tool = Callable[[Mapping[str, Any], str], dict[str, Any]]


def checked_notebook(arguments: Mapping[str, Any], root: str) -> dict[str, Any]:
    """The findings of a notebook, the most severe first."""
    source = source_of(arguments, root)
    result = check_bytes(source.data, source.path, source.settings)
    if source.settings.baseline:
        known = read_baseline(source.settings.baseline)
        result = known.filtered([result]).results[0]
    return {
        "path": source.path,
        "runs_from_top": not result.fails and not result.unreadable,
        **_skipped(result),
        "findings": _findings(result.findings, source.notebook),
    }


def _skipped(result: FileResult) -> dict[str, Any]:
    return {"skipped": result.skipped} if result.skipped else {}


def _findings(findings: Sequence[Finding], notebook: Notebook) -> list[dict[str, Any]]:
    return [agent_finding(finding, notebook.cells) for finding in by_severity(findings)]


def explain_rule(arguments: Mapping[str, Any], root: str) -> dict[str, Any]:
    """The page of a rule."""
    word = str(arguments["code"])
    for file in rule_files():
        if word.upper() == file.code or current_name(word) == file.name:
            return {"code": file.code, "rule": file.name, "page": rule_page(file).split("\n")}
    raise UsageError(f"no rule is named {word!r}")


def data_flow(arguments: Mapping[str, Any], root: str) -> dict[str, Any]:
    """Which cells feed which; for one cell what must run before it and what it makes stale."""
    source = source_of(arguments, root)
    facts = facts_of(source.notebook, source.settings)
    flow = facts.flow
    number = arguments.get("cell")
    if number is None:
        return {
            "path": source.path,
            "cells": [_cell_flow(facts, cell) for cell in sorted(flow.order)],
        }
    cell = int(number) - 1
    if cell not in flow.cells:
        raise UsageError(f"cell {number} is not a Python cell of {source.path}")
    readers = flow.edges
    providers = _turned(flow)
    return {
        "path": source.path,
        **_cell_flow(facts, cell),
        "must_run_before": _numbers(_reached(cell, providers)),
        "stale_if_changed": _numbers(_reached(cell, readers)),
    }


def _cell_flow(facts: Facts, cell: int) -> dict[str, Any]:
    flow = facts.flow
    found: dict[str, Any] = {
        "cell": cell + 1,
        "id": facts.cell(cell).id,
        "defines": sorted(flow.cells[cell].definitions),
        "reads": _named(_turned(flow).get(cell, {})),
        "read_by": _named(flow.edges.get(cell, {})),
        "fails": names_not_found(flow).get(cell, []),
        "rerun_changes": sorted({reason.name for reason in flow.again(cell) if reason.certain}),
    }
    return {key: value for key, value in found.items() if value not in ([], None)}


def _turned(flow: Flow) -> dict[int, dict[int, frozenset[str]]]:
    """Reader cell to provider cell to the names."""
    found: dict[int, dict[int, frozenset[str]]] = {}
    for source, targets in flow.edges.items():
        for target, names in targets.items():
            found.setdefault(target, {})[source] = names
    return found


def _named(cells: Mapping[int, frozenset[str]]) -> list[dict[str, Any]]:
    return [{"cell": cell + 1, "names": sorted(names)} for cell, names in sorted(cells.items())]


def _reached(cell: int, edges: Mapping[int, Mapping[int, frozenset[str]]]) -> set[int]:
    found: set[int] = set()
    waiting = [cell]
    while waiting:
        for other in edges.get(waiting.pop(), ()):
            if other not in found and other != cell:
                found.add(other)
                waiting.append(other)
    return found


def _numbers(cells: set[int]) -> list[int]:
    return [cell + 1 for cell in sorted(cells)]


def runnable_cells(arguments: Mapping[str, Any], root: str) -> dict[str, Any]:
    """Whether the notebook runs from top to bottom, and an order in which it does."""
    source = source_of(arguments, root)
    facts = facts_of(source.notebook, source.settings, effort=_EFFORT)
    order = runnable_order(facts)
    return {
        "path": source.path,
        "runs_from_top": not facts.flow.failures,
        "order": None if order is None else [cell + 1 for cell in order],
    }


def plan_extraction(arguments: Mapping[str, Any], root: str) -> dict[str, Any]:
    """The functions that cells would become, or why they cannot; nothing is written."""
    source = source_of(arguments, root)
    facts = facts_of(source.notebook, source.settings)
    stem = os.path.splitext(source.path)[0]
    module = below_root(str(arguments.get("module") or _module_of(stem)), root)
    target = target_of(module, root)
    order = DeliveryRequest(target, os.path.abspath(f"{stem}_extracted.ipynb"))
    text = arguments.get("selection")
    chosen = list(cells_of(str(text), facts.notebook)) if text else None
    try:
        delivery = delivery_of_cells(facts, source.data, chosen, order)
    except Refused as error:
        message, refused = str(error).split("\n")[0], refusal_objects(error.refusals)
        return {"notebook": source.path, "message": message, "refused": refused}
    return {
        "notebook": source.path,
        "module": delivery.target.module,
        **plan_object(delivery.extracted.plan, facts),
        "refused": [],
    }


def _module_of(stem: str) -> str:
    name = "".join(char if char.isalnum() else "_" for char in os.path.basename(stem)).lower()
    return f"{name if name.isidentifier() else 'extracted'}_steps.py"


def apply_fixes(arguments: Mapping[str, Any], root: str) -> dict[str, Any]:
    """The changes of fixes as a patch of the cells; they are written on request."""
    source = source_of(arguments, root)
    writes = not arguments.get("dry_run", True)
    if writes and not source.is_saved:
        raise UsageError("text and cells are not written; pass a path alone")
    settings = source.settings
    check = partial(_check, settings=settings)
    fixed = fix_bytes(source.data, source.path, check, unsafe=settings.unsafe_fixes)
    after = read_notebook(fixed.data, source.path)
    found = {
        "path": source.path,
        "fixed": list(fixed.applied),
        "written": False,
        "patch": [
            line.rstrip("\n") for line in notebook_patch(source.notebook, after, source.path)
        ],
        "environment": list(fixed.environment),
        "left": _findings(check_one(after, settings).findings, after),
    }
    if writes and fixed.data != source.data:
        _write(source, fixed, root)
        found["written"] = True
    return found


def _write(source: CallSource, fixed: Fixed, root: str) -> None:
    try:
        write_file(source.path, fixed.data, within=(root,), before=source.data)
    except OSError as error:
        raise WriteError(f"{source.path}: not written: {error.strerror}") from None


def _check(notebook: Notebook, settings: Settings) -> Sequence[Finding]:
    return check_one(notebook, settings, _EFFORT).findings


TOOLS: Mapping[str, Tool] = {
    "check_notebook": checked_notebook,
    "explain_rule": explain_rule,
    "data_flow": data_flow,
    "plan_extraction": plan_extraction,
    "runnable_order": runnable_cells,
    "apply_fixes": apply_fixes,
}
