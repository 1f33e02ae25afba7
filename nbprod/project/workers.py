"""Check files in several processes, of which any may die: it then costs the file that it was at.

A pool of the standard library is broken as a whole when one of its processes ends. Here each has a
connection of its own and answers file by file, so that it is known which file it was.
"""

from __future__ import annotations

import gc
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection, wait
from typing import NamedTuple, TypeAlias

from nbprod.config.settings import Settings
from nbprod.errors import NbprodError
from nbprod.model import FileResult
from nbprod.project.discover import Discovered

__all__ = ["Boundary", "FileTask", "check_in_processes"]

Chunk: TypeAlias = "deque[FileTask]"
# A process that died may have to write its memory down first.
_SECONDS_TO_END = 10


class FileTask(NamedTuple):
    """A file to check, with its number and settings."""

    number: int
    file: Discovered
    settings: Settings


class Boundary(NamedTuple):
    """How to check a file, and what to report of one where nbprod itself failed; both can be sent
    to another process."""

    check: Callable[[Discovered, Settings], FileResult]
    failed: Callable[[str, Exception | str], FileResult]


class _Worker:
    """A process, and the tasks that it has not answered yet."""

    def __init__(self, boundary: Boundary) -> None:
        self.connection, theirs = Pipe()
        self.boundary = boundary
        arguments = (boundary, theirs, self.connection)
        self.process = Process(target=_work, args=arguments, daemon=True)
        with _without_interrupts():
            self.process.start()
        theirs.close()
        self.tasks: Chunk = deque()

    def give(self, tasks: Chunk) -> None:
        """Send tasks."""
        self.tasks = tasks
        try:
            self.connection.send(list(tasks))
        except OSError:
            # It has died already; that is seen when its answer is waited for.
            return

    def answer(self) -> FileResult | None:
        """The result of the first task; None if the process died over it.

        Raises:
            NbprodError: the settings of the task are wrong.
        """
        try:
            result = self.connection.recv()
        except (EOFError, OSError):
            return None
        except Exception as error:  # whatever an answer turns into that cannot be unpickled
            return self.boundary.failed(self.tasks[0].file.path, error)
        if isinstance(result, NbprodError):
            raise result
        assert isinstance(result, FileResult)
        return result

    def stop(self) -> int | None:
        """End the process; returns its exit code, if it has ended by itself."""
        # Closing the connection alone ends nothing: a process that was forked later has a copy of
        # this end, and keeps it open.
        with suppress(OSError):
            self.connection.send(None)
        self.connection.close()
        self.process.join(_SECONDS_TO_END)
        code = self.process.exitcode
        if code is None:
            self.process.kill()
            self.process.join()
        return code


def check_in_processes(
    chunks: Sequence[Sequence[FileTask]], jobs: int, boundary: Boundary
) -> Iterator[FileResult]:
    """Check files in ``jobs`` processes; the results come in the order of the numbers, from 0."""
    waiting = deque(deque(chunk) for chunk in chunks)
    done: dict[int, FileResult] = {}
    following = 0
    workers: dict[object, _Worker] = {}
    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                worker = _Worker(boundary)
                worker.give(waiting.popleft())
                workers[worker.connection] = worker
            for connection in wait([worker.connection for worker in workers.values()]):
                number, result = _take(workers, connection, waiting)
                done[number] = result
            while following in done:
                yield done.pop(following)
                following += 1
    finally:
        # Also where the reader of the results has stopped, by Ctrl-C for example.
        for worker in workers.values():
            worker.process.kill()
            worker.stop()


def _take(
    workers: dict[object, _Worker], connection: object, waiting: deque[Chunk]
) -> tuple[int, FileResult]:
    """Take an answer, and give its process the next tasks or let it go."""
    worker = workers[connection]
    result = worker.answer()
    task = worker.tasks.popleft()
    if result is None:
        del workers[connection]
        result = worker.boundary.failed(task.file.path, _how_it_died(worker.stop()))
        if worker.tasks:
            waiting.appendleft(worker.tasks)
    elif not worker.tasks:
        if waiting:
            worker.give(waiting.popleft())
        else:
            del workers[connection]
            worker.stop()
    return task.number, result


def _how_it_died(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            return f"its process was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"its process was ended by signal {-code}"
    return f"its process ended with code {code}" if code is not None else "its process hung up"


def _work(boundary: Boundary, connection: Connection, theirs: Connection) -> None:
    """Answer tasks until None comes, or the other side hangs up."""
    # Ctrl-C is for the process that has started this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    theirs.close()
    gc.disable()
    try:
        while (tasks := connection.recv()) is not None:
            for task in tasks:
                _answer(boundary, connection, task)
    except (EOFError, OSError):
        return


def _answer(boundary: Boundary, connection: Connection, task: FileTask) -> None:
    result: FileResult | NbprodError
    try:
        result = boundary.check(task.file, task.settings)
    except NbprodError as error:
        result = error
    try:
        connection.send(result)
    except OSError:
        raise
    except Exception as error:  # a rule of somebody else put something odd into a finding
        connection.send(boundary.failed(task.file.path, error))


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back, so that a process that is being started never sees it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
