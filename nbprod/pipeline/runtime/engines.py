# SPDX-License-Identifier: MIT-0
"""Where the tasks of a run are executed: processes of this machine, this process, Dask."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

from .errors import ApplicationError
from .prepare import Job
from .records import Record
from .storage import Storage
from .worker import TaskError, execute

__all__ = ["Engine", "open_engine"]

_ROOT = str(Path(__file__).parents[2])
# The current directory is no place to import from; that of the application is.
_START = (
    "import sys; root = sys.argv.pop(1); "
    "sys.path[:1] = [] if root in sys.path[1:] else [root]; "
    f"from {__package__}.worker import main; main()"
)
_COMMAND = [sys.executable, "-c", _START, _ROOT]


class Engine(AbstractContextManager["Engine"]):
    """Runs jobs, at most `slots` at a time."""

    def __init__(
        self,
        slots: int,
        submit: Callable[[Job], Future[Record]],
        close: Callable[[], object] = lambda: None,
    ) -> None:
        self.slots, self.submit, self.close = slots, submit, close

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_engine(name: str, jobs: int, storage: Storage) -> Engine:
    """Return an engine.

    Args:
        name: `processes`, or `dask://HOST:PORT`.
        jobs: how many processes run at a time.
        storage: one that only this process sees is used by tasks in this process.
    """
    if not storage.is_shared:
        return Engine(1, lambda job: _done(lambda: execute(job, storage)))
    if name.startswith("dask://"):
        return _dask(name.removeprefix("dask://"), jobs)
    if name != "processes":
        raise ApplicationError(f"--engine {name}: must be `processes` or dask://HOST:PORT")
    return _processes(jobs)


def _processes(jobs: int) -> Engine:
    running: set[subprocess.Popen[bytes]] = set()
    pool = ThreadPoolExecutor(jobs)

    def close() -> None:
        for process in list(running):
            process.terminate()
        pool.shutdown(cancel_futures=True)

    def run(job: Job) -> Record:
        process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        running.add(process)
        answer, _ = process.communicate(job.to_json().encode())
        running.discard(process)
        return _record_of(job, process.returncode, answer)

    return Engine(jobs, lambda job: pool.submit(run, job), close)


def _record_of(job: Job, code: int, answer: bytes) -> Record:
    if code < 0:
        raise ApplicationError(f"{job.task} was ended by signal {-code}")
    if code or not answer:
        raise ApplicationError(f"{job.task} ended with exit code {code}; see the log")
    found: dict[str, Any] = json.loads(answer)
    if "error" in found:
        raise (TaskError if found["failed"] else ApplicationError)(found["error"])
    return Record.from_json(answer, job.task)


def _done(call: Callable[[], Record]) -> Future[Record]:
    """Return a future that has the outcome of a call already."""
    future: Future[Record] = Future()
    try:
        future.set_result(call())
    except Exception as error:  # raised again where the result is asked for
        future.set_exception(error)
    return future


def _dask(address: str, jobs: int) -> Engine:
    """Return an engine whose jobs run on a Dask cluster, each in a process of its own.

    What is sent is the call of a program, so workers need this application and Python at the same
    paths, and nothing else.
    """
    try:
        client = importlib.import_module("distributed").Client(f"tcp://{address}", timeout="10s")
    except Exception as error:  # not installed, or not reached
        raise ApplicationError(
            f"--engine dask://{address}: {' '.join(str(error).split())}"
        ) from error
    slots = sum(client.nthreads().values()) or jobs
    pool = ThreadPoolExecutor(slots)

    def run(job: Job) -> Record:
        # A pure call would be computed once: a task that is asked for again has to run again.
        future = client.submit(
            subprocess.run, _COMMAND, input=job.to_json().encode(), capture_output=True, pure=False
        )
        done = future.result()
        sys.stderr.write(done.stderr.decode(errors="replace"))
        return _record_of(job, done.returncode, done.stdout)

    def close() -> None:
        pool.shutdown(cancel_futures=True)
        client.close()

    return Engine(slots, lambda job: pool.submit(run, job), close)
