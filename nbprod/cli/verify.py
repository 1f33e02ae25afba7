"""``nbprod verify``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from nbprod.cli.output import print_json, print_line
from nbprod.cli.terminal import stage
from nbprod.errors import UsageError

if TYPE_CHECKING:
    from nbprod.execution.compare import Verdict


@click.command("verify")
@click.argument("original", type=click.Path())
@click.argument("rewritten", type=click.Path())
@click.option(
    "--path", "paths", multiple=True, metavar="DIR", help="Directory to import modules from."
)
@click.option(
    "--allow-external-writes", is_flag=True, help="Run notebooks that write outside their project."
)
@click.option("--python", metavar="PATH", help="Python that runs the notebooks.")
@click.option("--timeout", default=600, metavar="SECONDS", help="Time limit of each run.")
@click.option("--copy-limit", default=500, metavar="MB", help="Largest directory to copy.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text")
def command(
    original: str,
    rewritten: str,
    paths: tuple[str, ...],
    allow_external_writes: bool,  # noqa: FBT001 - click passes flags
    python: str | None,
    timeout: int,
    copy_limit: int,
    output_format: str,
) -> int:
    """Run two notebooks in fresh processes and compare their outputs and variables.

    Each runs in a copy of the directory that holds both. Outputs are compared cell by cell, and
    the variables that both have at the end: numbers to one part in a billion.

    Exit codes: 0 equal, 1 different, 2 usage, 4 cannot be run.
    """
    from nbprod.execution.run import OriginalRuns, RunOptions, RunPlace, Side, code_cells, verify
    from nbprod.facts import Facts
    from nbprod.project.run import get_notebook
    from nbprod.refactor.external_writes import refuse_external_writes
    from nbprod.refactor.run_folder import folder_of_run, reach_of_run

    (old, _), (new, _) = get_notebook(original), get_notebook(rewritten)
    both = [Facts(notebook) for notebook in (old, new)]
    for facts in () if allow_external_writes else both:
        refuse_external_writes(facts, reach_of_run(facts))
    own = [os.path.dirname(os.path.abspath(text)) for text in (original, rewritten)]
    extra = [os.path.abspath(path) for path in paths] or ([os.getcwd()] if _is_near(own) else [])
    folder = os.path.commonpath([*own, *extra, *(folder_of_run(facts)[0] for facts in both)])
    if own[0] != own[1]:
        raise UsageError("both notebooks must be in one directory, whose files they read")
    indices, sources = code_cells(old)
    place = RunPlace(
        folder,
        os.path.relpath(own[0], folder),
        tuple(os.path.relpath(text, folder) for text in extra),
    )
    options = RunOptions(python or sys.executable, timeout, copy_limit, report=stage)
    runs = OriginalRuns(Side(sources, {}), place, options)
    verdict = verify(runs, Side(code_cells(new)[1], {}))
    if output_format == "json":
        from nbprod.execution.verdict_object import verdict_object

        names = {"original": original, "rewritten": rewritten}
        print_json({"version": "1", **names, **verdict_object(verdict, indices)})
    else:
        print_verdict(verdict, indices)
    return 1 if verdict.differences else 0


def _is_near(folders: Sequence[str]) -> bool:
    """Whether the present folder is above the notebooks: modules are imported from there."""
    here = os.getcwd()
    return all(os.path.commonpath([here, folder]) == here for folder in folders)


def print_verdict(verdict: Verdict, cells: Sequence[int]) -> None:
    """Print a verdict; ``cells`` are the indices of the original's cells by their places."""
    for difference in verdict.differences[:5]:
        where = (
            f"cell {cells[difference.cell] + 1}" if difference.cell is not None else "at the end"
        )
        print_line(f"{where}: {difference.what} differs")
        print_line(f"  original:  {difference.old}")
        print_line(f"  rewritten: {difference.new}")
    if verdict.original_fails is not None:
        print_line(f"The original fails by itself: {verdict.original_fails}", err=True)
    for reason, found in groupby(verdict.uncompared, key=lambda uncompared: uncompared.reason):
        said = [
            uncompared.what
            if uncompared.cell is None
            else f"{uncompared.what} of cell {cells[uncompared.cell] + 1}"
            for uncompared in found
        ]
        print_line(f"Not compared in full: {', '.join(said)}: {reason}", err=True)
    if not verdict.differences:
        count = verdict.compared
        print_line(f"The same: every output, and {count} variable{'s' if count != 1 else ''}.")
