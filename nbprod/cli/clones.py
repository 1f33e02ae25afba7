"""``nbprod clones``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from nbprod.checking.engine import report_of_unreadable
from nbprod.cli.output import print_json, print_line, print_lines
from nbprod.cli.reporting import say_unreadable
from nbprod.cli.setting_options import isolated_option
from nbprod.config.files import Configuration
from nbprod.config.settings import Configure
from nbprod.disk.documents import NotParsed, parse_module
from nbprod.disk.places import project_roots
from nbprod.disk.read import MAX_TEXT_BYTES, read_bytes, read_text
from nbprod.disk.walk import walk_folders
from nbprod.errors import NbprodError, ReadError, UsageError
from nbprod.model import FileResult
from nbprod.project.discover import Discovered
from nbprod.project.run import discover, internal_error, read_discovered

if TYPE_CHECKING:
    from nbprod.clones.find import Found, Limits
    from nbprod.clones.types import CloneGroup, Fragment, Source

_EXAMPLES = """\b
Examples:
  nbprod clones                       in all notebooks and modules here
  nbprod clones notebooks/ --output-format json
  nbprod clones notebooks/ --diff -o shop/shared.py
  nbprod clones --write-baseline .nbprod-clones.json
  nbprod clones --baseline .nbprod-clones.json
"""
_MOST_SHOWN = 20
_KINDS = {1: "the same", 2: "except for names and literals", 3: "with statements added or removed"}


@click.command("clones", epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--min-nodes", default=50, metavar="N", help="Minimum size in syntax-tree nodes [50]."
)
@click.option(
    "--min-statements", default=3, metavar="N", help="Minimum number of top-level statements [3]."
)
@click.option("--no-modules", is_flag=True, help="Search notebooks only.")
@click.option("--fix", is_flag=True, help="Merge duplicates across notebooks into functions.")
@click.option("--diff", is_flag=True, help="Print the changes of --fix without writing them.")
@click.option("-o", "--output", metavar="MODULE.py", help="Module for the functions of --fix.")
@click.option(
    "--baseline", metavar="FILE", help="Report only duplicates that FILE does not record."
)
@click.option("--write-baseline", metavar="FILE", help="Record all current duplicates in FILE.")
@click.option("--output-format", type=click.Choice(["full", "json"]), default="full")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even with duplicates.")
@isolated_option
def command(paths: tuple[str, ...], **options: Any) -> int:
    """Find duplicated code: in one notebook, across notebooks, between notebooks and modules.

    Each group is reported once: its locations, what differs, and the signature of a function that
    could replace them all. Notebooks that are copies of each other are reported as copies.

    With --fix, duplicates across notebooks become functions of one module, and the notebooks
    import and call them: all files are written or none.

    Exit codes: 0 no duplicates (or all fixed), 1 duplicates, 2 usage, 4 a notebook cannot be read;
    --fix then writes nothing.
    """
    from nbprod.clones.find import Limits, find_clones

    if (options["fix"] or options["diff"]) and not options["output"]:
        raise UsageError("--fix and --diff need a module to write: -o PACKAGE/module.py")
    configure = Configuration(None, (), bool(options["isolated"])).for_path
    notebooks = discover(paths or (".",), configure)
    failed: list[FileResult] = []
    sources = [source for file in notebooks for source in _of_notebook(file, configure, failed)]
    unread = say_unreadable(failed)
    if not options["no_modules"]:
        sources += _of_modules(paths or (".",), {os.path.abspath(file.path) for file in notebooks})
    limits = Limits(int(options["min_nodes"]), int(options["min_statements"]))
    found = find_clones(sources, limits)
    if options["write_baseline"]:
        return _write_baseline(found, str(options["write_baseline"])) or unread
    if options["baseline"]:
        found = _unknown(found, str(options["baseline"]))
    if options["fix"] or options["diff"]:
        shows = bool(options["diff"])
        output = str(options["output"])
        return unread or _fix(found, limits, output, configure, paths, shows=shows)
    if options["output_format"] == "json":
        print_json(_as_json(found))
    else:
        for line in _full(found):
            print_line(line)
    if unread:
        return unread
    return 1 if (found.groups or found.copies) and not options["exit_zero"] else 0


def _write_baseline(found: Found, path: str) -> int:
    from nbprod.clones.baseline import known_of, to_json
    from nbprod.project.baselines import relative_to, write_known

    known = known_of(found, relative_to(path))
    write_known(path, to_json(known), named=True)
    count = len(known.groups)
    print_line(f"{path} knows {count} group{'s' if count != 1 else ''} of repeated code.")
    return 0


def _unknown(found: Found, path: str) -> Found:
    from nbprod.clones.baseline import from_json, without_known
    from nbprod.project.baselines import relative_to

    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{path}: cannot be read; --write-baseline makes one") from None
    return without_known(found, from_json(text, path), relative_to(path))


def _fix(
    found: Found,
    limits: Limits,
    output: str,
    configure: Configure,
    paths: Sequence[str],
    *,
    shows: bool,
) -> int:
    """Write the module and the notebooks, or show what would change."""
    from nbprod.extract.plan.targets import target_of
    from nbprod.merge.delivery import deliver_merge
    from nbprod.merge.notebooks import NotebookBytes
    from nbprod.project.run import facts_of, get_notebook
    from nbprod.project.write_all import write_all

    target = target_of(output, os.getcwd())
    notebooks = {}
    places = (fragment for group in found.groups for fragment in group.fragments)
    for path in dict.fromkeys(
        fragment.source.path for fragment in places if fragment.source.cell is not None
    ):
        notebook, data = get_notebook(path)
        notebooks[path] = NotebookBytes(facts_of(notebook, configure(path)), data)
    delivery = deliver_merge(found.groups, notebooks, limits, target)
    if shows:
        _show(delivery.files)
    for number, group in enumerate(found.groups):
        reason = delivery.shared.reasons.get(number)
        if reason is not None:
            print_line(f"{_place(group.fragments[0])} stays: {reason}", err=True)
    if not delivery.files:
        print_line("Nothing to write: no group can become a function.")
    elif not shows:
        changed = write_all(
            delivery.files,
            read=delivery.read,
            force=False,
            within=project_roots((target.project, *paths)),
            named=(target.path,),
        )
        for path in changed:
            print_line(f"wrote {os.path.relpath(path)}")
    return 1 if delivery.shared.reasons and not shows else 0


def _show(files: Mapping[str, bytes]) -> None:
    from nbprod.extract.plan.explain import differences
    from nbprod.fixing.patch import script_of
    from nbprod.notebook.read import read_notebook
    from nbprod.project.write_all import bytes_there

    def lines(path: str, data: bytes) -> list[str]:
        if path.endswith(".py"):
            return data.decode("utf-8", "replace").splitlines(keepends=True)
        return script_of(read_notebook(data, path))

    before = {
        os.path.relpath(path): lines(path, there)
        for path in files
        if (there := bytes_there(path)) is not None
    }
    after = {os.path.relpath(path): lines(path, data) for path, data in files.items()}
    print_lines(differences(before, after))


def _of_notebook(found: Discovered, configure: Configure, failed: list[FileResult]) -> list[Source]:
    """The cells of a notebook; ``failed`` gets one that cannot be read."""
    from nbprod.clones.sources import sources_of_notebook
    from nbprod.project.run import facts_of

    try:
        facts = facts_of(read_discovered(found), configure(found.path))
        return sources_of_notebook(found.path, facts.parsed)
    except ReadError as error:
        failed.append(report_of_unreadable(found.path, error))
    except NbprodError:
        raise
    except Exception as error:  # a fault of ours must not stop the others
        failed.append(internal_error(found.path, error))
    return []


def _of_modules(paths: Sequence[str], notebooks: set[str]) -> Iterator[Source]:
    """The modules below some folders; those that do not parse are skipped."""
    from nbprod.clones.sources import clone_source_of
    from nbprod.config.settings import DEFAULT_EXCLUDES

    for path in paths:
        for top, folders, files in walk_folders(path):
            folders[:] = sorted(folder for folder in folders if folder not in DEFAULT_EXCLUDES)
            for name in sorted(files):
                place = os.path.normpath(os.path.join(top, name))
                if not name.endswith(".py") or os.path.abspath(place) in notebooks:
                    continue
                try:
                    tree = parse_module(read_bytes(place, MAX_TEXT_BYTES))
                except (OSError, NotParsed):
                    continue
                yield clone_source_of(place, None, tree)


def _full(found: Found) -> Iterator[str]:
    for copy in found.copies:
        yield f"{len(copy.paths)} notebooks are copies of each other:"
        yield from (f"  {path}" for path in copy.paths)
        yield ""
    for group in found.groups:
        yield f"{len(group.fragments)} places, {_KINDS[group.kind]}: {group.signature}"
        yield from (f"  {_place(fragment)}" for fragment in group.fragments[:_MOST_SHOWN])
        if len(group.fragments) > _MOST_SHOWN:
            yield f"  and {len(group.fragments) - _MOST_SHOWN} more places"
        for difference in group.differences[:6]:
            yield f"    {difference.kind}: {' | '.join(dict.fromkeys(difference.texts))}"
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
        "copies": [list(copy.paths) for copy in found.copies],
        "groups": [_group_as_json(group) for group in found.groups],
    }


def _group_as_json(group: CloneGroup) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "weight": group.weight,
        "signature": group.signature,
        "places": [
            {
                "path": fragment.source.path,
                "cell": fragment.source.cell,
                "line": fragment.first_line,
                "end_line": fragment.last_line,
            }
            for fragment in group.fragments
        ],
        "differences": [
            {
                "kind": difference.kind,
                "texts": list(difference.texts),
                "argument": difference.argument,
            }
            for difference in group.differences
        ],
    }
