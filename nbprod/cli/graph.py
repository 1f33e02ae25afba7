"""``nbprod graph``."""

from __future__ import annotations

import sys

import click

from nbprod.cli.output import print_rendered, print_text
from nbprod.cli.renamed import RenamedOptions
from nbprod.config.files import Configuration
from nbprod.facts import Facts
from nbprod.flow.graph import RENDERERS
from nbprod.project.credentials import mask_notebook
from nbprod.project.run import facts_of, get_notebook


@click.command("graph", cls=RenamedOptions.of(format="output-format"))
@click.argument("notebook", type=click.Path())
@click.option("--output-format", "form", type=click.Choice(sorted(RENDERERS)), default="mermaid")
@click.option("--stdin-filename", metavar="PATH", help="Path to assume for standard input.")
def command(notebook: str, form: str, stdin_filename: str | None) -> int:
    """Print which cell feeds which, the names that flow, and an order that would run.

    NOTEBOOK is a file, or `-` for standard input.
    """
    if notebook == "-":
        path = stdin_filename or "stdin.ipynb"
        read, _ = get_notebook(path, sys.stdin.buffer.read())
    else:
        path = notebook
        read, _ = get_notebook(path)
    facts = facts_of(read, Configuration().for_path(path), effort=160)
    text = RENDERERS[form](mask_notebook(facts), facts.flow, _runnable(facts))
    show = print_rendered if form == "json" else print_text
    show(text)
    return 0


def _runnable(facts: Facts) -> list[int] | None:
    """An order of the code cells that runs: that of the page, or what the reorder fix finds."""
    if not facts.flow.failures:
        return list(facts.flow.order)
    from nbprod.fixing.reorder import runnable_order

    return runnable_order(facts)
