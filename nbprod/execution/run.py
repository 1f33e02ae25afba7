"""Two notebooks run side by side in copies of their folder."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from nbprod.disk.scratch import copy_tree, scratch_folder, write_scratch
from nbprod.errors import UsageError
from nbprod.execution import compare as comparing
from nbprod.execution.compare import MatchedCells, Verdict
from nbprod.execution.kernel import run_job
from nbprod.notebook.types import Notebook

__all__ = ["RunOptions", "Side", "code_cells", "verify", "workspace"]

_SKIPPED = shutil.ignore_patterns(
    ".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".ipynb_checkpoints",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".tox", ".nox",
)  # fmt: skip


class RunOptions(NamedTuple):
    """``python`` runs the notebooks, each for at most ``seconds``, with some variables of the
    ``environment`` besides our own; a folder of more than ``megabytes`` is not copied."""

    python: str = sys.executable
    seconds: int = 600
    megabytes: int = 500
    environment: tuple[tuple[str, str], ...] = ()


class Side(NamedTuple):
    """One of the two: its cells' sources, the files to put into its copy of the folder."""

    cells: Sequence[str]
    files: Mapping[str, bytes]


def code_cells(notebook: Notebook) -> tuple[list[int], list[str]]:
    """The Python cells of a notebook: their indices and their sources."""
    cells = [cell for cell in notebook.cells if cell.is_python]
    return [cell.index for cell in cells], [cell.source for cell in cells]


def verify(
    old: Side,
    new: Side,
    folder: str,
    start: str,
    *,
    module: str = "",
    dead: frozenset[str] = frozenset(),
    logs: bool = False,
    paths: Sequence[str] = (),
    segments: Sequence[MatchedCells] | None = None,
    options: RunOptions = RunOptions(),
) -> Verdict:
    """Run two notebooks and compare what they show and leave.

    Args:
        old: the original.
        new: the rewritten one, with its module among the files (paths relative to ``folder``).
        folder: what is copied for each of them.
        start: the folder inside of it in which they run, relative.
        module: the dotted name of the extracted module.
        dead: names whose last values are not compared, since nobody reads them.
        logs: whether the module logs what the notebook printed.
        paths: folders inside of it from which modules are imported, relative.
        segments: which cells belong together; found by their sources when not given.
        options: how to run them.

    Raises:
        ExecutionError: the kernel does not start.
        UsageError: the folder is too big to copy.
    """
    if segments is None:
        segments = comparing.segments_of(old.cells, new.cells)
    mine, theirs = comparing.snapshots(old.cells, new.cells, segments)
    first, second = _results(((old, mine), (new, theirs)), folder, start, paths, options)
    verdict = comparing.compare_runs(first, second, segments, module, dead, logs=logs)
    if not verdict.differences or "failed" in first:
        return verdict
    # A notebook that draws random numbers, looks at the clock or at memory that nobody has
    # written (`numpy.empty`) differs from itself.
    (again,) = _results(((old, mine),), folder, start, paths, options, disturbed=True)
    same = [MatchedCells(segment.old, segment.old) for segment in segments]
    return comparing.without_unstable(verdict, comparing.compare_runs(first, again, same, module))


def _results(
    sides: Sequence[tuple[Side, Mapping[str, Sequence[str]]]],
    folder: str,
    start: str,
    paths: Sequence[str],
    options: RunOptions,
    *,
    disturbed: bool = False,
) -> list[dict[str, Any]]:
    """Run each side in a copy of the folder of its own."""
    with ExitStack() as stack:
        jobs = []
        for side, names in sides:
            place = stack.enter_context(workspace(folder, options))
            job = _job(side, place, start, paths, names, options)
            jobs.append(job | {"disturbed": disturbed})
        return [run_job(job, options.python) for job in jobs]


@contextmanager
def workspace(folder: str, options: RunOptions) -> Iterator[str]:
    """A copy of a folder that goes in the end.

    Raises:
        UsageError: it is too big.
    """
    size = _size(folder, options.megabytes * 1_000_000)
    if size is None:
        raise UsageError(
            f"{folder}: holds more than {options.megabytes} MB, which is not copied for a run;"
            " see --copy-limit"
        )
    with scratch_folder() as temporary:
        place = os.path.join(temporary, "folder")
        try:
            copy_tree(folder, place, _SKIPPED)
        except OSError as error:
            text = f"{error.filename}: cannot be copied for a run: {error.strerror}"
            raise UsageError(text) from None
        yield place


def _size(folder: str, limit: int) -> int | None:
    total = 0
    for top, folders, files in os.walk(folder):
        skipped = _SKIPPED(top, folders)
        folders[:] = [folder for folder in folders if folder not in skipped]
        for name in files:
            path = os.path.join(top, name)
            total += os.lstat(path).st_size
            if total > limit:
                return None
    return total


def _job(
    side: Side,
    place: str,
    start: str,
    paths: Sequence[str],
    names: Mapping[str, Sequence[str]],
    options: RunOptions,
) -> dict[str, Any]:
    for path, data in side.files.items():
        try:
            write_scratch(place, path, data)
        except OSError as error:
            text = f"{path}: cannot be written to the copy for a run: {error.strerror}"
            raise UsageError(text) from None
    return {
        "cells": list(side.cells),
        "cwd": os.path.join(place, start),
        "path": [os.path.join(place, path) for path in paths],
        "seconds": options.seconds,
        "environment": dict(options.environment),
        "snapshots": dict(names),
    }
