"""A chunk as a task of any cluster: plain values in and out.

Notebooks are read, and tables are written, where the chunk is done. The process that checks is kept
for the next task of the same thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import local
from typing import Any

from nbprod._version import __version__
from nbprod.errors import NbprodError
from nbprod.survey.references import Chunk, Reference
from nbprod.survey.storage import is_address
from nbprod.survey.work import ChunkSummary, ChunkWorker, SurveyJob

__all__ = ["do_task", "summary_of_task", "task_of"]

_here = local()


def task_of(job: SurveyJob, chunk: Chunk) -> tuple[Any, ...]:
    """A task: its paths are the same in every working directory."""
    output = job.output if is_address(job.output) else os.path.abspath(job.output)
    references = []
    for reference in chunk.references:
        if not reference.root:
            reference = reference._replace(address=os.path.abspath(reference.address))
        references.append(reference.plain())
    plain = (chunk.name, tuple(references), chunk.former)
    return job._replace(output=output).plain(), job.check, plain


def do_task(task: tuple[Any, ...]) -> tuple[Any, ...] | str:
    """Do a chunk on a worker; its summary, or why the run has to end."""
    plain_job, check, (name, references, former) = task
    job = SurveyJob.of(plain_job)
    if job.check != check:
        return f"a worker of the cluster has another version of nbprod than {__version__}"
    worker: ChunkWorker | None = getattr(_here, "worker", None)
    if worker is None or _here.job != plain_job:
        if worker is not None:
            worker.close()
        worker = _here.worker = ChunkWorker(job)
        _here.job = plain_job
    parts = tuple(Reference(*fields) for fields in references)
    try:
        return tuple(worker.do(Chunk(name, parts, tuple(former))))
    except NbprodError as error:
        return str(error)


def summary_of_task(result: Callable[[], Any]) -> ChunkSummary:
    """The summary of a task that is done, whose result the cluster gives.

    Raises:
        NbprodError: the run has to end, or the cluster gave the task up.
    """
    try:
        found = result()
    except Exception as error:  # of the cluster: a worker that died again and again, for example
        reason = type(error).__name__
        raise NbprodError(f"a chunk could not be done on the cluster: {reason}") from None
    if isinstance(found, str):
        raise NbprodError(found)
    return ChunkSummary(*found)
