"""The one worker: the newest state of each document is checked away from the protocol's loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import NamedTuple

from nbprod.config.files import Configuration
from nbprod.config.settings import Settings
from nbprod.errors import UsageError
from nbprod.live import Document, Result, check, check_text
from nbprod.model import FileResult
from nbprod.project.baselines import read_baseline
from nbprod.project.surroundings import read_around
from nbprod.server.documents import SavedFile

__all__ = ["CheckJob", "JobOutcome", "Worker", "check_job"]


class CheckJob(NamedTuple):
    """A document to check: ``text`` where the client edits the file as text.

    ``path`` is None for what was never saved; ``versions`` are those of the texts in it. ``saves``
    counts how often it was saved: with another number its file is read again.
    """

    uri: str
    path: str | None
    versions: tuple[tuple[str, int | None], ...]
    document: Document | None = None
    text: str = ""
    saves: int = 0


class JobOutcome(NamedTuple):
    """What came of a job; no result where the text is no notebook. ``problem``: of the settings."""

    result: Result | None
    problem: str | None = None


def check_job(job: CheckJob) -> JobOutcome:
    """Check a document by the settings of its directory; nothing there is executed."""
    settings, problem = _settings_for(job.path)
    settings = settings._replace(merges=False)
    try:
        result = _check(job, settings)
    except UsageError as error:
        problem = str(error)
        result = _check(job, Settings(merges=False))
    if result is not None and settings.baseline and problem is None:
        try:
            result = _without_known(result, settings.baseline)
        except UsageError as error:
            problem = str(error)
    return JobOutcome(result, problem)


def _settings_for(path: str | None) -> tuple[Settings, str | None]:
    if path is None:
        return Settings(), None
    try:
        return Configuration().for_path(path), None
    except UsageError as error:
        return Settings(), str(error)


def _check(job: CheckJob, settings: Settings) -> Result | None:
    if job.document is None:
        path = job.path or job.uri
        around = (read_around(path),) if job.path is not None else ()
        return check_text(job.text, path, settings, *around)
    around = (read_around(job.path),) if job.path is not None else ()
    return check(job.document, settings, *around)


def _without_known(result: Result, baseline: str) -> Result:
    """The result without the findings that the baseline has."""
    of_file = FileResult.of(result.notebook.path, result.findings)
    kept = read_baseline(baseline).filtered([of_file]).results[0]
    return result._replace(findings=kept.findings)


class Worker:
    """Runs jobs one after another in a thread; of several for one document the newest.

    The thread never keeps the process alive: a client that is gone waits for nothing.
    """

    def __init__(self, done: Callable[[CheckJob, JobOutcome | Exception], None]) -> None:
        self._done = done
        self._waiting: dict[str, CheckJob] = {}
        self._files: dict[str, tuple[int, SavedFile]] = {}
        self._changed = threading.Condition()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, name="nbprod-check", daemon=True).start()

    def submit(self, job: CheckJob) -> None:
        """Have a job run, in place of one for the same document that waits."""
        with self._changed:
            self._waiting.pop(job.uri, None)
            self._waiting[job.uri] = job
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                job = self._waiting.pop(next(iter(self._waiting)))
            outcome: JobOutcome | Exception
            try:
                outcome = check_job(self._completed(job))
            except Exception as error:  # the boundary: a fault of ours must not end the thread
                outcome = error
            try:
                self._loop.call_soon_threadsafe(self._done, job, outcome)
            except RuntimeError:
                return  # the loop has ended, and with it all that could be done

    def _completed(self, job: CheckJob) -> CheckJob:
        """A job with what only the saved file has."""
        if job.document is None:
            return job
        known = self._files.get(job.uri)
        if known is None or known[0] != job.saves:
            known = self._files[job.uri] = (job.saves, SavedFile(job.path))
        return job._replace(document=known[1].completes(job.document))
