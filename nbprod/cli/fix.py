"""``nbprod check --fix`` and ``--diff``."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence

import click

from nbprod.changes import write_atomically
from nbprod.engine import unreadable
from nbprod.errors import ReadError, UsageError
from nbprod.fixing.apply import Fixed, fix_bytes
from nbprod.model import FileResult, Finding
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project import Settings, check_one, discover

# A fix was asked for, so the search for an order may take its time.
_EFFORT = 160


def run_fixes(paths: Sequence[str], settings: Settings, options: dict[str, object]) -> int:
    """Fix files, or show what would change; returns the exit code."""
    selection = settings.selection()
    results: list[FileResult] = []
    changed = 0

    def check(notebook: Notebook) -> Sequence[Finding]:
        return check_one(notebook, selection, settings.syntax, _EFFORT).findings

    for found in discover(paths, settings):
        if found.problem is not None:
            results.append(unreadable(found.path, found.problem))
            continue
        try:
            with open(found.path, "rb") as file:
                data = file.read()
            fixed = fix_bytes(data, found.path, check, unsafe=bool(options["unsafe_fixes"]))
        except ReadError as error:
            results.append(unreadable(found.path, error))
            continue
        except OSError as error:
            fault = ReadError("unreadable-file", f"cannot be read: {error.strerror}")
            results.append(unreadable(found.path, fault))
            continue
        changed += fixed.data != data
        if options["diff"]:
            sys.stdout.writelines(_diff(found.path, data, fixed))
            continue
        if fixed.data != data:
            _write(found.path, fixed.data)
            _say(found.path, fixed, options)
        results.append(check_one(read_notebook(fixed.data, found.path), selection, settings.syntax))
    if options["diff"]:
        if not options["quiet"]:
            click.echo(f"{changed} notebook{'s' if changed != 1 else ''} would change.", err=True)
        return 1 if changed and not options["exit_zero"] else 0
    from nbprod.cli.check import finish

    return finish(results, options)


def _write(path: str, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}; it is as it was") from None


def _say(path: str, fixed: Fixed, options: dict[str, object]) -> None:
    if not options["quiet"]:
        for title in fixed.applied:
            click.echo(f"{path}: fixed: {title}", err=True)


def _diff(path: str, data: bytes, fixed: Fixed) -> Iterator[str]:
    """The change as a reader sees it: sources of cells, not JSON."""
    before = list(_script(read_notebook(data, path)))
    after = list(_script(read_notebook(fixed.data, path)))
    yield from difflib.unified_diff(before, after, f"{path} before", f"{path} after")
    if before == after and fixed.data != data:
        titles = ", ".join(dict.fromkeys(fixed.applied))
        yield f"--- {path} before\n+++ {path} after\n(no source changes: {titles})\n"


def _script(notebook: Notebook) -> Iterator[str]:
    for cell in notebook.cells:
        name = f" {cell.id}" if cell.id else ""
        yield f"# %% [{cell.kind}]{name}\n"
        for line in cell.source.split("\n"):
            yield line + "\n"
