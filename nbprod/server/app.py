"""`nbprod server`: the features of the protocol, each passed to the session of the client."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol.language_server import LanguageServerProtocol, lsp_method

from nbprod._version import __version__
from nbprod.live import NameInfo, name_at
from nbprod.model import Span
from nbprod.server.actions import (
    APPLY_CELL_EDITS,
    CELL_EDITS_METHOD,
    ClientSkills,
    fix_all,
    quick_fixes,
)
from nbprod.server.commands import extract_cells, graph_of, order_of, readiness_of
from nbprod.server.diagnostics import location_of
from nbprod.server.explain import lens_text, name_text, rule_text
from nbprod.server.extraction import EXTRACT_CELLS, extract_action
from nbprod.server.session import Session
from nbprod.server.store import OpenText
from nbprod.server.views import View, top_of

__all__ = ["serve"]

# On save VS Code asks for those of each cell, and for those of the notebook.
_FIX_ALL = ("source.fixAll.nbprod", "notebook.source.fixAll.nbprod")
_CONFIGURATION = ("nbprod.toml", ".nbprod.toml", "pyproject.toml")
_NOTEBOOKS = types.NotebookDocumentSyncOptions(
    # No filter of cells: Markdown cells count in the numbers that people see.
    notebook_selector=[
        types.NotebookDocumentFilterWithNotebook(
            types.NotebookDocumentFilterNotebookType("jupyter-notebook")
        )
    ],
    save=True,
)


def _only_ours(method: str) -> Any:
    """What the library does on a change, without the copy of the documents that it keeps."""

    @lsp_method(method)
    def handle(self: Any, params: Any) -> Iterator[tuple[Any, tuple[Any, ...], None]]:
        handler = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None

    return handle


class Protocol(LanguageServerProtocol):
    """The protocol without documents of its own: it refuses changes that clients do send."""

    lsp_text_document__did_open = _only_ours(types.TEXT_DOCUMENT_DID_OPEN)
    lsp_text_document__did_change = _only_ours(types.TEXT_DOCUMENT_DID_CHANGE)
    lsp_text_document__did_close = _only_ours(types.TEXT_DOCUMENT_DID_CLOSE)
    lsp_notebook_document__did_open = _only_ours(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    lsp_notebook_document__did_change = _only_ours(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    lsp_notebook_document__did_close = _only_ours(types.NOTEBOOK_DOCUMENT_DID_CLOSE)


class NotebookServer(LanguageServer):
    """The server, with the session that starts when the client is known."""

    session: Session
    watcher: asyncio.Future[None]
    may_exit = False

    def __init__(self, delay: float) -> None:
        self.delay = delay
        super().__init__(
            "nbprod", __version__, protocol_cls=Protocol, notebook_document_sync=_NOTEBOOKS
        )

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log what cannot be handled; a message box for each would disturb."""
        message = f"{type(error).__name__}: {error}"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))


def serve(delay: float) -> None:
    """Serve one client over standard input and output, until it leaves or is gone.

    Args:
        delay: the seconds without a change before a document is checked.
    """
    server = NotebookServer(delay)
    for register in (
        _register_start, _register_notebooks, _register_texts, _register_answers,
        _register_commands,
    ):  # fmt: skip
        register(server)
    server.start_io()


def _register_start(server: NotebookServer) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.session = Session(server, params.capabilities, server.delay)
        server.session.store.encoding = str(
            getattr(server.workspace.position_encoding, "value", server.workspace.position_encoding)
        )
        if params.process_id is not None and os.name == "posix":
            server.watcher = asyncio.ensure_future(_end_with(params.process_id))

    @server.feature(types.SHUTDOWN)
    def shutdown(_params: None) -> None:
        server.may_exit = True

    @server.feature(types.EXIT)
    def end(_params: None) -> None:
        # The library would wait for a thread that reads what nobody writes any more.
        os._exit(0 if server.may_exit else 1)

    @server.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        if not server.session.skills.watches_files:
            return
        watchers = [types.FileSystemWatcher(f"**/{name}") for name in _CONFIGURATION]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        registration = types.Registration("nbprod-configuration", method, options)
        await server.client_register_capability_async(types.RegistrationParams([registration]))

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(_params: types.DidChangeWatchedFilesParams) -> None:
        server.session.schedule_all()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configuration_changed(_params: types.DidChangeConfigurationParams) -> None:
        server.session.schedule_all()


async def _end_with(client: int) -> None:
    """End when the client's process is gone, whoever holds the other end of the pipe."""
    while True:
        await asyncio.sleep(1)
        try:
            os.kill(client, 0)
        except ProcessLookupError:
            os._exit(1)
        except OSError:
            return  # not ours to ask about: the end of the input has to do


def _register_notebooks(server: NotebookServer) -> None:
    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenNotebookDocumentParams) -> None:
        notebook = server.session.store.open_notebook(params)
        server.session.schedule(notebook.uri, now=True)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeNotebookDocumentParams) -> None:
        session = server.session
        notebook = session.store.notebooks.get(params.notebook_document.uri)
        if notebook is None:
            return
        notebook.version = params.notebook_document.version
        session.clear(notebook.change(params.change, session.store.encoding))
        session.schedule(notebook.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveNotebookDocumentParams) -> None:
        notebook = server.session.store.notebooks.get(params.notebook_document.uri)
        if notebook is not None:
            notebook.saves += 1
            server.session.schedule(notebook.uri, now=True)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseNotebookDocumentParams) -> None:
        server.session.close(params.notebook_document.uri)


def _register_texts(server: NotebookServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        text = OpenText(params.text_document)
        server.session.store.texts[text.uri] = text
        server.session.schedule(text.uri, now=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        session = server.session
        text = session.store.texts.get(params.text_document.uri)
        if text is not None:
            text.change(
                params.text_document.version, params.content_changes, session.store.encoding
            )
            session.schedule(text.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        if params.text_document.uri in server.session.store.texts:
            server.session.schedule(params.text_document.uri, now=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.session.close(params.text_document.uri)


def _register_answers(server: NotebookServer) -> None:
    """Register requests. One about a text that is closed, or has moved on, gets nothing."""

    kinds = [types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorExtract, *_FIX_ALL]
    options = types.CodeActionOptions(code_action_kinds=kinds)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        view = server.session.fresh_view(uri)
        return _actions(view, params, server.session.skills) if view is not None else []

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        view = server.session.fresh_view(uri)
        return _hover(view, uri, params.position) if view is not None else None

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        owner = server.session.store.owner(params.text_document.uri)
        view = server.session.views.get(owner) if owner is not None else None
        return _lenses(view, params.text_document.uri) if view is not None else []

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> list[types.Location]:
        view = server.session.fresh_view(params.text_document.uri)
        info = _name(view, params.text_document.uri, params.position)
        return _locations(view, info.reaching or info.definitions) if info and view else []

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(params: types.ReferenceParams) -> list[types.Location]:
        view = server.session.fresh_view(params.text_document.uri)
        info = _name(view, params.text_document.uri, params.position)
        if info is None or view is None:
            return []
        declared = info.definitions if params.context.include_declaration else ()
        return _locations(view, sorted({*info.reads, *declared}))


def _register_commands(server: NotebookServer) -> None:
    @server.command(APPLY_CELL_EDITS)
    def apply_cell_edits(payload: Any) -> None:
        server.protocol.notify(CELL_EDITS_METHOD, payload)

    @server.command(EXTRACT_CELLS)
    def extract(given: Any) -> None:
        extract_cells(server.session, given)

    @server.command("nbprod.graph")
    def graph(given: Any) -> str | None:
        return graph_of(server.session, given)

    @server.command("nbprod.runnableOrder")
    def order(given: Any) -> list[int] | None:
        return order_of(server.session, given)

    @server.command("nbprod.readiness")
    def readiness(given: Any) -> list[dict[str, Any]] | None:
        return readiness_of(server.session, given)


def _actions(
    view: View, params: types.CodeActionParams, skills: ClientSkills
) -> list[types.CodeAction]:
    """The actions at a range; those that change a whole notebook only where they are asked for."""
    only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
    uri = params.text_document.uri
    found: list[types.CodeAction] = []
    if _is_asked(types.CodeActionKind.QuickFix.value, only):
        found += quick_fixes(view, view.result.findings, uri, params.range, skills)
    if skills.creates_files and _is_asked(types.CodeActionKind.RefactorExtract.value, only):
        extraction = extract_action(view, uri, params.range)
        found += [extraction] if extraction is not None else []
    for kind in _FIX_ALL:
        if only and _is_asked(kind, only):
            alone = not kind.startswith("notebook.")
            action = fix_all(view, uri, kind, skills, alone=alone)
            found += [action] if action is not None else []
    return found


def _is_asked(kind: str, only: Sequence[str]) -> bool:
    """Whether a kind is one that the client wants: a kind stands for those below it."""
    return not only or any(kind == word or kind.startswith(f"{word}.") or not word for word in only)


def _name(view: View | None, uri: str, position: types.Position) -> NameInfo | None:
    place = view.find(uri, position) if view is not None else None
    if view is None or place is None or view.result.facts is None:
        return None
    return name_at(view.result.facts, *place)


def _locations(view: View, spans: Iterable[Span]) -> list[types.Location]:
    return [view.locate(span) for span in spans]


def _hover(view: View, uri: str, position: types.Position) -> types.Hover | None:
    texts: list[str] = []
    info = _name(view, uri, position)
    if info is not None:
        texts.append(name_text(view.result, info))
    for finding in view.result.findings:
        location = location_of(view, finding)
        if location is None or location.uri != uri:
            continue
        if location.range.start <= position <= location.range.end:
            page = rule_text(finding)
            if page is not None and page not in texts:
                texts.append(page)
    if not texts:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(texts)))


def _lenses(view: View, uri: str) -> list[types.CodeLens]:
    found = []
    for cell in view.result.states:
        text = lens_text(view.result, cell)
        top = top_of(view, cell)
        if text is not None and top.uri == uri:
            place = types.Range(top.range.start, top.range.start)
            found.append(types.CodeLens(place, types.Command(text, "")))
    return found
