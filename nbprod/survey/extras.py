"""Packages of extras: imported when they are needed, with the command that installs them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from nbprod.errors import missing_extra

__all__ = ["need_dask", "need_duckdb", "need_fsspec", "need_pyarrow", "need_ray"]


@contextmanager
def _needed(name: str, extra: str = "survey") -> Iterator[None]:
    """Imports of a package that an extra installs."""
    try:
        yield
    except ModuleNotFoundError:
        raise missing_extra("nbprod survey", name, extra) from None


def need_pyarrow() -> ModuleType:
    """The module `pyarrow`, with `pyarrow.parquet`.

    Raises:
        UsageError: it is not installed.
    """
    with _needed("pyarrow"):
        import pyarrow
        import pyarrow.parquet
    module: ModuleType = pyarrow
    return module


def need_fsspec() -> ModuleType:
    """The module `fsspec`.

    Raises:
        UsageError: it is not installed.
    """
    with _needed("fsspec"):
        import fsspec
    module: ModuleType = fsspec
    return module


def need_duckdb() -> ModuleType:
    """The module `duckdb`.

    Raises:
        UsageError: it is not installed.
    """
    with _needed("duckdb"):
        import duckdb
    module: ModuleType = duckdb
    return module


def need_dask() -> ModuleType:
    """The module `distributed`.

    Raises:
        UsageError: it is not installed.
    """
    with _needed("dask", "survey,dask"):
        import distributed
    module: ModuleType = distributed
    return module


def need_ray() -> ModuleType:
    """The module `ray`.

    Raises:
        UsageError: it is not installed.
    """
    with _needed("ray", "survey,ray"):
        import ray
    module: ModuleType = ray
    return module
