"""What to say of a notebook that fails in a run, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbprod.patterns import lazy_pattern

__all__ = ["cell_failure"]

_MODULE = lazy_pattern(r"No module named '([\w.]+)'")
_VARIABLE = lazy_pattern(r"'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'")


def cell_failure(cell: int, error: Mapping[str, Any]) -> str:
    """Describe the failure of a cell, with a remedy where the cause is outside of the notebook.

    Args:
        cell: its index over all cells.
        error: the ``name`` of the exception, and its ``text``.
    """
    message = f"the notebook fails in cell {cell + 1}: {error['name']}: {error['text']}"
    return message + _remedy(str(error["name"]), str(error["text"]))


def _remedy(name: str, text: str) -> str:
    if name == "ModuleNotFoundError" and (missing := _MODULE.search(text)):
        package = missing[1].partition(".")[0]
        return f"; install {package}, or name the Python that has it with --python"
    if name == "KeyError" and (variable := _VARIABLE.fullmatch(text)):
        return f"; if {variable[1]} is an environment variable, set it"
    return ""
