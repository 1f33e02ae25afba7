"""The library's front door."""

from __future__ import annotations

from os import PathLike

from nbprod.config.settings import Settings
from nbprod.disk.read import read_bytes
from nbprod.model import Finding
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project.run import check_bytes

__all__ = ["check", "read"]


def read(path: str | PathLike[str]) -> Notebook:
    """Read a notebook from disk.

    Raises:
        OSError: the file cannot be opened.
        ReadError: it is no notebook.
    """
    return read_notebook(read_bytes(str(path)), str(path))


def check(
    path: str | PathLike[str], data: bytes | None = None, settings: Settings = Settings()
) -> tuple[Finding, ...]:
    """The findings of one notebook, from disk or from ``data`` that would be at ``path``.

    Raises:
        OSError: the file cannot be opened.
        UsageError: the settings name a rule that does not exist.
    """
    content = read_bytes(str(path)) if data is None else data
    return check_bytes(content, str(path), settings).findings
