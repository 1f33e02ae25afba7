"""Packages of extras: imported when they are needed, with the command that installs them."""

from __future__ import annotations

from types import ModuleType

from nbprod.errors import UsageError

__all__ = ["need_dask", "need_duckdb", "need_fsspec", "need_pyarrow", "need_ray"]


def _missing(name: str, extra: str) -> UsageError:
    text = f"nbprod survey needs {name}; install it with: pip install 'nbprod[{extra}]'"
    return UsageError(text)


def need_pyarrow() -> ModuleType:
    """The module `pyarrow`, with `pyarrow.parquet`.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise _missing("pyarrow", "survey") from None
    module: ModuleType = pyarrow
    return module


def need_fsspec() -> ModuleType:
    """The module `fsspec`.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import fsspec
    except ModuleNotFoundError:
        raise _missing("fsspec", "survey") from None
    module: ModuleType = fsspec
    return module


def need_duckdb() -> ModuleType:
    """The module `duckdb`.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import duckdb
    except ModuleNotFoundError:
        raise _missing("duckdb", "survey") from None
    module: ModuleType = duckdb
    return module


def need_dask() -> ModuleType:
    """The module `distributed`.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import distributed
    except ModuleNotFoundError:
        raise _missing("dask", "survey,dask") from None
    module: ModuleType = distributed
    return module


def need_ray() -> ModuleType:
    """The module `ray`.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import ray
    except ModuleNotFoundError:
        raise _missing("ray", "survey,ray") from None
    module: ModuleType = ray
    return module
