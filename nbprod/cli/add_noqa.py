"""``nbprod check --add-noqa``."""

from __future__ import annotations

from collections.abc import Sequence

from nbprod.cli.output import print_line
from nbprod.config.settings import Configure, Settings
from nbprod.disk.places import project_roots
from nbprod.disk.read import read_notebook_bytes
from nbprod.disk.write import write_file
from nbprod.errors import ReadError, WriteError
from nbprod.fixing.suppress import suppression_edits
from nbprod.model import Finding
from nbprod.notebook.edits.splice import EditRefused, apply_edits
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project.credentials import remember
from nbprod.project.run import check_one, discover

__all__ = ["suppress_all_findings"]

_MOST_TURNS = 50


def suppress_all_findings(
    paths: Sequence[str], configure: Configure, reason: str, quiet: bool
) -> int:
    """Silence every finding by a comment; returns 0, 1 when some have no place for one,
    or 2 when a file cannot be written."""
    added = left = 0
    failed = False
    roots = project_roots(paths)
    for one in discover(paths, configure):
        try:
            if one.problem is not None:
                raise one.problem
            data = read_notebook_bytes(one.path)
            notebook = read_notebook(data, one.path)
        except ReadError as error:
            print_line(f"{one.path}: left as it is: {error}", err=True)
            left += 1
            continue
        remember(notebook)
        findings = check_one(notebook, configure(one.path)).findings
        try:
            changed, without = _suppressed(notebook, data, findings, configure(one.path), reason)
            if changed != data:
                within = one.writable_within(roots)
                write_file(one.path, changed, within=within, before=data)
        except EditRefused as error:
            print_line(f"{one.path}: left as it is: {error}", err=True)
            left += len(findings)
            continue
        except OSError as error:
            print_line(f"{one.path}: cannot be written: {error.strerror}", err=True)
            failed = True
            continue
        added += len(findings) - len(without)
        left += len(without)
        for finding in without:
            where = f"cell {finding.place.cell}" if finding.place.cell else "the file"
            print_line(
                f"{one.path}: {finding.code} in {where}: no comment has a place there; "
                "tag the cell `nbprod-ignore`, or use the notebook's metadata",
                err=True,
            )
    if not quiet:
        print_line(f"Suppressed {added} finding{'s' if added != 1 else ''}.", err=True)
    return WriteError.exit_code if failed else 1 if left else 0


def _suppressed(
    notebook: Notebook, data: bytes, findings: Sequence[Finding], settings: Settings, reason: str
) -> tuple[bytes, list[Finding]]:
    """The file with comments for findings, and those of them that have no place for one.

    A fault of several places is reported at the next one when the first is suppressed, so it goes
    on as long as comments are added.
    """
    without: list[Finding] = []
    for turn in range(_MOST_TURNS):
        edits, unplaced = suppression_edits(notebook, findings, reason)
        without = without if turn else list(unplaced)
        changed = apply_edits(notebook, data, edits)
        if changed == data:
            break
        data = changed
        notebook = read_notebook(data, notebook.path)
        findings = check_one(notebook, settings).findings
    return data, without
