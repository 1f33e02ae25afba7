"""``nbprod clones``."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbprod.config.files import Configuration
from nbprod.discover import Discovered
from nbprod.project import discover, find_notebook

if TYPE_CHECKING:
    from nbprod.clones.find import Found
    from nbprod.clones.types import CloneGroup, Fragment, Source

_EXAMPLES = """\b
Examples:
  nbprod clones                       in all notebooks and modules here
  nbprod clones notebooks/ --output-format json
"""
_MOST_SHOWN = 20
_KINDS = {1: "the same", 2: "but for names and literals", 3: "with some statements more or less"}


@click.command("clones", epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--min-nodes", default=50, metavar="N", help="Smaller ones are not told.")
@click.option("--min-statements", default=3, metavar="N", help="Of loose code; by default 3.")
@click.option("--no-modules", is_flag=True, help="Look at notebooks only.")
@click.option("--output-format", type=click.Choice(["full", "json"]), default="full")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if something is repeated.")
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
def command(paths: tuple[str, ...], **options: Any) -> int:
    """Find code that stands in several places: in one notebook, across notebooks, in modules.

    Each group is told once, with its places, what differs between them, and the function that
    could stand for all. Notebooks that are copies of each other are told as such.

    Exit codes: 0 nothing is repeated, 1 something is, 2 usage.
    """
    from nbprod.clones.find import Limits, find_clones

    configure = Configuration(None, (), bool(options["isolated"])).for_path
    notebooks = discover(paths or (".",), configure)
    sources = [source for one in notebooks for source in _of_notebook(one)]
    if not options["no_modules"]:
        sources += _of_modules(paths or (".",), {os.path.abspath(one.path) for one in notebooks})
    limits = Limits(int(options["min_nodes"]), int(options["min_statements"]))
    found = find_clones(sources, limits)
    if options["output_format"] == "json":
        click.echo(json.dumps(_as_json(found), indent=2))
    else:
        for line in _full(found):
            click.echo(line)
    return 1 if (found.groups or found.copies) and not options["exit_zero"] else 0


def _of_notebook(found: Discovered) -> list[Source]:
    from nbprod.clones.sources import sources_of_notebook
    from nbprod.facts import Facts

    notebook = find_notebook(found.path) if found.problem is None else None
    if notebook is None:
        return []
    return sources_of_notebook(found.path, Facts(notebook).parsed)


def _of_modules(paths: Sequence[str], notebooks: set[str]) -> Iterator[Source]:
    """The modules below some folders; those that do not parse are passed over."""
    from nbprod.clones.sources import source_of
    from nbprod.discover import DEFAULT_EXCLUDES

    for path in paths:
        for top, folders, files in os.walk(path):
            folders[:] = sorted(one for one in folders if one not in DEFAULT_EXCLUDES)
            for name in sorted(files):
                place = os.path.normpath(os.path.join(top, name))
                if not name.endswith(".py") or os.path.abspath(place) in notebooks:
                    continue
                try:
                    tree = ast.parse(Path(place).read_bytes())
                except (OSError, SyntaxError, ValueError):
                    continue
                yield source_of(place, None, tree)


def _full(found: Found) -> Iterator[str]:
    for copy in found.copies:
        yield f"{len(copy.paths)} notebooks are copies of each other:"
        yield from (f"  {path}" for path in copy.paths)
        yield ""
    for group in found.groups:
        yield f"{len(group.fragments)} places, {_KINDS[group.kind]}: {group.signature}"
        yield from (f"  {_place(one)}" for one in group.fragments[:_MOST_SHOWN])
        if len(group.fragments) > _MOST_SHOWN:
            yield f"  and {len(group.fragments) - _MOST_SHOWN} more places"
        for one in group.differences[:6]:
            yield f"    {one.kind}: {' | '.join(dict.fromkeys(one.texts))}"
        if len(group.differences) > 6:
            yield f"    and {len(group.differences) - 6} more differences"
        yield ""
    count = len(found.groups)
    yield f"Found {count} group{'s' if count != 1 else ''} of repeated code" + (
        f" and {len(found.copies)} groups of copied notebooks." if found.copies else "."
    )


def _place(one: Fragment) -> str:
    cell = f" cell {one.source.cell}" if one.source.cell is not None else ""
    return f"{one.source.path}:{cell} lines {one.first_line} to {one.last_line}"


def _as_json(found: Found) -> dict[str, Any]:
    return {
        "version": "1",
        "copies": [list(one.paths) for one in found.copies],
        "groups": [_group_as_json(one) for one in found.groups],
    }


def _group_as_json(group: CloneGroup) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "weight": group.weight,
        "signature": group.signature,
        "places": [
            {
                "path": one.source.path,
                "cell": one.source.cell,
                "line": one.first_line,
                "end_line": one.last_line,
            }
            for one in group.fragments
        ],
        "differences": [
            {"kind": one.kind, "texts": list(one.texts), "argument": one.argument}
            for one in group.differences
        ],
    }
