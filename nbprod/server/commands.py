"""Commands that a client calls by name: pictures and tables of an open notebook, and extraction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsprotocol import types

from nbprod.errors import NbprodError
from nbprod.fixing.reorder import runnable_order
from nbprod.flow.graph import graph_mermaid
from nbprod.project.credentials import mask_notebook
from nbprod.server.extraction import extraction_edit, module_beside
from nbprod.server.session import Session
from nbprod.server.views import View

__all__ = ["extract_cells", "graph_of", "order_of", "readiness_of"]


def graph_of(session: Session, given: Any) -> str | None:
    """The data flow of a notebook in Mermaid."""
    view = _view(session, given)
    if view is None or view.result.facts is None:
        return None
    facts = view.result.facts
    return graph_mermaid(mask_notebook(facts), facts.flow, None)


def order_of(session: Session, given: Any) -> list[int] | None:
    """An order of the cells that runs, counted from 1; None where none is found."""
    view = _view(session, given)
    if view is None or view.result.facts is None:
        return None
    order = runnable_order(view.result.facts)
    return None if order is None else [cell + 1 for cell in order]


def readiness_of(session: Session, given: Any) -> list[dict[str, Any]] | None:
    """The state of each cell that is against a run from top to bottom, with the words for it."""
    view = _view(session, given)
    if view is None:
        return None
    return [
        {"cell": cell + 1, "states": sorted(state.states)}
        for cell, state in view.result.states.items()
        if state.states != {"runs"}
    ]


def extract_cells(session: Session, given: Any) -> None:
    """Send the edit that extracts cells, or say why they cannot be extracted."""
    view = _view(session, given)
    numbers = given.get("cells") if isinstance(given, Mapping) else None
    if view is None or not isinstance(numbers, list):
        session.say("the notebook has changed or is not open; try again")
        return
    if not session.skills.creates_files:
        command = f"nbprod extract {view.result.notebook.path} -o {module_beside(view)}"
        session.say(f"this editor creates no files for servers; run: {command}")
        return
    module = given.get("module")
    cells = [number - 1 for number in numbers if isinstance(number, int) and number > 0]
    try:
        edit = extraction_edit(view, cells, module if module else module_beside(view))
    except NbprodError as error:
        session.say(str(error))
        return
    label = "Extract cells to a module"
    session.server.workspace_apply_edit(types.ApplyWorkspaceEditParams(edit, label), None)


def _view(session: Session, given: Any) -> View | None:
    """The checked document that an argument names by the URI of it or of one of its cells."""
    uri = given.get("uri") if isinstance(given, Mapping) else None
    if not isinstance(uri, str):
        return None
    if uri in session.store.notebooks:
        return session.current_view(uri)
    return session.fresh_view(uri)
