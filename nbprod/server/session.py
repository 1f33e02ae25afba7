"""What happens to open documents: changes wait a moment, are checked, and findings published."""

from __future__ import annotations

import asyncio
import time

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from nbprod.model import Finding
from nbprod.server.actions import ClientSkills
from nbprod.server.checks import CheckJob, JobOutcome
from nbprod.server.diagnostics import diagnostics_of, location_of
from nbprod.server.documents import document_of, file_of
from nbprod.server.jobs import Worker
from nbprod.server.store import OpenNotebook, OpenText, Store
from nbprod.server.views import NotebookView, TextView, View

__all__ = ["Session"]

# A cell that does not parse while it is typed is no news.
_REST = 1.0
_UNPARSABLE = "NBP010"


class Session:
    """One client: what it has open, what was last found, and what waits."""

    def __init__(
        self, server: LanguageServer, capabilities: types.ClientCapabilities, delay: float
    ) -> None:
        self._delay = delay
        self.server = server
        self.skills = ClientSkills(capabilities)
        self.store = Store()
        self.views: dict[str, View] = {}
        self._worker = Worker(self._done)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._published: dict[str, set[str]] = {}
        self._problems: set[str] = set()

    def schedule(self, uri: str, *, now: bool = False) -> None:
        """Check a document now, or once nothing has happened to it for a moment."""
        self._cancel(uri)
        loop = asyncio.get_running_loop()
        self._timers[uri] = loop.call_later(0 if now else self._delay, self._submit, uri)

    def schedule_all(self) -> None:
        """Check all that is open, as when the settings have changed."""
        for uri in (*self.store.notebooks, *self.store.texts):
            self.schedule(uri)

    def close(self, uri: str) -> None:
        """Forget a document, and clear what was published for it."""
        self._cancel(uri)
        self.store.notebooks.pop(uri, None)
        self.store.texts.pop(uri, None)
        self._forget(uri)

    def clear(self, uris: list[str]) -> None:
        """Clear the diagnostics of texts that are closed."""
        for uri in uris:
            self._publish(uri, [], None)

    def fresh_view(self, uri: str) -> View | None:
        """The checked document that a text is of, if the text is still the one that was checked."""
        owner = self.store.owner(uri)
        view = self.views.get(owner) if owner is not None else None
        if owner is None or view is None:
            return None
        text = self.store.texts.get(uri) or self.store.notebooks[owner].texts.get(uri)
        checked = dict(view.versions).get(uri)
        return view if text is not None and text.version == checked else None

    def current_view(self, uri: str) -> View | None:
        """The checked document with a URI, if no text of it has changed since."""
        view = self.views.get(uri)
        return view if view is not None and view.versions == self._versions(uri) else None

    def say(self, text: str) -> None:
        """Show what came of something that the user has asked for."""
        params = types.ShowMessageParams(types.MessageType.Warning, text)
        self.server.window_show_message(params)

    def _cancel(self, uri: str) -> None:
        timer = self._timers.pop(uri, None)
        if timer is not None:
            timer.cancel()

    def _submit(self, uri: str) -> None:
        self._timers.pop(uri, None)
        notebook = self.store.notebooks.get(uri)
        if notebook is not None:
            self._worker.submit(self._job_of_notebook(notebook))
        elif uri in self.store.texts:
            self._worker.submit(self._job_of_text(self.store.texts[uri]))

    def _job_of_notebook(self, notebook: OpenNotebook) -> CheckJob:
        document = document_of(notebook)
        path = file_of(notebook.uri)
        return CheckJob(notebook.uri, path, notebook.versions, document, saves=notebook.saves)

    def _job_of_text(self, text: OpenText) -> CheckJob:
        return CheckJob(text.uri, file_of(text.uri), ((text.uri, text.version),), text=text.text)

    def _is_current(self, job: CheckJob) -> bool:
        notebook = self.store.notebooks.get(job.uri)
        if notebook is not None and job.document is not None:
            if (notebook.version, notebook.saves) != (job.document.version, job.saves):
                return False
        return self._versions(job.uri) == job.versions

    def _versions(self, uri: str) -> tuple[tuple[str, int | None], ...]:
        """The texts of a document with their versions; none where it is closed."""
        notebook, text = self.store.notebooks.get(uri), self.store.texts.get(uri)
        if notebook is not None:
            return notebook.versions
        return ((uri, text.version),) if text is not None else ()

    def _done(self, job: CheckJob, outcome: JobOutcome | Exception) -> None:
        """Publish what was found, unless the document has changed since: then another job waits."""
        if isinstance(outcome, Exception):
            name = type(outcome).__name__
            self._say(f"nbprod failed on {job.uri} ({name}); please report it")
            return
        if outcome.problem is not None:
            self._say(outcome.problem)
        result = outcome.result
        if not self._is_current(job):
            if result is not None:
                result.close()
            return
        if result is None:
            self._forget(job.uri)
            return
        encoding = self.store.encoding
        view: View
        if job.document is not None:
            view = NotebookView(result, job.versions, encoding)
        else:
            view = TextView(result, job.uri, job.versions[0][1] or 0, job.text, encoding)
        before = self.views.get(job.uri)
        if before is not None:
            before.result.close()
        self.views[job.uri] = view
        self._publish_view(job.uri, view)
        if self.skills.refreshes_lenses:
            self.server.workspace_code_lens_refresh(None)

    def _publish_view(self, uri: str, view: View) -> None:
        """Publish for every text, also without findings: an edit of one cell can fix another."""
        if self.views.get(uri) is not view or self._versions(uri) != view.versions:
            return  # it waited, and something else is checked by now
        wait = 0.0
        shown = []
        for finding in view.result.findings:
            left = self._typed_for(view, finding)
            wait = max(wait, left)
            if left <= 0:
                shown.append(finding)
        found = diagnostics_of(view, shown, related=self.skills.related)
        gone = self._published.get(uri, set()) - found.keys()
        self.clear(sorted(gone))
        for text, version in view.versions:
            self._publish(text, found[text], version)
        self._published[uri] = set(found)
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._publish_view, uri, view)

    def _typed_for(self, view: View, finding: Finding) -> float:
        """How long a finding still waits because its cell is being typed."""
        if finding.code != _UNPARSABLE:
            return 0.0
        location = location_of(view, finding)
        owner = self.store.owner(location.uri) if location is not None else None
        if location is None or owner is None:
            return 0.0
        texts = self.store.texts if owner in self.store.texts else self.store.notebooks[owner].texts
        text = texts.get(location.uri)
        return text.touched + _REST - time.monotonic() if text is not None else 0.0

    def _forget(self, uri: str) -> None:
        view = self.views.pop(uri, None)
        if view is not None:
            view.result.close()
        self.clear(sorted(self._published.pop(uri, set())))

    def _publish(self, uri: str, found: list[types.Diagnostic], version: int | None) -> None:
        params = types.PublishDiagnosticsParams(uri, found, version)
        self.server.text_document_publish_diagnostics(params)

    def _say(self, problem: str) -> None:
        """Show a problem, once."""
        if problem not in self._problems:
            self._problems.add(problem)
            self.say(problem)
