"""``nbprod score``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from nbprod.cli.output import print_json, print_line
from nbprod.cli.reporting import say_unreadable
from nbprod.cli.setting_options import isolated_option
from nbprod.config.files import Configuration
from nbprod.config.layers import read_layer
from nbprod.project.run import discover, iter_results

if TYPE_CHECKING:
    from nbprod.model import FileResult
    from nbprod.review.readiness import Judged

_EXAMPLES = """\b
Examples:
  nbprod score                               a table for all notebooks here
  nbprod score train.ipynb --output-format markdown
"""
_MARKS = {"passed": "yes", "failed": "no", "nothing against it": "?", "not checkable": "-"}


@click.command("score", epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--output-format", type=click.Choice(["full", "markdown", "json"]), default="full")
@click.option("--each", is_flag=True, help="Print a table for each notebook as well.")
@isolated_option
def command(paths: tuple[str, ...], output_format: str, each: bool, isolated: bool) -> int:
    """Check production readiness, item by item.

    The items are those of the ML Test Score, and nine that notebooks need in addition. An item
    that reading code cannot decide is listed with what a person would check. There is no total:
    ten items that pass do not make up for one that fails.

    Exit codes: 0 printed, 2 usage, 4 a notebook cannot be read.
    """
    from nbprod.review.readiness import as_json, rules_of_items, score_items

    layer = read_layer({"select": rules_of_items()}, "the command line")
    configure = Configuration(layer, (), isolated).for_path
    found = discover(paths or (".",), configure)
    results = [result for result in iter_results(found, configure) if result.skipped is None]
    code = say_unreadable(results)
    if output_format == "json":
        print_json(as_json(results))
        return code
    table = _markdown if output_format == "markdown" else _full
    every = [finding for result in results for finding in result.findings]
    for line in table(_title(results), score_items(every)):
        print_line(line)
    for result in results if each else ():
        for line in table(result.path, score_items(result.findings)):
            print_line(line)
    return code


def _title(results: Sequence[FileResult]) -> str:
    return f"{len(results)} notebook{'s' if len(results) != 1 else ''}"


def _full(title: str, rows: Sequence[Judged]) -> Iterator[str]:
    from nbprod.report.places import clickable

    yield from (title, "")
    section = ""
    for judged in rows:
        if judged.item.section != section:
            section = judged.item.section
            yield f"{section}"
        yield f"  {_MARKS[judged.state]:>3}  {judged.item.id}  {judged.item.title}"
        if judged.against:
            yield f"           {_times(judged)}, first at {clickable(judged.against[0])}"
        elif judged.state == "nothing against it":
            yield f"           nothing was found against it; {judged.item.why}"
        elif judged.state == "not checkable":
            yield f"           not checkable by reading code: {judged.item.why}"
    yield ""


def _times(one: Judged) -> str:
    count = len(one.against)
    return f"{count} finding{'s' if count != 1 else ''}"


def _markdown(title: str, rows: Sequence[Judged]) -> Iterator[str]:
    from nbprod.report.escaping import escape_markdown, markdown_name
    from nbprod.report.places import clickable

    yield from (f"### {markdown_name(title)}", "", "| | item | | |", "|---|---|---|---|")
    for judged in rows:
        said = "" if judged.state == "passed" else judged.item.why
        if judged.against:
            said = f"{_times(judged)}, first at {clickable(judged.against[0])}"
        said = escape_markdown(said)
        yield f"| {judged.item.id} | {judged.item.title} | {judged.state} | {said} |"
    yield ""
