"""The one worker: the newest state of each document is checked away from the protocol's loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from nbprod.server.checks import CheckJob, JobOutcome, check_job
from nbprod.server.documents import SavedFile

__all__ = ["Worker"]


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
