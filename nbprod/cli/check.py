"""``nbprod check``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from nbprod.checking.engine import report_of_unreadable
from nbprod.cli.check_request import CheckRequest
from nbprod.cli.output import print_line
from nbprod.cli.outputs import carries_edits, outputs_of
from nbprod.cli.reporting import finish, with_other_linters
from nbprod.cli.setting_options import configuration_options, layer_of, setting_options
from nbprod.cli.shards import own_part, shard_of
from nbprod.cli.terminal import progress
from nbprod.config.files import Configuration
from nbprod.config.layers import Layer, read_layer
from nbprod.config.settings import Configure, Settings
from nbprod.disk.read import read_stream
from nbprod.errors import ReadError, UsageError
from nbprod.model import FileResult
from nbprod.project.discover import Discovered, is_notebook
from nbprod.project.run import check_bytes, discover, iter_results

_EXAMPLES = """\b
Examples:
  nbprod check                          everything below this directory
  nbprod check analysis.ipynb --diff    what the safe fixes would change
  nbprod check --select NBP1 --ignore NBP109 notebooks/
  nbprod check --output full --output sarif:nbprod.sarif .
"""


@click.command("check", epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path())
@setting_options()
@configuration_options
@click.option("--no-baseline", is_flag=True, help="Report baselined findings as well.")
@click.option("--since", metavar="REF", help="Report findings on lines changed since REF.")
@click.option("--new-since", metavar="REF", help="Report findings that REF did not have.")
@click.option(
    "--add-noqa",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[REASON]",
    help="Add a suppression comment for every finding.",
)
@click.option("--fix", is_flag=True, help="Apply the safe fixes.")
@click.option("--show-fixes", is_flag=True, help="List the applied fixes even with --quiet.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 if a fix was applied.")
@click.option("--diff", is_flag=True, help="Print the changes of the fixes without writing them.")
@click.option(
    "--output-file", type=click.Path(dir_okay=False), help="Write the report to this file."
)
@click.option(
    "--output", multiple=True, metavar="FORMAT[:FILE]", help="Report format and file; repeatable."
)
@click.option("--explain", metavar="RULE", help="Explain a rule and exit.")
@click.option("--watch", "watches", is_flag=True, help="Check again whenever a file changes.")
@click.option("--show-files", is_flag=True, help="List the files to check and exit.")
@click.option("--show-settings", is_flag=True, help="Show the settings of the first path and exit.")
@click.option("--statistics", is_flag=True, help="Print the number of findings by rule only.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even with findings.")
@click.option("--error-on-empty", is_flag=True, help="Exit with 3 if no notebook is found.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto")
@click.option("--no-progress", is_flag=True, help="Show no progress bar.")
@click.option("--stdin-filename", metavar="PATH", help="Path to assume for standard input.")
@click.option("--shard", metavar="INDEX/COUNT", help="Check one part of the files, as in 3/8.")
@click.option("--only-notebooks", is_flag=True, help="Skip named files that are not notebooks.")
def command(
    config: tuple[str, ...],
    isolated: bool,
    no_baseline: bool,
    add_noqa: str | None,
    explain: str | None,
    watches: bool,
    show_files: bool,
    show_settings: bool,
    **given: Any,
) -> int:
    """Check notebooks: which would fail or change on Restart-and-Run-All, where and why.

    PATHS are files and directories; the current directory when there are none. `-` is standard
    input.

    Exit codes: 0 clean, 1 findings, 2 usage, 3 nothing to check (--error-on-empty), 4 unreadable
    input or an internal error.
    """
    if explain:
        from nbprod.cli.rule import explain as explain_rule

        return explain_rule(explain)
    layer = _command_line(given, no_baseline=no_baseline)
    configuration = Configuration(layer, config, isolated)
    request, settings = _request(given, configuration)
    configure = configuration.for_path
    if show_settings:
        from nbprod.cli.config import print_configuration

        print_configuration(configuration, request.paths[0] if request.paths else ".")
        return 0
    if show_files:
        for file in _discovered(request, configure):
            print_line(file.path)
        return 0
    if watches:
        return _watch(request, configure, settings)
    if add_noqa is not None:
        from nbprod.cli.add_noqa import suppress_all_findings

        return suppress_all_findings(request.paths or (".",), configure, add_noqa, request.quiet)
    if request.fix or request.diff:
        from nbprod.cli.apply_fixes import run_fixes

        return run_fixes(request, configure)
    return _check(request, configure, settings)


def _command_line(given: dict[str, Any], *, no_baseline: bool) -> Layer:
    """What the command line and the environment say on top of the files."""
    layer = layer_of(given)
    if no_baseline:
        layer |= read_layer({"baseline": ""}, "the command line")
    if os.environ.get("NBPROD_NO_CACHE"):
        layer |= read_layer({"cache": False}, "NBPROD_NO_CACHE")
    return layer


def _request(given: dict[str, Any], configuration: Configuration) -> tuple[CheckRequest, Settings]:
    """What is asked for, and the settings of the run as a whole.

    Raises:
        UsageError: a rule or a format is not known.
    """
    paths = given["paths"]
    settings = configuration.for_path(paths[0] if len(paths) == 1 else ".")
    # The rules themselves are imported when a notebook is checked that the cache has not.
    settings.require_rules()
    outputs = outputs_of(given["output"], settings.output_format, given["output_file"])
    fields = {name: given[name] for name in CheckRequest._fields if name in given}
    shard = None if given["shard"] is None else shard_of(given["shard"])
    return CheckRequest(**{**fields, "outputs": tuple(outputs), "shard": shard}), settings


def _check(request: CheckRequest, configure: Configure, settings: Settings) -> int:
    """Check and report; the exit code."""
    if not carries_edits(request.outputs):
        configure = _without_merges(configure)
    stdin: bytes | None = None
    if request.stdin_filename or request.paths == ("-",):
        result, stdin = _from_stdin(request, configure)
        results: Sequence[FileResult] = (result,)
    else:
        found = _discovered(request, configure)
        if request.since or request.new_since:
            results = _changed(found, request, configure, settings)
        else:
            shown = not (request.quiet or request.no_progress)
            checked = iter_results(found, configure, settings.jobs)
            results = list(progress(checked, len(found), shown=shown))
            results = with_other_linters(results, settings)
    if settings.baseline:
        in_part = bool(request.since or request.new_since or request.shard)
        results = _without_known(results, settings.baseline, quiet=request.quiet, in_part=in_part)
    return finish(results, request, settings, configure, stdin)


def _without_merges(configure: Configure) -> Configure:
    return lambda path: configure(path)._replace(merges=False)


def _discovered(request: CheckRequest, configure: Configure) -> list[Discovered]:
    found = discover(request.paths or (".",), configure)
    if request.only_notebooks:
        found = [file for file in found if file.problem is not None or is_notebook(file.path)]
    return found if request.shard is None else own_part(found, request.shard)


def _watch(request: CheckRequest, configure: Configure, settings: Settings) -> int:
    from nbprod.cli.watch import watch

    if request.stdin_filename or "-" in request.paths or request.fix or request.diff:
        raise UsageError("--watch cannot be combined with --fix, --diff or `-`")
    return watch(lambda: _check(request, configure, settings), lambda: _watched(request, configure))


def _watched(request: CheckRequest, configure: Configure) -> list[str]:
    """The notebooks of a run, and the files that declare what their projects need."""
    from nbprod.environment.declared import iter_files_above

    notebooks = [file.path for file in _discovered(request, configure)]
    folders = dict.fromkeys(os.path.dirname(os.path.abspath(path)) for path in notebooks)
    declaring = (path for folder in folders for path in iter_files_above(folder))
    return [*notebooks, *dict.fromkeys(declaring)]


def _changed(
    found: Sequence[Discovered],
    request: CheckRequest,
    configure: Configure,
    settings: Settings,
) -> Sequence[FileResult]:
    """The results for what changed since a commit."""
    from nbprod.changed import since as changed
    from nbprod.changed.git import Repository

    if request.since and request.new_since:
        raise UsageError("--since and --new-since cannot be combined")
    option = "--since" if request.since else "--new-since"
    repository = Repository.at(str(request.since or request.new_since), option)
    files = changed.changed_files(found, repository)
    check = changed.on_changed_lines if request.since else changed.new_findings
    results = with_other_linters(list(check(files, repository, configure)), settings)
    return changed.foreign_on_changed_lines(results, files, repository)


def _without_known(
    results: Sequence[FileResult], path: str, *, quiet: bool, in_part: bool
) -> Sequence[FileResult]:
    """The results without what a baseline knows; ``in_part``: not every finding was looked for."""
    from nbprod.project.baselines import read_baseline

    filtered = read_baseline(path).filtered(results)
    stale = () if in_part else filtered.stale
    if not quiet and (filtered.known or stale):
        text = f"{filtered.known} baselined finding{'s' if filtered.known != 1 else ''} hidden"
        if stale:
            entries = "entry" if len(stale) == 1 else "entries"
            text += f"; {len(stale)} obsolete {entries} (`nbprod baseline prune`)"
        print_line(text, err=True)
    return filtered.results


def _from_stdin(request: CheckRequest, configure: Configure) -> tuple[FileResult, bytes | None]:
    """The result, and what was read."""
    name = request.stdin_filename or "stdin.ipynb"
    try:
        data = read_stream(sys.stdin.buffer)
    except ReadError as error:
        return report_of_unreadable(name, error), None
    return check_bytes(data, name, configure(name)), data
