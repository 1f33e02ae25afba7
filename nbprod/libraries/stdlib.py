"""The public names of the standard library's modules."""

from __future__ import annotations

import json
import os
from functools import cache

from nbprod.disk.read import read_text

__all__ = ["stdlib_exports"]


@cache
def stdlib_exports() -> dict[str, list[str]]:
    """Return the public names of each module, for every Python that nbprod supports.

    The table is written by `tools/stdlib_exports.py`; its header says from which versions.
    """
    # Not by `pathlib` or `importlib.resources`: both are slow to import, and `check` is here.
    path = os.path.join(os.path.dirname(__file__), "stdlib_exports.json")  # noqa: PTH118, PTH120
    modules: dict[str, list[str]] = json.loads(read_text(path))["modules"]
    return modules
