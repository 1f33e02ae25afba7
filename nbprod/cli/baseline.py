"""``nbprod baseline``."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click
from click.core import ParameterSource

from nbprod.checking.baseline import Baseline, BaselineEntry
from nbprod.cli.output import print_line
from nbprod.cli.reporting import with_other_linters
from nbprod.config.files import DEFAULT_BASELINE, Configuration
from nbprod.errors import ReadError
from nbprod.model import FileResult
from nbprod.project.baselines import read_baseline, relative_to, write_known
from nbprod.project.run import discover, iter_results

__all__ = ["command"]


@click.group("baseline")
def command() -> None:
    """Record existing findings, so that only new ones are reported."""


_PATHS = click.argument("paths", nargs=-1, type=click.Path())
_FILE = click.option(
    "--baseline",
    "file",
    callback=lambda _context, _option, given: given or _configured(),
    help=f"Baseline file [default: that of `check`, or {DEFAULT_BASELINE}].",
)


_SECRETS = click.option(
    "--include-secrets",
    is_flag=True,
    help="Record secrets as well; they are not reported again.",
)


def _configured() -> str:
    path = Configuration().for_path(".").baseline
    return os.path.relpath(path) if path else DEFAULT_BASELINE


@command.command("write")
@_PATHS
@_FILE
@_SECRETS
def write(paths: tuple[str, ...], file: str, include_secrets: bool) -> int:
    """Record all current findings of PATHS, replacing the file."""
    empty = Baseline((), relative_to(file))
    results = _to_be_known(_results(paths), include_secrets=include_secrets)
    return _save(empty.with_findings(results), file)


@command.command("update")
@_PATHS
@_FILE
@_SECRETS
def update(paths: tuple[str, ...], file: str, include_secrets: bool) -> int:
    """Record the current findings of PATHS; entries of other files are kept."""
    known = read_baseline(file)
    results = _results(paths)
    filtered = known.filtered(results)
    fresh = known.with_findings(_to_be_known(results, include_secrets=include_secrets))
    print_line(f"{file}: {len(fresh.entries - known.entries)} added, "
               f"{len(filtered.stale)} stale", err=True)  # fmt: skip
    return _save(known.without(filtered.stale).merged(fresh), file)


@command.command("prune")
@_PATHS
@_FILE
def prune(paths: tuple[str, ...], file: str) -> int:
    """Remove entries of findings that are gone, also in deleted files."""
    known = read_baseline(file)
    stale = known.filtered(_results(paths)).stale | _gone(known, file)
    return _save(known.without(stale), file)


@command.command("check")
@_PATHS
@_FILE
def check(paths: tuple[str, ...], file: str) -> int:
    """Exit with 1 if an entry has no finding anymore."""
    known = read_baseline(file)
    stale = known.filtered(_results(paths)).stale | _gone(known, file)
    for entry in sorted(stale):
        print_line(f"{entry.path}: {entry.code} is in the baseline and no longer found")
    if stale:
        print_line("`nbprod baseline prune` removes them.", err=True)
    return 1 if stale else 0


def _gone(known: Baseline, file: str) -> frozenset[BaselineEntry]:
    folder = os.path.dirname(os.path.abspath(file))
    return frozenset(
        entry for entry in known.entries if not os.path.exists(os.path.join(folder, entry.path))
    )


def _results(paths: tuple[str, ...]) -> Sequence[FileResult]:
    """What `check` would find, other linters included.

    Raises:
        ReadError: a file that the user named cannot be read, which is no finding to be known.
    """
    configuration = Configuration()
    found = discover(paths or (".",), configuration.for_path)
    for file in found:
        if file.explicit and file.problem is not None:
            raise ReadError(file.problem.kind, f"{file.path}: {file.problem}")
    results = list(iter_results(found, configuration.for_path))
    return with_other_linters(results, configuration.for_path("."))


def _to_be_known(results: Sequence[FileResult], *, include_secrets: bool) -> Sequence[FileResult]:
    """Results without findings about credentials: those are to be revoked, not to be known."""
    if include_secrets:
        return results
    kept = [
        result._replace(findings=tuple(found for found in result.findings if not found.provider))
        for result in results
    ]
    count = sum(len(result.findings) for result in results)
    count -= sum(len(result.findings) for result in kept)
    if count:
        print_line(
            f"{count} finding{'s' if count != 1 else ''} about secrets omitted: revoke and"
            " remove them; --include-secrets includes them",
            err=True,
        )
    return kept


def _save(baseline: Baseline, file: str) -> int:
    source = click.get_current_context().get_parameter_source("file")
    named = source is ParameterSource.COMMANDLINE
    write_known(file, baseline.to_json(), named=named)
    count = len(baseline.entries)
    print_line(f"{file}: {count} finding{'s' if count != 1 else ''} known", err=True)
    return 0
