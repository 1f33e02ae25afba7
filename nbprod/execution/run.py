"""Two notebooks run side by side in copies of their folder."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import accumulate
from types import MappingProxyType
from typing import Any, NamedTuple

from nbprod.disk.read import read_bytes
from nbprod.disk.scratch import copy_tree, scratch_folder, tree_size, write_scratch
from nbprod.errors import UsageError
from nbprod.execution import compare as comparing
from nbprod.execution.compare import MatchedCells, Verdict
from nbprod.execution.forking import ForkingProcess, ForkServers, Libraries
from nbprod.execution.kernel import kernel_environment, run_job
from nbprod.notebook.types import Notebook

__all__ = ["OriginalRuns", "RunPlace", "RunOptions", "Side", "code_cells", "verify"]

# A recorded value of more is of no use for a test.
_MOST_BYTES = 20_000_000

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
    report: Callable[[str], object] = str
    """Called with what is about to take long; does nothing by default."""
    forks: ForkServers | None = None
    """What processes are forked from; without it each is started anew."""

    @property
    def kernels(self) -> ForkingProcess | None:
        """What kernels are forked from."""
        return self.forks.kernels if self.forks is not None else None

    def tests_of(self, module: str) -> ForkingProcess | None:
        """What tests of a module are forked from."""
        tests = self.forks.tests if self.forks is not None else None
        return tests if tests is not None and tests.serves(module) else None

    def prepare_kernels(self, libraries: Libraries) -> None:
        """Import libraries once for the kernels that follow."""
        if self.forks is not None:
            environment = kernel_environment(dict(self.environment))
            self.forks.start_kernels(libraries, environment)

    def prepare_tests(self, libraries: Libraries) -> None:
        """Import libraries once for the tests that follow."""
        if self.forks is not None:
            self.forks.start_tests(libraries, dict(self.environment))


class RunPlace(NamedTuple):
    """Where a notebook runs: the ``folder`` that is copied, the folder ``start`` inside of it, and
    the ``paths`` from which modules are imported, both relative to the folder; ``only`` has names,
    by the folders of which nothing else is copied."""

    folder: str
    start: str
    paths: tuple[str, ...] = ()
    only: Mapping[str, frozenset[str]] = MappingProxyType({})

    def has(self, path: str) -> bool:
        """Whether a path is inside of the folder."""
        return not os.path.relpath(path, self.folder).startswith(os.pardir)


class Side(NamedTuple):
    """One of the two: its cells' sources, the files to put into its copy of the folder."""

    cells: Sequence[str]
    files: Mapping[str, bytes]


def code_cells(notebook: Notebook) -> tuple[list[int], list[str]]:
    """The Python cells of a notebook: their indices and their sources."""
    cells = [cell for cell in notebook.cells if cell.is_python]
    return [cell.index for cell in cells], [cell.source for cell in cells]


class OriginalRuns:
    """Runs of the notebook that others are compared with: what one has shown is not asked of it
    again."""

    def __init__(self, side: Side, place: RunPlace, options: RunOptions) -> None:
        """``side`` is the notebook, ``place`` where it runs."""
        self.side, self.place, self.options = side, place, options
        self.seconds = 0.0
        """How long the first run took."""
        self._seen: dict[bool, tuple[Mapping[str, Sequence[str]], dict[str, Any]]] = {}

    def watched(
        self, watch: Mapping[str, Any], snapshots: Mapping[str, Sequence[str]]
    ) -> dict[str, Any]:
        """Run it and keep values: ``watch`` as `probe` has it, each with the ``data`` of its
        pickle; ``snapshots`` are the names that a comparison will look at after each cell."""
        self.options.report("Running the original notebook")
        with scratch_folder() as pickles:
            more = {"watch": watch, "pickles": pickles}
            forks = self.options.kernels
            began = time.monotonic()
            found = run_side(self.side, self.place, snapshots, self.options, more, forks)
            self.seconds = time.monotonic() - began
            for cell in found.get("cells", ()):
                for one in cell["watched"]:
                    for entry in one["values"].values():
                        _read_pickle(entry)
            given = found.get("calls", {}).get("arguments", {})
            for name, path in given.items():
                given[name] = {"pickle": path}
                _read_pickle(given[name])
        self._seen[False] = (snapshots, found)
        return found

    def seen(
        self, snapshots: Mapping[str, Sequence[str]], *, disturbed: bool = False
    ) -> dict[str, Any]:
        """What a run shows, with some names after each cell; ``disturbed`` as `probe` has it."""
        names, found = self._seen.get(disturbed, ({}, None))
        # What the original binds only further below has no value there.
        missing = any(
            not self._bound[int(cell)].intersection(wanted) <= set(names.get(cell, ()))
            for cell, wanted in snapshots.items()
        )
        if found is None or missing:
            again = " again, to see what it repeats" if disturbed else ""
            self.options.report(f"Running the original notebook{again}")
            more = {"disturbed": disturbed}
            # Its memory is another one from the start.
            forks = None if disturbed else self.options.kernels
            found = run_side(self.side, self.place, snapshots, self.options, more, forks)
            self._seen[disturbed] = (snapshots, found)
        return found

    @cached_property
    def _bound(self) -> list[frozenset[str]]:
        """For each cell, the names that it or one above it binds."""
        each = (frozenset(comparing.names_bound(source)) for source in self.side.cells)
        return list(accumulate(each, lambda above, own: above | own))


def _read_pickle(entry: dict[str, Any]) -> None:
    """Put the content of a pickle in the place of its path."""
    path = entry.pop("pickle", None)
    if path is None:
        return
    if os.path.getsize(path) > _MOST_BYTES:
        entry["problem"] = f"takes more than {_MOST_BYTES // 1_000_000} MB"
    else:
        entry["data"] = read_bytes(path, _MOST_BYTES)


def verify(
    old: OriginalRuns,
    new: Side,
    *,
    module: str = "",
    dead: frozenset[str] = frozenset(),
    logs: bool = False,
    segments: Sequence[MatchedCells] | None = None,
    code: str = "",
) -> Verdict:
    """Run two notebooks and compare what they show and leave.

    Args:
        old: the original.
        new: the rewritten one, with its module among the files (paths relative to the folder).
        module: the dotted name of the extracted module.
        dead: names whose last values are not compared, since nobody reads them.
        logs: whether the module logs what the notebook printed.
        segments: which cells belong together; found by their sources when not given.
        code: the module, by which it is known what the rewritten notebook imports.

    Raises:
        ExecutionError: the kernel does not start.
        UsageError: the folder is too big to copy.
    """
    before = old.side.cells
    if segments is None:
        segments = comparing.segments_of(before, new.cells)
    mine, theirs = comparing.snapshots(before, new.cells, segments)
    first = old.seen(mine)
    old.options.report("Running the rewritten notebook")
    forks = old.options.kernels
    if forks is not None and not forks.serves(code):
        forks = None
    second = run_side(new, old.place, theirs, old.options, forks=forks)
    verdict = comparing.compare_runs(first, second, segments, module, dead, logs=logs)
    if not verdict.differences or "failed" in first:
        return verdict
    # A notebook that looks at the clock or at memory that nobody has written (`numpy.empty`)
    # differs from itself.
    again = old.seen(mine, disturbed=True)
    same = [MatchedCells(segment.old, segment.old) for segment in segments]
    return comparing.without_unstable(verdict, comparing.compare_runs(first, again, same, module))


def run_side(
    side: Side,
    place: RunPlace,
    snapshots: Mapping[str, Sequence[str]],
    options: RunOptions,
    more: Mapping[str, Any] = MappingProxyType({}),
    forks: ForkingProcess | None = None,
) -> dict[str, Any]:
    """Run a notebook in a copy of its folder; ``more`` is added to the job of `probe`, ``forks`` is
    what its kernel is forked from."""
    with workspace(place.folder, options, place.only) as copy:
        _write_files(side, copy)
        job = {
            "cells": list(side.cells),
            "cwd": os.path.join(copy, place.start),
            "path": [os.path.join(copy, path) for path in place.paths],
            "seconds": options.seconds,
            "environment": dict(options.environment),
            "snapshots": dict(snapshots),
        }
        place_of_forks = forks.socket if forks is not None and forks.is_ready else ""
        return run_job(job | dict(more), options.python, place_of_forks)


@contextmanager
def workspace(
    folder: str, options: RunOptions, only: Mapping[str, frozenset[str]] = MappingProxyType({})
) -> Iterator[str]:
    """A copy of a folder that goes in the end; ``only`` as `RunPlace` has it.

    Raises:
        UsageError: it is too big.
    """
    whole = os.path.realpath(folder)

    def skipped(top: str, names: list[str]) -> set[str]:
        wanted = only.get(os.path.relpath(top, whole), names)
        return set(_SKIPPED(top, names)) | set(names).difference(wanted)

    size = tree_size(folder, options.megabytes * 1_000_000, skipped)
    if size is None:
        raise UsageError(
            f"{folder}: holds more than {options.megabytes} MB, which is not copied for a run;"
            " see --copy-limit"
        )
    with scratch_folder() as temporary:
        place = os.path.join(temporary, "folder")
        try:
            copy_tree(folder, place, skipped)
        except OSError as error:
            text = f"{error.filename}: cannot be copied for a run: {error.strerror}"
            raise UsageError(text) from None
        yield place


def _write_files(side: Side, copy: str) -> None:
    for path, data in side.files.items():
        try:
            write_scratch(copy, path, data)
        except OSError as error:
            text = f"{path}: cannot be written to the copy for a run: {error.strerror}"
            raise UsageError(text) from None
