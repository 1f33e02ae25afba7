"""Quick fixes: the fix of a finding, and comments that suppress it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lsprotocol import types

from nbprod.fixing.apply import fix_bytes
from nbprod.fixing.suppress import cell_suppression, suppression_edits
from nbprod.live import edits
from nbprod.model import AnyEdit, Applicability, Edit, Finding, Fix, NewLine
from nbprod.notebook.types import Notebook
from nbprod.project.run import check_one
from nbprod.server.checks import settings_for
from nbprod.server.diagnostics import diagnostics_of, location_of
from nbprod.server.views import NotebookView, TextEdits, View

__all__ = ["APPLY_CELL_EDITS", "CELL_EDITS_METHOD", "ClientSkills", "fix_all", "quick_fixes"]

APPLY_CELL_EDITS = "nbprod.applyCellEdits"
CELL_EDITS_METHOD = "nbprod/applyCellEdits"


class ClientSkills:
    """What the client declares that it can do."""

    def __init__(self, capabilities: types.ClientCapabilities) -> None:
        workspace = capabilities.workspace
        text = capabilities.text_document
        edit = workspace.workspace_edit if workspace else None
        lens = workspace.code_lens if workspace else None
        files = workspace.did_change_watched_files if workspace else None
        published = text.publish_diagnostics if text else None
        experimental = capabilities.experimental
        self.document_changes = bool(edit and edit.document_changes)
        operations = (edit.resource_operations if edit else None) or ()
        applies = bool(workspace and workspace.apply_edit)
        self.creates_files = (
            applies and self.document_changes and types.ResourceOperationKind.Create in operations
        )
        self.refreshes_lenses = bool(lens and lens.refresh_support)
        self.watches_files = bool(files and files.dynamic_registration)
        self.related = bool(published and published.related_information)
        self.cell_edits = isinstance(experimental, dict) and bool(
            experimental.get("nbprodCellEdits")
        )


def quick_fixes(
    view: View, findings: Sequence[Finding], uri: str, place: types.Range, skills: ClientSkills
) -> list[types.CodeAction]:
    """The actions for the findings that touch a range."""
    actions: list[types.CodeAction] = []
    for finding in findings:
        location = location_of(view, finding)
        if location is None or location.uri != uri or not _touch(location.range, place):
            continue
        diagnostics = diagnostics_of(view, [finding], related=False)[uri]
        for action in _actions(view, finding, skills):
            action.diagnostics = diagnostics
            if all(action.title != other.title for other in actions):
                actions.append(action)
    return actions


def fix_all(
    view: View, uri: str, kind: types.CodeActionKind | str, skills: ClientSkills, *, alone: bool
) -> types.CodeAction | None:
    """The action that applies all safe fixes of sources; None where there are none.

    Args:
        view: the document.
        uri: the text that the client asks about.
        kind: the kind of the action.
        skills: what the client can do.
        alone: whether only that text is to change: editors ask for each cell of a notebook.
    """
    path = view.result.notebook.path
    settings = settings_for(path)[0]

    def check(notebook: Notebook) -> list[Finding]:
        return [found for found in check_one(notebook, settings).findings if _edits_texts(found)]

    fixed = fix_bytes(view.data(), path, check, unsafe=False)
    if not fixed.applied:
        return None
    changes = {
        text: edits for text, edits in view.replaced(fixed.data).items() if text == uri or not alone
    }
    if not changes:
        return None
    edit = _workspace_edit(view, changes, skills)
    return types.CodeAction("Apply all safe fixes of nbprod", kind, edit=edit)


def _edits_texts(finding: Finding) -> bool:
    """Whether the fix of a finding, if any, changes sources only."""
    return finding.fix is not None and all(
        isinstance(edit, Edit) or (isinstance(edit, NewLine) and not edit.new)
        for edit in finding.fix.edits
    )


def _touch(first: types.Range, second: types.Range) -> bool:
    return first.start <= second.end and second.start <= first.end


def _actions(view: View, finding: Finding, skills: ClientSkills) -> Iterator[types.CodeAction]:
    if finding.fix is not None:
        action = _fix_action(view, finding.fix, skills)
        if action is not None:
            yield action
    notebook = view.result.notebook
    on_line, unplaced = suppression_edits(notebook, [finding])
    ways: list[tuple[str, list[Edit]]] = [] if unplaced else [("on this line", on_line)]
    if finding.place.cell is not None:
        whole = cell_suppression(notebook.cells[finding.place.cell - 1], finding.code)
        if whole is not None:
            ways.append(("in this cell", [whole]))
    for where, given in ways:
        changes = view.text_edits(given)
        if changes is not None:
            yield types.CodeAction(
                f"Suppress {finding.code} {where}",
                types.CodeActionKind.QuickFix,
                edit=_workspace_edit(view, changes, skills),
            )


def _fix_action(view: View, fix: Fix, skills: ClientSkills) -> types.CodeAction | None:
    is_safe = fix.applicability is Applicability.SAFE
    action = types.CodeAction(
        fix.title if is_safe else f"{fix.title} (may change behavior)",
        types.CodeActionKind.QuickFix,
        is_preferred=is_safe,
    )
    changes = view.text_edits(fix.edits)
    if changes is not None:
        action.edit = _workspace_edit(view, changes, skills)
        return action
    if skills.cell_edits and isinstance(view, NotebookView):
        payload = _cell_edits(view, fix.edits)
        if payload is not None:
            action.command = types.Command(action.title, APPLY_CELL_EDITS, arguments=[payload])
            return action
    return None


def _workspace_edit(view: View, changes: TextEdits, skills: ClientSkills) -> types.WorkspaceEdit:
    if not skills.document_changes:
        return types.WorkspaceEdit(changes={uri: list(group) for uri, group in changes.items()})
    versions = dict(view.versions)
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(uri, versions[uri]), list(group)
            )
            for uri, group in changes.items()
        ]
    )


def _cell_edits(view: NotebookView, given: Sequence[AnyEdit]) -> dict[str, Any] | None:
    """Changes of whole cells, for clients that can make them: the protocol has no form for them.

    Cells are named by URI. ``order`` is there if cells move; ``version`` is the notebook's.
    """
    changes = edits(view.result.notebook.cells, given)
    if changes is None:
        return None
    uris = [uri for uri, _ in view.versions]
    texts = [
        {
            "cell": uris[cell],
            "edits": [
                {"range": _plain(view.locate(edit.span).range), "newText": edit.text}
                for edit in group
            ],
        }
        for cell, group in changes.texts.items()
    ]
    return {
        "version": view.result.document.version,
        "texts": texts,
        "order": [uris[cell] for cell in changes.order] if changes.moves else None,
        "added": [
            {"before": uris[cell.before], "source": cell.source, "tags": list(cell.tags)}
            for cell in changes.added
        ],
        "clearCounts": [uris[cell] for cell in changes.cleared],
    }


def _plain(place: types.Range) -> dict[str, dict[str, int]]:
    return {
        name: {"line": position.line, "character": position.character}
        for name, position in (("start", place.start), ("end", place.end))
    }
