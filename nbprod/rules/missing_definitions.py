"""What a name without a definition may lack: an import, or a line that is commented out."""

from __future__ import annotations

import re

from nbprod.facts import Facts
from nbprod.flow.types import Failure
from nbprod.libraries.usual_imports import ALIASES, MODULES

__all__ = ["commented_out_in", "usual_import"]


def usual_import(failure: Failure, facts: Facts) -> str | None:
    """The import that everybody writes for a name: `import numpy as np`."""
    if failure.name in ALIASES:
        return ALIASES[failure.name]
    read = failure.read
    if failure.name in MODULES and read.cell >= 0:
        # `time` alone may be anything, `time.sleep` is the module.
        if facts.cell(read.cell).source[read.end : read.end + 1] == ".":
            return f"import {failure.name}"
    return None


def commented_out_in(name: str, facts: Facts) -> int | None:
    """The first cell where a definition of a name is commented out."""
    word = re.escape(name)
    pattern = re.compile(
        rf"^[ \t]*#[# \t]*(?:{word}[ \t]*(?::[^=\n]+)?=(?!=)|(?:async )?def {word}\b|class {word}\b"
        rf"|(?:from .+ )?import (?:.*[, ])?{word}[ \t]*(?:$|,|#))",
        re.MULTILINE,
    )
    for cell in facts.notebook.cells:
        if cell.is_python and name in cell.source and pattern.search(cell.source):
            return cell.index
    return None
