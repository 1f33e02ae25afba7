"""The engine `dask://HOST:PORT`: chunks as tasks of a cluster that exists.

A task is a chunk as plain values, and its result a summary: notebooks are read, and tables are
written, where the chunk is done. A worker that dies has its tasks done by another.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from threading import local
from typing import Any

from nbprod._version import __version__
from nbprod.errors import NbprodError, UsageError
from nbprod.survey.extras import need_dask
from nbprod.survey.references import Chunk, Reference
from nbprod.survey.storage import is_address
from nbprod.survey.work import ChunkSummary, ChunkWorker, SurveyJob

__all__ = ["do_task", "run_on_dask"]

# Chunks that wait for each thread of the cluster, so that none has nothing to do.
_AHEAD = 2
_RETRIES = 3
_SECONDS_TO_CONNECT = 10
_here = local()


def do_task(job: tuple[Any, ...], chunk: tuple[Any, ...]) -> tuple[Any, ...] | str:
    """Do a chunk on a worker; its summary, or why the run has to end.

    The process that checks is kept for the next task of this thread.
    """
    name, references, former, check = chunk
    found = SurveyJob.of(job)
    if found.check != check:
        return f"a worker of the cluster has another version of nbprod than {__version__}"
    worker: ChunkWorker | None = getattr(_here, "worker", None)
    if worker is None or _here.job != job:
        if worker is not None:
            worker.close()
        worker = _here.worker = ChunkWorker(found)
        _here.job = job
    parts = tuple(Reference(*fields) for fields in references)
    try:
        return tuple(worker.do(Chunk(name, parts, former)))
    except NbprodError as error:
        return str(error)


def run_on_dask(chunks: Iterable[Chunk], job: SurveyJob, address: str) -> Iterator[ChunkSummary]:
    """Do chunks on a cluster; summaries come as chunks are done.

    Raises:
        UsageError: no scheduler answers at the address.
        NbprodError: a storage does not answer, or a chunk was given up.
    """
    distributed = need_dask()
    try:
        client = distributed.Client(
            f"tcp://{address}", timeout=_SECONDS_TO_CONNECT, set_as_default=False
        )
    except (OSError, ValueError) as error:
        reason = type(error).__name__
        raise UsageError(f"--engine dask://{address}: no scheduler answers ({reason})") from None
    with client:
        most = _AHEAD * max(1, sum(client.nthreads().values()))
        waiting = iter(chunks)
        done = distributed.as_completed(loop=client.loop)
        plain_job = job._replace(output=_everywhere(job.output)).plain()

        def give() -> int:
            chunk = next(waiting, None)
            if chunk is None:
                return 0
            task = (chunk.name, tuple(map(_plain, chunk.references)), chunk.former, job.check)
            done.add(client.submit(do_task, plain_job, task, pure=False, retries=_RETRIES))
            return 1

        at_work = sum(give() for _ in range(most))
        while at_work:
            future = next(done)
            at_work += give() - 1
            yield _summary(future)
            future.release()


def _everywhere(place: str) -> str:
    """A path as it is in every working directory."""
    return place if is_address(place) else os.path.abspath(place)


def _plain(reference: Reference) -> tuple[Any, ...]:
    if not reference.root:
        reference = reference._replace(address=os.path.abspath(reference.address))
    return reference.plain()


def _summary(future: Any) -> ChunkSummary:
    try:
        found = future.result()
    except Exception as error:  # of the cluster: a worker that died again and again, for example
        reason = type(error).__name__
        raise NbprodError(f"a chunk could not be done on the cluster: {reason}") from None
    if isinstance(found, str):
        raise NbprodError(found)
    return ChunkSummary(*found)
