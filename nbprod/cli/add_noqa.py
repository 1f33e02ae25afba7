"""``nbprod check --add-noqa``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from nbprod.config.settings import Configure
from nbprod.errors import ReadError, UsageError
from nbprod.fixing.suppress import silencing_edits
from nbprod.notebook.edits.splice import EditRefused, apply_edits
from nbprod.notebook.read import read_notebook
from nbprod.project.files import write_atomically
from nbprod.project.run import check_one, discover

__all__ = ["add_noqa"]


def add_noqa(paths: Sequence[str], configure: Configure, reason: str, quiet: bool) -> int:
    """Silence every finding by a comment; returns 0, or 1 when some have no place for one."""
    added = left = 0
    for one in discover(paths, configure):
        try:
            if one.problem is not None:
                raise one.problem
            with open(one.path, "rb") as file:
                data = file.read()
            notebook = read_notebook(data, one.path)
        except (ReadError, OSError) as error:
            click.echo(f"{one.path}: left as it is: {error}", err=True)
            left += 1
            continue
        findings = check_one(notebook, configure(one.path)).findings
        edits, without = silencing_edits(notebook, findings, reason)
        try:
            changed = apply_edits(notebook, data, edits)
            if changed != data:
                write_atomically(one.path, changed)
        except EditRefused as error:
            click.echo(f"{one.path}: left as it is: {error}", err=True)
            left += len(findings)
            continue
        except OSError as error:
            raise UsageError(f"{one.path}: cannot be written: {error.strerror}") from None
        added += len(findings) - len(without)
        left += len(without)
        for finding in without:
            where = f"cell {finding.place.cell}" if finding.place.cell else "the file"
            click.echo(
                f"{one.path}: {finding.code} in {where}: no comment has a place there; "
                "tag the cell `nbprod-ignore`, or use the notebook's metadata",
                err=True,
            )
    if not quiet:
        click.echo(f"Silenced {added} finding{'s' if added != 1 else ''}.", err=True)
    return 1 if left else 0
