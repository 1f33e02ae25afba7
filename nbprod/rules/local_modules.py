"""Modules that are files, not distributions: beside a notebook, written by it, or brought by it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from nbprod.facts import Facts
from nbprod.libraries.distributions import is_well_known
from nbprod.libraries.unavailable import SEARCHED, file_names, is_own_name
from nbprod.patterns import lazy_pattern

__all__ = [
    "brings_files",
    "is_file_of_the_project",
    "may_be_a_file",
    "nearest_folder",
    "written_modules",
]

_WRITES = lazy_pattern(r"(?m)^\s*%%(?:writefile|file)\s+(?:-a\s+)?[\"']?([^\s\"']+)")
# What has modules looked for elsewhere, and what brings files besides.
_ELSEWHERE = (
    r"sys\.path|PYTHONPATH|chdir|^\s*%cd|git\s+clone|addPyFile|sys\.modules"
    r"|install\s+(?:-\w+\s+)*(?:-e\b|\.|git\+)"
)
_FINDS = lazy_pattern(_ELSEWHERE, re.MULTILINE)
_BRINGS = lazy_pattern(
    _ELSEWHERE + r"|^\s*%%(?:writefile|file|bash|sh)|\bwget\b|\bcurl\b|\bunzip\b|\bgdown\b"
    r"|urlretrieve|get_file|^\s*[!%]\s*cp\b|^\s*%run",
    re.MULTILINE,
)


def may_be_a_file(module: str, facts: Facts) -> bool:
    """Whether a module that is not there is rather a file that is missing than a distribution.

    What cells add to the path by a computation, or clone, cannot be looked at.
    """
    top = module.partition(".")[0]
    if is_well_known(module):
        return False
    return (
        is_own_name(top)
        or top in facts.shared(written_modules)
        or facts.shared(_looks_elsewhere)
        or is_file_of_the_project(module, (), facts)
    )


def brings_files(facts: Facts) -> bool:
    """Whether a cell fetches or writes files, or has modules looked for elsewhere."""
    return any(_BRINGS.search(cell.source) for cell in facts.notebook.cells)


def _looks_elsewhere(facts: Facts) -> bool:
    return any(_FINDS.search(cell.source) for cell in facts.notebook.cells)


def written_modules(facts: Facts) -> frozenset[str]:
    """The modules and packages that cells write: the names of the file and of its folders."""
    return frozenset(
        name
        for cell in facts.notebook.cells
        for path in (_WRITES.findall(cell.source) if "%%" in cell.source else ())
        for name in re.split(r"[\\/]+", path.removesuffix(".py"))
    )


def is_file_of_the_project(module: str, names: Sequence[str], facts: Facts) -> bool:
    """Whether a module lies beside the notebook, above it, or where a cell says to look.

    ``names`` are what is imported from it, which may also be modules.
    """
    read = facts.options.read_file
    top = module.partition(".")[0]
    there = (
        f"{folder}{path}"
        for folder in facts.shared(_searched)
        for path in (f"{top}.py", f"{top}/__init__.py")
    )
    return any(read(path) is not None for path in chain(there, file_names(module, names)))


def nearest_folder(module: str, facts: Facts) -> str | None:
    """The folder of the project, seen from the notebook, with a module's file; the nearest one."""
    found = facts.options.read_file(f"{SEARCHED}{module}") if not is_well_known(module) else None
    return found.split("\n")[0] if found is not None else None


def _searched(facts: Facts) -> tuple[str, ...]:
    """The folders that cells add to `sys.path` as literals."""
    return facts.program.searched_folders()
