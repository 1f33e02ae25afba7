"""The engine `local`: threads of this process, each with a process that checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import Queue
from threading import Lock, Thread

from nbprod.survey.references import Chunk
from nbprod.survey.work import ChunkSummary, ChunkWorker, SurveyJob

__all__ = ["run_here"]


class _Shared:
    """What the threads have in common: chunks to take, and results to give."""

    def __init__(self, chunks: Iterable[Chunk], job: SurveyJob) -> None:
        self._chunks = iter(chunks)
        self._lock = Lock()
        self._job = job
        self._is_over = False
        self._workers: list[ChunkWorker] = []
        self.results: Queue[ChunkSummary | BaseException | None] = Queue()

    def work(self) -> None:
        """Do chunks until there are no more; ends with None, or with the error that ended it."""
        try:
            worker = ChunkWorker(self._job)
            self._workers.append(worker)
            try:
                while (chunk := self._next()) is not None:
                    self.results.put(worker.do(chunk))
            finally:
                worker.close()
        except BaseException as error:  # the main thread raises it
            self.results.put(error)
        else:
            self.results.put(None)

    def _next(self) -> Chunk | None:
        with self._lock:
            return None if self._is_over else next(self._chunks, None)

    def stop(self) -> None:
        """Let no thread begin anything, and end what they wait for."""
        self._is_over = True
        for worker in self._workers:
            worker.stop()


def run_here(chunks: Iterable[Chunk], job: SurveyJob, jobs: int) -> Iterator[ChunkSummary]:
    """Do chunks by some processes; summaries come as chunks are done.

    Raises:
        NbprodError: whatever ends the run, such as a storage that does not answer.
    """
    shared = _Shared(chunks, job)
    threads = [Thread(target=shared.work, daemon=True) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    try:
        at_work = len(threads)
        while at_work:
            found = shared.results.get()
            if isinstance(found, BaseException):
                raise found
            if found is None:
                at_work -= 1
            else:
                yield found
    finally:
        # Also where the run is interrupted: a process may be in the middle of a notebook.
        shared.stop()
        for thread in threads:
            thread.join(5)
