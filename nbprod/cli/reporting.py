"""The end of a run of ``nbprod check``: the reports, the summary, the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from nbprod._version import __version__
from nbprod.cli.check_request import CheckRequest
from nbprod.cli.output import print_line
from nbprod.cli.outputs import write_outputs
from nbprod.cli.terminal import notice
from nbprod.config.settings import Configure, Settings
from nbprod.errors import ReadError
from nbprod.model import FileResult, Report

__all__ = ["exit_code", "finish", "say_unreadable", "with_other_linters"]

_FOR_PEOPLE = {"full", "concise", "grouped"}


def with_other_linters(results: Sequence[FileResult], settings: Settings) -> Sequence[FileResult]:
    """Results with what the other linters of the settings find; they are loaded where there are
    any."""
    if not (settings.ruff or settings.tools):
        return results
    from nbprod.linters.run import with_linters

    return with_linters(results, settings, notice)


def finish(
    results: Sequence[FileResult],
    request: CheckRequest,
    settings: Settings,
    configure: Configure,
    stdin: bytes | None = None,
) -> int:
    """Write the report and the summary; returns the exit code.

    ``stdin`` is what was read from standard input, where that was checked.
    """
    report = Report(tuple(results), __version__, request.shard, request.clean)
    # Numbers in place of findings, where people read them.
    outputs = [
        output
        for output in request.outputs
        if output.target is not None or not request.statistics or output.form not in _FOR_PEOPLE
    ]
    write_outputs(report, outputs, request.color, configure, stdin)
    if not request.quiet:
        shown = [output.form for output in request.outputs if output.target is None]
        to_stdout = bool(shown) and all(form in _FOR_PEOPLE for form in shown)
        for result in report.files:
            if result.skipped:
                print_line(f"{result.path}: skipped: {result.skipped}", err=True)
        if request.statistics:
            _count_by_rule(report, to_stdout=to_stdout)
        # A few selected rules do not show which notebooks run.
        print_line(_summary(report, all_rules=not settings.select), err=not to_stdout)
    return exit_code(report, request, settings)


def exit_code(report: Report, request: CheckRequest, settings: Settings) -> int:
    """0, 1, 3 or 4, as the help says."""
    if any(result.unreadable for result in report.files):
        return ReadError.exit_code
    if not report.files and request.error_on_empty:
        return 3
    fails = any(finding.severity.value in settings.fails_on for finding in report.findings)
    return 1 if fails and not request.exit_zero else 0


def say_unreadable(results: Iterable[FileResult]) -> int:
    """Name the files that could not be read, where the findings are not shown; 4 if there are any,
    else 0."""
    code = 0
    for result in results:
        if result.unreadable:
            code = ReadError.exit_code
            for finding in result.findings:
                text = f"nbprod: {result.path}: {finding.message}"
                print_line(text, err=True)
    return code


def _count_by_rule(report: Report, *, to_stdout: bool) -> None:
    counts = Counter((finding.code, finding.name) for finding in report.findings)
    for (code, name), count in counts.most_common():
        print_line(f"{count:6d}  {code}  {name}", err=not to_stdout)


def _summary(report: Report, *, all_rules: bool) -> str:
    checked = [result for result in report.files if not result.skipped]
    if not report.files and not report.clean:
        return "No notebooks found; pass a notebook or a directory."
    total = len(checked) + report.clean
    books = f"{total} notebook{'s' if total != 1 else ''}"
    if not report.findings:
        return f"Checked {books}. No findings." + (_failing(checked, books) if all_rules else "")
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
    found += f" ({', '.join(fixes)})." if fixes else "."
    return found + _failing(checked, books) if all_rules else found


def _failing(checked: Sequence[FileResult], books: str) -> str:
    count = sum(bool(result.fails) for result in checked)
    return f" {count} of {books} would fail on Restart and Run All." if count else ""
