"""The engine `dask://HOST:PORT`: chunks as tasks of a cluster that exists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nbprod.errors import UsageError
from nbprod.survey.cluster_task import do_task, summary_of_task, task_of
from nbprod.survey.extras import need_dask
from nbprod.survey.references import Chunk
from nbprod.survey.work import ChunkSummary, SurveyJob

__all__ = ["run_on_dask"]

# Chunks that wait for each thread of the cluster, so that none has nothing to do.
_AHEAD = 2
_RETRIES = 3
_SECONDS_TO_CONNECT = 10


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

        def give() -> int:
            chunk = next(waiting, None)
            if chunk is None:
                return 0
            task = task_of(job, chunk)
            done.add(client.submit(do_task, task, pure=False, retries=_RETRIES))
            return 1

        at_work = sum(give() for _ in range(most))
        while at_work:
            future = next(done)
            at_work += give() - 1
            yield summary_of_task(future.result)
            future.release()
