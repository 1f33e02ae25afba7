"""The engine `ray://HOST:PORT`: chunks as tasks of a cluster that exists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from nbprod.errors import UsageError
from nbprod.survey.cluster_task import do_task, summary_of_task, task_of
from nbprod.survey.extras import need_ray
from nbprod.survey.references import Chunk
from nbprod.survey.work import ChunkSummary, SurveyJob

__all__ = ["run_on_ray"]

# Chunks that wait for each core of the cluster, so that none has nothing to do.
_AHEAD = 2
_RETRIES = 3


def run_on_ray(chunks: Iterable[Chunk], job: SurveyJob, address: str) -> Iterator[ChunkSummary]:
    """Do chunks on a cluster; summaries come as chunks are done.

    Raises:
        UsageError: no cluster answers at the address.
        NbprodError: a storage does not answer, or a chunk was given up.
    """
    ray = need_ray()
    try:
        context = ray.init(address, log_to_driver=False, configure_logging=False)
    except Exception as error:  # of the cluster, each version its own
        reason = type(error).__name__
        raise UsageError(f"--engine ray://{address}: no cluster answers ({reason})") from None
    with context:
        work = ray.remote(max_retries=_RETRIES)(do_task)
        most = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting = iter(chunks)
        at_work: list[Any] = []
        while True:
            while len(at_work) < most and (chunk := next(waiting, None)) is not None:
                at_work.append(work.remote(task_of(job, chunk)))
            if not at_work:
                return
            (done, *_), at_work = ray.wait(at_work, num_returns=1)
            yield summary_of_task(partial(ray.get, done))
