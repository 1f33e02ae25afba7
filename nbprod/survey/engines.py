"""Who does the chunks of a survey: this machine, or a cluster that exists."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeAlias

from nbprod.errors import UsageError
from nbprod.survey.references import Chunk
from nbprod.survey.work import ChunkSummary, SurveyJob

__all__ = ["Engine", "engine_of"]

_DASK, _RAY = "dask://", "ray://"

Engine: TypeAlias = Callable[[Iterable[Chunk], SurveyJob], Iterator[ChunkSummary]]
"""Does chunks in any order, some at a time, and yields a summary of each that is done."""


def engine_of(name: str, jobs: int) -> Engine:
    """An engine by its name.

    Args:
        name: `local`, or `dask://HOST:PORT` or `ray://HOST:PORT`.
        jobs: the number of processes of `local`; 0 for one a core.

    Raises:
        UsageError: there is none of that name, or its package is not installed.
    """
    if name == "local":
        from nbprod.survey.local_engine import run_here

        return partial(run_here, jobs=jobs or os.cpu_count() or 1)
    if name.startswith(_DASK):
        from nbprod.survey.dask_engine import run_on_dask
        from nbprod.survey.extras import need_dask

        need_dask()
        return partial(run_on_dask, address=_address(name, _DASK))
    if name.startswith(_RAY):
        from nbprod.survey.extras import need_ray
        from nbprod.survey.ray_engine import run_on_ray

        need_ray()
        return partial(run_on_ray, address=_address(name, _RAY))
    known = "local, dask://HOST:PORT, ray://HOST:PORT"
    raise UsageError(f"unknown engine {name!r} (choose from {known})")


def _address(name: str, scheme: str) -> str:
    """The host and port of an engine."""
    host, colon, port = name.removeprefix(scheme).rpartition(":")
    if not host or not colon or not port.isdecimal():
        raise UsageError(f"--engine {name}: write {scheme}HOST:PORT")
    return f"{host}:{port}"
