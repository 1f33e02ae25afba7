"""Tables that lie beside the code, as JSON."""

from __future__ import annotations

import json
import os
from typing import Any

__all__ = ["load_table"]


def load_table(module: str, name: str) -> Any:
    """The JSON document ``name`` in the folder of a module; ``module`` is its `__file__`."""
    # Not by `pathlib`, nor `importlib.resources`: both take a while to load, and every run is here.
    path = os.path.join(os.path.dirname(module), name)  # noqa: PTH118, PTH120
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return json.load(file)
