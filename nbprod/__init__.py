"""nbprod takes notebooks to production.

The names below are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbprod._version import __version__
    from nbprod.api import check, read
    from nbprod.model import Diagnostic, Finding, Report
    from nbprod.notebook.types import Cell, Notebook

__all__ = [
    "Cell",
    "Diagnostic",
    "Finding",
    "Notebook",
    "Report",
    "__version__",
    "check",
    "read",
]

_HOMES = {
    "Cell": "nbprod.notebook.types",
    "Diagnostic": "nbprod.model",
    "Finding": "nbprod.model",
    "Notebook": "nbprod.notebook.types",
    "Report": "nbprod.model",
    "__version__": "nbprod._version",
    "check": "nbprod.api",
    "read": "nbprod.api",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'nbprod' has no attribute {name!r}")
