"""``nbprod merge-results``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from nbprod.checking.shown import found_again
from nbprod.cli.check_request import CheckRequest
from nbprod.cli.outputs import outputs_of
from nbprod.cli.reporting import finish
from nbprod.cli.setting_options import layer_of, setting_options
from nbprod.config.files import Configuration
from nbprod.disk.documents import NotParsed, parse_json
from nbprod.disk.read import read_text
from nbprod.errors import UsageError
from nbprod.model import FileResult
from nbprod.project.run import find_notebook
from nbprod.report.json_results import PartialResults, partial_results

_MOST_BYTES = 2_000_000_000
_EXAMPLES = """\b
Examples:
  nbprod merge-results part-*.json
  nbprod merge-results part-*.json --output full --output sarif:nbprod.sarif
"""


@click.command("merge-results", epilog=_EXAMPLES)
@click.argument("files", nargs=-1, required=True, type=click.Path())
@click.option(
    "--output", multiple=True, metavar="FORMAT[:FILE]", help="Report format and file; repeatable."
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even with findings.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto")
@setting_options("level", "fail_on", "output_format")
def command(
    files: tuple[str, ...],
    output: tuple[str, ...],
    exit_zero: bool,
    quiet: bool,
    color: str,
    level: str | None,
    fail_on: str | None,
    output_format: str | None,
) -> int:
    """Merge JSON reports of several runs, such as those of `check --shard`, into one.

    Reports of parts are put in the order of the parts; a part that is missing is an error.
    Formats that show source read the notebooks where they are here.

    Exit codes: 0 clean, 1 findings, 2 usage or a part that is missing, 4 unreadable notebooks.
    """
    given = {"level": level, "fail_on": fail_on, "output_format": output_format}
    configure = Configuration(layer_of(given)).for_path
    settings = configure(".")
    parts = _in_order(files, [_read(file) for file in files])
    results = [_with_source(result) for part in parts for result in part.files]
    _require_once(results)
    clean = sum(part.count - len(part.files) for part in parts)
    request = CheckRequest(
        outputs=tuple(outputs_of(output, settings.output_format, None)),
        exit_zero=exit_zero, quiet=quiet, color=color, clean=clean,
    )  # fmt: skip
    return finish(results, request, settings, configure)


def _read(file: str) -> PartialResults:
    try:
        return partial_results(parse_json(read_text(file, _MOST_BYTES)))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{file}: cannot be read: {reason}") from None
    except (UnicodeDecodeError, NotParsed, ValueError):
        text = f"{file} is not a report of `nbprod check --output json`"
        raise UsageError(text) from None


def _in_order(files: Sequence[str], parts: Sequence[PartialResults]) -> list[PartialResults]:
    """Parts in their order, all of them once; reports that are no parts as they were named."""
    numbers = [part.part for part in parts]
    if all(number is None for number in numbers):
        return list(parts)
    found: dict[int, PartialResults] = {}
    counts = {number[1] for number in numbers if number is not None}
    for file, part in zip(files, parts, strict=True):
        if part.part is None or len(counts) > 1:
            raise UsageError(f"{file} is not a part of the same run as the others")
        if found.setdefault(part.part[0], part) is not part:
            raise UsageError(f"{file} has part {part.part[0]}, which another file has also")
    (count,) = counts
    missing = [str(number) for number in range(1, count + 1) if number not in found]
    if missing:
        raise UsageError(f"part {', '.join(missing)} of {count} is missing")
    return [found[number] for number in sorted(found)]


def _require_once(results: Iterable[FileResult]) -> None:
    seen: set[str] = set()
    for result in results:
        if result.path in seen:
            raise UsageError(f"{result.path} is in two reports; merge the parts of one run")
        seen.add(result.path)


def _with_source(result: FileResult) -> FileResult:
    """A result whose findings have their lines of source, where the notebook is here."""
    notebook = find_notebook(result.path) if result.findings else None
    if notebook is None:
        return result
    return result._replace(findings=found_again(notebook, result.findings))
