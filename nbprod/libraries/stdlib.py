"""The public names of the standard library's modules."""

from __future__ import annotations

import json
import os
from functools import cache

__all__ = ["stdlib_exports"]


@cache
def stdlib_exports() -> dict[str, list[str]]:
    """Return the public names of each module, for every Python that nbprod supports.

    The table is written by `tools/stdlib_exports.py`; its header says from which versions.
    """
    # Not by `pathlib` or `importlib.resources`: both are slow to import, and `check` is here.
    path = os.path.join(os.path.dirname(__file__), "stdlib_exports.json")  # noqa: PTH118, PTH120
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        modules: dict[str, list[str]] = json.load(file)["modules"]
    return modules
