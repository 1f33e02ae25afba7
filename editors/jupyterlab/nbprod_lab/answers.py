"""Answers to the requests of the front end, whatever server carries them. Nothing runs a notebook.

Every request brings the changes of the notebook with it. Changes that an answer proposes are made
by the front end, so that they can be undone there; files of an extraction are written here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbprod.config.settings import Settings
from nbprod.disk.places import is_within, project_roots
from nbprod.errors import UsageError
from nbprod.extract.delivery import ExtractionDelivery
from nbprod.extract.plan.explain import explained
from nbprod.extract.selected import SelectedCells, extract_selected
from nbprod.fixing.apply import fix_bytes
from nbprod.fixing.reorder import find_moves
from nbprod.live import Result
from nbprod.model import Applicability, Finding
from nbprod.notebook.edits.splice import EditRefused, apply_edits
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project.credentials import forget_credentials
from nbprod.project.run import check_one, facts_of
from nbprod.project.write_all import existing, write_all
from nbprod.rule import LEVELS
from nbprod.server.checks import CheckJob, check_job, settings_for
from nbprod_lab.marks import cell_marks, finding_of, flow_edges, general_findings, verdict
from nbprod_lab.open_notebooks import BadRequest, OpenNotebook, OpenNotebooks, StateRequest

__all__ = ["Answers"]

# A fix was asked for, so the search for an order may take its time.
_EFFORT = 160
_UNTITLED = "untitled.ipynb"


class Answers:
    """The requests by name, over the notebooks that are open."""

    def __init__(self, file_of: Callable[[str], str | None], root: str | None) -> None:
        """
        Args:
            file_of: the file of a path as the front end has it; None where it is in none.
            root: the directory that files may be written in; None for none.
        """
        self._open = OpenNotebooks()
        self._file_of = file_of
        self._root = root
        self._named: Mapping[str, Callable[[Any], dict[str, Any]]] = {
            "check": self._check,
            "fix": self._fix,
            "order": self._order,
            "extract": self._extract,
            "close": self._close,
        }

    def answer(self, name: str, given: Any) -> dict[str, Any]:
        """The answer to a request, as JSON.

        Raises:
            NbprodError: it cannot be done; the message says why.
        """
        try:
            return self._named[name](given)
        finally:
            # Nothing is printed here, so no notebook is held to mask its credentials.
            forget_credentials()

    def _close(self, given: Any) -> dict[str, Any]:
        self._open.close(StateRequest.of(given).key)
        return {}

    def _check(self, given: Any) -> dict[str, Any]:
        """Marks that the front end does not have yet, and the ids of cells without any."""
        request, notebook = self._updated(given)
        path = self._file_of(request.path)
        outcome = check_job(_job(request, notebook, path))
        result = outcome.result
        if result is None:
            raise BadRequest("the notebook cannot be read")
        try:
            marks = cell_marks(result, notebook.order)
            news = notebook.news(
                {
                    **{f"cell {key}": marks.get(key) for key in notebook.order},
                    "general": general_findings(result),
                    "edges": flow_edges(result, notebook.order),
                    "verdict": verdict(result, notebook.order),
                }
            )
        finally:
            result.close()
        cells = {name[5:]: value for name, value in news.items() if name.startswith("cell ")}
        rest = {name: value for name, value in news.items() if not name.startswith("cell ")}
        return {**_version(notebook), "cells": cells, **rest, "problem": outcome.problem}

    def _fix(self, given: Any) -> dict[str, Any]:
        """The notebook with one fix, or with all that can be made."""
        request, notebook = self._updated(given)
        path = self._file_of(request.path)
        if given.get("finding") is not None:
            return _fixed_one(given["finding"], request, notebook, path)
        settings = _settings(path, request)
        data = notebook.text.encode()

        def found(one: Notebook) -> Sequence[Finding]:
            return check_one(one, settings, _EFFORT).findings

        fixed = fix_bytes(data, path or _UNTITLED, found, unsafe=given.get("unsafe") is True)
        left = found(read_notebook(fixed.data, path or _UNTITLED))
        return {
            **_version(notebook),
            "target": _target(notebook, fixed.data),
            "titles": list(fixed.applied),
            "environment": list(fixed.environment),
            "unsafe": sum(_is_unsafe(finding) for finding in left),
        }

    def _order(self, given: Any) -> dict[str, Any]:
        """The notebook in an order that runs, as far as there is one."""
        request, notebook = self._updated(given)
        path = self._file_of(request.path)
        data = notebook.text.encode()
        whole = read_notebook(data, path or _UNTITLED)
        facts = facts_of(whole, _settings(path, request), _EFFORT)
        fails = bool(facts.flow.failures)
        moves = find_moves(facts)
        if moves is None or not moves.moves:
            return {**_version(notebook), "target": None, "fails": fails, "moved": []}
        changed = apply_edits(facts.notebook, data, moves.moves)
        return {
            **_version(notebook),
            "target": _target(notebook, changed),
            "moved": [cell + 1 for cell in sorted(moves.moved)],
            "undefined": sorted({name for _, name in moves.failing}),
        }

    def _extract(self, given: Any) -> dict[str, Any]:
        """The plan for selected cells; with ``write`` its files are written, but the notebook."""
        request, notebook = self._updated(given)
        path = self._file_of(request.path)
        if path is None or self._root is None:
            raise UsageError("save the notebook in a file first: the module is written beside it")
        module, chosen = given.get("module"), given.get("selected")
        if not isinstance(module, str) or not isinstance(chosen, list):
            raise BadRequest("the request names no module and no cells")
        cells = {at for at, key in enumerate(notebook.order) if key in chosen}
        data = notebook.text.encode()
        selected = SelectedCells(path, data, cells, module, tests=given.get("tests") is not False)
        made = extract_selected(selected, _settings(path, request))
        if not is_within(os.path.dirname(made.target.path), (os.path.realpath(self._root),)):
            raise UsageError(f"{module} is outside of the directory that Jupyter serves")
        folder = os.path.dirname(path)
        files = {name: text for name, text in made.files.items() if name != made.notebook}
        there = [name for name in existing(files) if name != made.target.path]
        if there:
            names = ", ".join(os.path.relpath(name, folder) for name in there)
            raise UsageError(f"{names} already exists; choose another module")
        if given.get("write") is True:
            roots = project_roots((made.target.project, folder))
            write_all(files, read=made.read, force=False, within=roots, named=(made.target.path,))
        return {
            **_version(notebook),
            "target": _target(notebook, made.files[made.notebook]),
            "files": [os.path.relpath(name, folder) for name in files],
            "plan": list(_told(made, selected, _settings(path, request))),
            "module": files[made.target.path].decode(),
        }

    def _updated(self, given: Any) -> tuple[StateRequest, OpenNotebook]:
        request = StateRequest.of(given)
        return request, self._open.updated(request)


def _version(notebook: OpenNotebook) -> dict[str, Any]:
    return {"version": notebook.version}


def _level(request: StateRequest) -> Any:
    return request.level if request.level in LEVELS else None


def _settings(path: str | None, request: StateRequest) -> Settings:
    return settings_for(path, _level(request))[0]


def _job(request: StateRequest, notebook: OpenNotebook, path: str | None) -> CheckJob:
    return CheckJob(
        request.path or _UNTITLED,
        path,
        (),
        text=notebook.text,
        edited=notebook.edited,
        level=_level(request),
    )


def _is_unsafe(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is Applicability.UNSAFE


def _fixed_one(
    key: Any, request: StateRequest, notebook: OpenNotebook, path: str | None
) -> dict[str, Any]:
    result = check_job(_job(request, notebook, path)).result
    if result is None:
        raise BadRequest("the notebook cannot be read")
    try:
        return {**_version(notebook), **_with_fix(key, result, notebook)}
    finally:
        result.close()


def _with_fix(key: Any, result: Result, notebook: OpenNotebook) -> dict[str, Any]:
    finding = finding_of(result, key)
    if finding is None or finding.fix is None:
        raise UsageError("the finding is not there any more")
    try:
        data = apply_edits(result.notebook, notebook.text.encode(), finding.fix.edits)
    except (EditRefused, ValueError) as error:
        raise UsageError(f"the fix cannot be applied: {error}") from None
    return {
        "target": _target(notebook, data),
        "titles": [finding.fix.title],
        "environment": list(finding.fix.environment),
    }


def _target(notebook: OpenNotebook, data: bytes) -> list[Any]:
    """The cells as they are to be, in order: those that are there by id, with what changes."""
    before = {cell["id"]: cell for cell in json.loads(notebook.text)["cells"]}
    found: list[Any] = []
    for cell in json.loads(data)["cells"]:
        old = before.pop(cell.get("id"), None)
        if old is None:
            found.append({"cell": cell})
            continue
        entry = {"id": cell["id"]}
        if _source(cell) != _source(old):
            entry["source"] = _source(cell)
        for name in ("execution_count", "outputs"):
            if cell.get(name) != old.get(name):
                entry[name] = cell.get(name)
        found.append(entry)
    return found


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _told(made: ExtractionDelivery, selected: SelectedCells, settings: Settings) -> list[str]:
    """The plan in words."""
    plan = made.extracted.plan
    if plan.cut is not None:
        return list(explained(plan, plan.cut.facts))
    facts = facts_of(read_notebook(selected.data, selected.path), settings)
    return list(explained(plan, facts))
