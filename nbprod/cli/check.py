"""``nbprod check``."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence

import click

from nbprod._version import __version__
from nbprod.cli.outputs import Output, outputs_of, write_outputs
from nbprod.cli.terminal import progress
from nbprod.config.files import Configuration
from nbprod.config.layers import read_table
from nbprod.config.options import LEVELS, SEVERITIES
from nbprod.config.settings import Configure, Settings
from nbprod.errors import UsageError
from nbprod.model import FileResult, Report
from nbprod.project.discover import Discovered, is_notebook
from nbprod.project.run import check_bytes, discover, iter_results
from nbprod.report import FORMATS

_EXAMPLES = """\b
Examples:
  nbprod check                          everything below this folder
  nbprod check analysis.ipynb --diff    what the safe fixes would change
  nbprod check --select NBP1 --ignore NBP109 notebooks/
  nbprod check --output full --output sarif:nbprod.sarif .
"""


@click.command("check", epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--select", multiple=True, metavar="RULES", help="Run only these rules.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Leave these rules out.")
@click.option("--extend-select", multiple=True, metavar="RULES", help="Run these rules too.")
@click.option("--extend-ignore", multiple=True, metavar="RULES", help="Leave these out, too.")
@click.option(
    "--per-file-ignores", multiple=True, metavar="PATTERN:RULES", help="Leave out by path or tag."
)
@click.option("--no-plugins", is_flag=True, help="Run no rules of other packages.")
@click.option("--level", type=click.Choice(LEVELS), help="How strict; by default shared.")
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="The least severity that fails.")
@click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="Configure this run.")
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
@click.option("--ruff", is_flag=True, help="Run ruff over the same notebooks, too.")
@click.option("--tool", multiple=True, metavar="LINTER", help="Run a linter by nbQA, too.")
@click.option("--baseline", metavar="FILE", help="Do not report what this file knows.")
@click.option("--no-baseline", is_flag=True, help="Report what a baseline knows, too.")
@click.option("--since", metavar="REF", help="Only findings on lines changed since REF.")
@click.option("--new-since", metavar="REF", help="Only findings that REF did not have.")
@click.option(
    "--add-noqa",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[REASON]",
    help="Silence every finding by a comment; nothing is reported.",
)
@click.option("--fix", is_flag=True, help="Apply the safe fixes.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: the unsafe ones too.")
@click.option("--diff", is_flag=True, help="Show what the fixes would change; write nothing.")
@click.option("--output-format", type=click.Choice(sorted(FORMATS)), help="By default full.")
@click.option("--output-file", type=click.Path(dir_okay=False), help="Write the report here.")
@click.option(
    "--output", multiple=True, metavar="FORMAT[:FILE]", help="A report; give it once for each."
)
@click.option("--explain", metavar="RULE", help="Explain a rule, as `nbprod rule` does, and stop.")
@click.option("--watch", "watches", is_flag=True, help="Check again when a file changes.")
@click.option("--show-files", is_flag=True, help="List what would be checked, and stop.")
@click.option("--show-settings", is_flag=True, help="Show the settings of the first, and stop.")
@click.option("--statistics", is_flag=True, help="Count the findings by rule.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option("--error-on-empty", is_flag=True, help="Exit with 3 when there is nothing to check.")
@click.option("-q", "--quiet", is_flag=True, help="Print the findings only.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto")
@click.option("--no-progress", is_flag=True, help="No progress bar.")
@click.option("--no-cache", is_flag=True, help="Keep nothing, and use nothing that was kept.")
@click.option("--cache-dir", metavar="FOLDER", help="By default .nbprod_cache.")
@click.option("-j", "--jobs", type=click.IntRange(0), default=0, help="Processes; 0 decides.")
@click.option("--stdin-filename", metavar="PATH", help="Read standard input, as if from here.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Replace the folders left out.")
@click.option("--extend-exclude", multiple=True, metavar="GLOB", help="Leave these out too.")
@click.option("--force-exclude", is_flag=True, help="Leave out files that are named, too.")
@click.option("--no-respect-gitignore", is_flag=True, help="Check what git ignores, too.")
@click.option("--only-notebooks", is_flag=True, help="Pass over named files that are none.")
@click.option("--python-magic", multiple=True, metavar="NAME", help="The body of %%NAME is Python.")
@click.option("--opaque-magic", multiple=True, metavar="NAME", help="The body of %%NAME is not.")
def command(paths: tuple[str, ...], **options: object) -> int:
    """Check notebooks: which would fail or change on Restart-and-Run-All, where and why.

    PATHS are files and folders; the current folder when there are none. `-` is standard input.

    Exit codes: 0 clean, 1 findings, 2 usage, 3 nothing to check (--error-on-empty), 4 unreadable
    input or an internal error.
    """
    if options["explain"]:
        from nbprod.cli.rule import explain

        return explain(str(options["explain"]))
    configuration = _configuration(options)
    settings = configuration.for_path(paths[0] if len(paths) == 1 else ".")
    settings.selection()
    options["output_format"] = options["output_format"] or settings.output_format
    _outputs(options)
    configure = configuration.for_path
    if options["show_settings"]:
        from nbprod.cli.config import show

        show(configuration, paths[0] if paths else ".")
        return 0
    if options["show_files"]:
        for file in _discovered(paths, configure, options):
            click.echo(file.path)
        return 0
    if options["watches"]:
        return _watch(paths, configure, options, settings)
    if options["add_noqa"] is not None:
        from nbprod.cli.add_noqa import add_noqa

        reason = str(options["add_noqa"])
        return add_noqa(paths or (".",), configure, reason, bool(options["quiet"]))
    if options["fix"] or options["diff"]:
        from nbprod.cli.fix import run_fixes

        return run_fixes(paths or (".",), configure, options)
    return _check(paths, configure, options, settings)


def _check(
    paths: tuple[str, ...], configure: Configure, options: dict[str, object], settings: Settings
) -> int:
    """Check and report; the exit code."""
    if options["stdin_filename"] or paths == ("-",):
        results: Sequence[FileResult] = (_from_stdin(options, configure),)
    else:
        found = _discovered(paths, configure, options)
        shown = not (options["quiet"] or options["no_progress"])
        if options["since"] or options["new_since"]:
            results = _changed(found, configure, options, settings)
        else:
            checked = iter_results(found, configure, settings.jobs)
            results = list(progress(checked, len(found), shown=shown))
            results = with_linters(results, settings)
    if settings.baseline:
        results = _without_known(results, settings.baseline, quiet=bool(options["quiet"]))
    return finish(results, options, settings, configure)


def _discovered(
    paths: tuple[str, ...], configure: Configure, options: dict[str, object]
) -> list[Discovered]:
    found = discover(paths or (".",), configure)
    if options["only_notebooks"]:
        found = [file for file in found if file.problem is not None or is_notebook(file.path)]
    return found


def _watch(
    paths: tuple[str, ...], configure: Configure, options: dict[str, object], settings: Settings
) -> int:
    from nbprod.cli.watch import watch

    if options["stdin_filename"] or "-" in paths or options["fix"] or options["diff"]:
        raise UsageError("--watch only checks files; take --fix, --diff and `-` away")
    return watch(
        lambda: _check(paths, configure, options, settings),
        lambda: [file.path for file in _discovered(paths, configure, options)],
    )


def _changed(
    found: Sequence[Discovered],
    configure: Configure,
    options: dict[str, object],
    settings: Settings,
) -> Sequence[FileResult]:
    """The results for what changed since a commit."""
    from nbprod.changed import since as changed
    from nbprod.changed.git import Repository

    since, new_since = options["since"], options["new_since"]
    if since and new_since:
        raise UsageError("--since and --new-since cannot be used together")
    first = os.path.dirname(os.path.abspath(found[0].path)) if found else os.getcwd()
    repository = Repository.at(first, str(since or new_since))
    files = changed.changed_files(found, repository)
    check = changed.on_changed_lines if since else changed.new_findings
    results = with_linters(list(check(files, repository, configure)), settings)
    return changed.foreign_on_changed_lines(results, files, repository)


def with_linters(results: Sequence[FileResult], settings: Settings) -> Sequence[FileResult]:
    """Results with what the other linters of the settings find in the same files."""
    if not (settings.ruff or settings.tools):
        return results
    from nbprod.linters.convert import merged
    from nbprod.linters.run import foreign_findings

    paths = [result.path for result in results if not result.unreadable and result.skipped is None]
    return merged(results, foreign_findings(paths, ruff=settings.ruff, tools=settings.tools))


def _without_known(
    results: Sequence[FileResult], path: str, *, quiet: bool
) -> Sequence[FileResult]:
    from nbprod.cli.baseline import read_baseline

    filtered = read_baseline(path).filtered(results)
    if not quiet and (filtered.known or filtered.stale):
        text = f"{filtered.known} known finding{'s' if filtered.known != 1 else ''} not reported"
        if filtered.stale:
            text += f"; {len(filtered.stale)} not found any more (`nbprod baseline prune`)"
        click.echo(text, err=True)
    return filtered.results


def _configuration(options: dict[str, object]) -> Configuration:
    """The files and what the command line says on top of them."""
    given: dict[str, object] = {}
    for name, key in _SETTING_OPTIONS.items():
        if options[name]:
            given[key] = options[name]
    if options["no_respect_gitignore"]:
        given["respect-gitignore"] = False
    if options["no_plugins"]:
        given["plugins"] = False
    if options["no_baseline"]:
        given["baseline"] = ""
    if options["no_cache"] or os.environ.get("NBPROD_NO_CACHE"):
        given["cache"] = False
    ignores = options["per_file_ignores"]
    assert isinstance(ignores, tuple)
    if ignores:
        given["per-file-ignores"] = _ignores(ignores)
    overrides = options["config"]
    assert isinstance(overrides, tuple)
    layer = read_table(given, "the command line")
    return Configuration(layer, overrides, bool(options["isolated"]))


_SETTING_OPTIONS = {
    "select": "select", "ignore": "ignore", "extend_select": "extend-select",
    "extend_ignore": "extend-ignore", "exclude": "exclude", "extend_exclude": "extend-exclude",
    "force_exclude": "force-exclude", "python_magic": "python-magics",
    "opaque_magic": "opaque-magics", "jobs": "jobs", "level": "level", "fail_on": "fail-on",
    "unsafe_fixes": "unsafe-fixes", "baseline": "baseline",
    "ruff": "ruff", "tool": "tools", "cache_dir": "cache-dir",
}  # fmt: skip


def _ignores(texts: tuple[str, ...]) -> dict[str, list[str]]:
    """``PATTERN:RULES`` to patterns with their rules."""
    found: dict[str, list[str]] = {}
    for text in texts:
        pattern, _, rules = text.rpartition(":")
        if not pattern:
            raise UsageError(f"--per-file-ignores {text!r}: write PATTERN:RULES")
        found.setdefault(pattern, []).append(rules)
    return found


def _from_stdin(options: dict[str, object], configure: Configure) -> FileResult:
    name = str(options["stdin_filename"] or "stdin.ipynb")
    return check_bytes(sys.stdin.buffer.read(), name, configure(name))


def finish(
    results: Sequence[FileResult],
    options: dict[str, object],
    settings: Settings,
    configure: Configure,
) -> int:
    """Write the report and the summary; returns the exit code."""
    report = Report(tuple(results), __version__)
    outputs = _outputs(options)
    write_outputs(report, outputs, str(options["color"]), configure)
    if not options["quiet"]:
        for_people = {"full", "concise", "grouped"}
        shown = [output.form for output in outputs if output.target is None]
        _summarise(
            report, options, to_stdout=all(form in for_people for form in shown) and bool(shown)
        )
    return exit_code(report, options, settings)


def _outputs(options: dict[str, object]) -> list[Output]:
    wanted, target = options["output"], options["output_file"]
    assert isinstance(wanted, tuple)
    return outputs_of(
        wanted, str(options["output_format"]), None if target is None else str(target)
    )


def exit_code(report: Report, options: dict[str, object], settings: Settings) -> int:
    """0, 1, 3 or 4, as the help says."""
    if any(result.unreadable for result in report.files):
        return 4
    if not report.files and options["error_on_empty"]:
        return 3
    fails = any(finding.severity.value in settings.fails_on for finding in report.findings)
    return 1 if fails and not options["exit_zero"] else 0


def _summarise(report: Report, options: dict[str, object], *, to_stdout: bool) -> None:
    for result in report.files:
        if result.skipped:
            click.echo(f"{result.path}: skipped: {result.skipped}", err=True)
    if options["statistics"]:
        counts = Counter((finding.code, finding.name) for finding in report.findings)
        for (code, name), count in counts.most_common():
            click.echo(f"{count:6d}  {code}  {name}", err=not to_stdout)
    click.echo(_summary(report), err=not to_stdout)


def _summary(report: Report) -> str:
    checked = [result for result in report.files if not result.skipped]
    if not report.files:
        return "No notebooks found here. Name a notebook, or a folder that holds some."
    books = f"{len(checked)} notebook{'s' if len(checked) != 1 else ''}"
    if not report.findings:
        return f"Checked {books}: nothing found."
    touched = sum(bool(result.findings) for result in checked)
    safe = sum(
        finding.fix is not None and finding.fix.applicability.value == "safe"
        for finding in report.findings
    )
    unsafe = sum(finding.fix is not None for finding in report.findings) - safe
    fixes = []
    if safe:
        fixes.append(f"{safe} fixable with --fix")
    if unsafe:
        fixes.append(f"{unsafe} with --fix --unsafe-fixes")
    count = len(report.findings)
    found = f"Found {count} finding{'s' if count != 1 else ''} in {touched} of {books}"
    return found + (f" ({', '.join(fixes)})." if fixes else ".")
