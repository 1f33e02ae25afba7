"""``nbprod report``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from nbprod._version import __version__
from nbprod.cli.output import print_line, print_rendered
from nbprod.cli.setting_options import configuration_options, layer_of, setting_options
from nbprod.cli.terminal import progress
from nbprod.config.files import Configuration
from nbprod.disk.places import project_roots
from nbprod.disk.write import Before, write_file
from nbprod.errors import ReadError, WriteError
from nbprod.project.run import discover

if TYPE_CHECKING:
    from nbprod.review.types import Review

_EXAMPLES = """\b
Examples:
  nbprod report                               all notebooks here, to nbprod-report.html
  nbprod report --base origin/main            what the branch does to its notebooks
  nbprod report --base main --markdown comment.md --html review.html notebooks/
"""
_PAGE = "nbprod-report.html"


@click.command("report", epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--base", metavar="REF", help="Compare with the merge base of REF.")
@click.option("--html", "page", metavar="FILE", help=f"HTML page; `-` is stdout [{_PAGE}].")
@click.option("--markdown", "text", metavar="FILE", help="File for a pull-request comment.")
@setting_options("select", "ignore", "level")
@configuration_options
@click.option("-q", "--quiet", is_flag=True, help="Print nothing.")
def command(paths: tuple[str, ...], **options: object) -> int:
    """Write a report for the review of notebooks: one HTML page, and Markdown for a comment.

    For each notebook: the verdict, the data flow between its cells as a picture, and the cells
    that have findings. With --base only notebooks that changed, with what changed beside it.

    Exit codes: 0 written, 2 usage or a file that cannot be written, 4 written, but a notebook
    cannot be read. Findings make no difference: `nbprod check` is the gate.
    """
    from nbprod.review.load import reviewed, reviewed_against
    from nbprod.review.types import Review

    configuration = _configuration(options)
    configure = configuration.for_path
    configure(".").selection()
    found = discover(paths or (".",), configure)
    base = options["base"]
    if base is not None:
        from nbprod.changed.git import Repository

        within = [os.path.realpath(path) for path in paths or (".",)]
        repository = Repository.at(str(base), "--base")
        notebooks = reviewed_against(found, repository, configure, within)
    else:
        notebooks = reviewed(found, configure)
    shown = progress(notebooks, len(found), shown=not options["quiet"])
    review = Review(tuple(shown), str(base) if base is not None else None, __version__)
    page, text = options["page"], options["text"]
    if page is not None or text is None:
        from nbprod.review.page import render_page

        # The usual name is not one that the user gave: a link in the repository may have it.
        allowed = project_roots(()) if page is None else None
        _write(str(page or _PAGE), render_page(review), allowed, quiet=bool(options["quiet"]))
    if text is not None:
        from nbprod.review.text import render_text

        _write(str(text), render_text(review), None, quiet=bool(options["quiet"]))
    return exit_code_of_review(review)


def exit_code_of_review(review: Review) -> int:
    """4 if a notebook could not be read, which is said, else 0."""
    unread = [notebook for notebook in review.notebooks if notebook.verdict == "unreadable"]
    for notebook in unread:
        print_line(f"nbprod: {notebook.path}: {notebook.reason}", err=True)
    return ReadError.exit_code if unread else 0


def _configuration(options: dict[str, object]) -> Configuration:
    overrides = options["config"]
    assert isinstance(overrides, tuple)
    return Configuration(layer_of(options), overrides, bool(options["isolated"]))


def _write(path: str, text: str, within: Sequence[str] | None, *, quiet: bool) -> None:
    if path == "-":
        print_rendered(text)
        return
    try:
        data = text.encode("utf-8", "replace")
        write_file(path, data, within=within, before=Before.ANYTHING)
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror}") from None
    if not quiet:
        print_line(f"wrote {path}", err=True)
