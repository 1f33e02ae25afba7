"""What a name without a definition may lack: an import, or a line that is commented out."""

from __future__ import annotations

import re

from nbprod.facts import Facts
from nbprod.flow.types import Failure
from nbprod.libraries.usual_imports import ALIASES, MODULES
from nbprod.patterns import lazy_pattern

__all__ = ["commented_out_in", "usual_import"]

_WORD = lazy_pattern(r"[^\W\d]\w*")


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
    cells = facts.shared(_commented_words).get(name)
    if not cells:
        return None
    word = re.escape(name)
    pattern = re.compile(
        rf"^[ \t]*#[# \t]*(?:{word}[ \t]*(?::[^=\n]+)?=(?!=)|(?:async )?def {word}\b|class {word}\b"
        rf"|(?:from .+ )?import (?:.*[, ])?{word}[ \t]*(?:$|,|#))",
        re.MULTILINE,
    )
    return next((cell for cell in cells if pattern.search(facts.cell(cell).source)), None)


def _commented_words(facts: Facts) -> dict[str, list[int]]:
    """The words of lines that are comments, each with the Python cells that have it there."""
    found: dict[str, list[int]] = {}
    for cell in facts.notebook.cells:
        if cell.is_python and "#" in cell.source:
            lines = (line.lstrip() for line in cell.source.splitlines())
            text = "\n".join(line for line in lines if line.startswith("#"))
            for word in dict.fromkeys(_WORD.findall(text)):
                found.setdefault(word, []).append(cell.index)
    return found
