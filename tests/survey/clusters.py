"""A Dask cluster of processes on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

__all__ = ["DaskProcesses", "dask_cluster"]

_SCRIPT = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=int(sys.argv[1]), threads_per_worker=1, host="127.0.0.1",
                      dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        for worker in cluster.workers.values():
            print(worker.pid, flush=True)
        sys.stdin.read()
"""


class DaskProcesses(NamedTuple):
    """The scheduler's address, and the numbers of the workers' processes."""

    address: str
    workers: tuple[int, ...]


@contextmanager
def dask_cluster(
    folder: Path, workers: int, environment: Mapping[str, str]
) -> Iterator[DaskProcesses]:
    """A cluster with so many workers of one thread, which ends with the block."""
    script = folder / "cluster.py"
    script.write_text(_SCRIPT, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script), str(workers)], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, cwd=folder, env={**os.environ, **environment},
    )  # fmt: skip
    assert process.stdout
    address = process.stdout.readline().strip().removeprefix("tcp://")
    numbers = tuple(int(process.stdout.readline()) for _ in range(workers))
    try:
        yield DaskProcesses(address, numbers)
    finally:
        process.communicate("")
