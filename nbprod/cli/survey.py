"""``nbprod survey``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from nbprod.cli.output import print_line
from nbprod.cli.setting_options import layer_of, setting_options
from nbprod.cli.survey_report import command as report
from nbprod.cli.terminal import live_count
from nbprod.config.files import Configuration
from nbprod.disk.read import read_stream, read_text
from nbprod.errors import UsageError

if TYPE_CHECKING:
    from nbprod.survey.references import Reference
    from nbprod.survey.run import SurveyTotals
    from nbprod.survey.sources import Wish

_EXAMPLES = """\b
Examples:
  nbprod survey notebooks/ -o findings/
  nbprod survey s3://bucket/exports -o s3://bucket/findings --layout owner/repository
  nbprod survey archives/ -o findings/ --level production
  nbprod survey data/*.parquet -o findings/ --column content=code --column path=file
"""
_LIST_BYTES = 2_000_000_000


class _SurveyGroup(click.Group):
    """Takes what names no command as the sources of `run`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, and its arguments."""
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return "run", self.commands["run"], args


@click.group(
    "survey", cls=_SurveyGroup, context_settings={"ignore_unknown_options": True},
    no_args_is_help=True,
)  # fmt: skip
def command() -> None:
    """Check collections that outgrow one machine, and report on them.

    `nbprod survey SOURCE -o DIRECTORY` is short for `nbprod survey run`. It needs the extra
    `survey`.
    """


command.add_command(report)


@command.command("run", epilog=_EXAMPLES)
@click.argument("sources", nargs=-1)
@click.option(
    "-o", "--output", required=True, metavar="DIRECTORY", help="Directory or address of the tables."
)
@click.option(
    "--files-from",
    multiple=True,
    metavar="FILE",
    help="Read sources from lines of FILE (- stdin).",
)
@click.option(
    "--engine",
    default="local",
    metavar="NAME",
    help="local, dask://HOST:PORT, ray://HOST:PORT [local].",
)
@click.option("-j", "--jobs", type=click.IntRange(0), default=0, metavar="N",
              help="Processes of the engine local [one per core].")  # fmt: skip
@click.option("--layout", default="repository", metavar="PARTS",
              help="Parts of a path, as in */owner/repository [repository].")  # fmt: skip
@click.option("--column", "columns", multiple=True, metavar="NAME=COLUMN",
              help="Column of a table for content, path, repository, owner or month.")  # fmt: skip
@click.option("--timeout", type=int, default=120, metavar="SECONDS",
              help="Time limit for one notebook [120].")  # fmt: skip
@click.option("--memory-limit", type=click.IntRange(50), default=4000, metavar="N",
              help="Memory limit for one notebook in MB [4000].")  # fmt: skip
@click.option("--again", is_flag=True, help="Check everything again.")
@click.option("--replace", is_flag=True, help="Replace the survey of other sources in DIRECTORY.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@setting_options(
    "select", "ignore", "extend_select", "extend_ignore", "level", "plugins", "exclude",
    "extend_exclude", "respect_gitignore", "python_magics", "opaque_magics",
)  # fmt: skip
def survey_run(sources: tuple[str, ...], **given: Any) -> int:
    """Check all notebooks of SOURCES and write Parquet tables.

    SOURCES are directories, notebooks, archives (.zip, .tar, .dbc), Parquet files with
    a column of notebooks, and addresses of fsspec, as in s3://bucket/notebooks. All are only read.
    The findings are those of `nbprod check --isolated`.

    The same command goes on where a run was interrupted, and checks only what has changed.

    Exit codes: 0 written, 2 usage or tables that cannot be written, 4 a storage that does not
    answer.
    """
    from nbprod.survey.child import CheckLimits
    from nbprod.survey.engines import engine_of
    from nbprod.survey.extras import need_fsspec, need_pyarrow
    from nbprod.survey.run import run_survey, secret_key
    from nbprod.survey.storage import is_address
    from nbprod.survey.work import SurveyJob

    need_pyarrow()
    if is_address(str(given["output"])):
        need_fsspec()
    settings = Configuration(layer_of(given), (), isolated=True).for_path(".")
    settings.require_rules()
    lists = tuple(given["files_from"])
    if not sources and not lists:
        raise UsageError("nothing to survey: name a source, or a list with --files-from")
    limits = CheckLimits(float(given["timeout"]), int(given["memory_limit"]))
    job = SurveyJob(
        str(given["output"]), settings._replace(merges=False), secret_key(), limits,
        bool(given["again"]),
    )  # fmt: skip
    engine = engine_of(str(given["engine"]), int(given["jobs"]))
    wish = _wish(given, settings)
    references = _references(sources, lists, wish)
    with live_count("notebooks", shown=not given["quiet"]) as count:
        totals = run_survey(
            (*sources, *(f"--files-from {name}" for name in lists)), references, job, engine,
            lambda so_far: count(so_far.notebooks), replace=bool(given["replace"]),
        )  # fmt: skip
    if not given["quiet"]:
        print_line(_summary(totals), err=True)
    return 0


def _wish(given: dict[str, Any], settings: Any) -> Wish:
    from nbprod.survey.parquet_source import ROLES
    from nbprod.survey.references import Layout
    from nbprod.survey.sources import Wish

    layout = Layout(str(given["layout"]))
    if not layout.is_valid:
        text = f"--layout {given['layout']!r}: its parts are owner, repository and *"
        raise UsageError(text)
    columns: dict[str, str] = {}
    for text in given["columns"]:
        role, _, column = str(text).partition("=")
        if role not in ROLES or not column:
            names = ", ".join(ROLES)
            raise UsageError(f"--column {text!r}: write NAME=COLUMN with one of {names}")
        columns[role] = column
    return Wish(layout, columns, settings)


def _references(sources: Sequence[str], lists: Sequence[str], wish: Wish) -> Iterator[Reference]:
    from nbprod.survey.sources import references_of, require_apart

    require_apart(sources)
    yield from references_of(sources, wish)
    for name in lists:
        yield from references_of(_once(_lines(name)), wish)


def _lines(name: str) -> Iterator[str]:
    try:
        text = (
            read_stream(sys.stdin.buffer).decode("utf-8")
            if name == "-"
            else read_text(name, _LIST_BYTES)
        )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"--files-from {name}: cannot be read: {reason}") from None
    except UnicodeDecodeError:
        raise UsageError(f"--files-from {name}: is not UTF-8 text") from None
    for line in text.splitlines():
        if line.strip():
            yield line.strip()


def _once(lines: Iterable[str]) -> Iterator[str]:
    seen: set[int] = set()
    for line in lines:
        key = hash(line)
        if key not in seen:
            seen.add(key)
            yield line


def _summary(totals: SurveyTotals) -> str:
    if not totals.notebooks:
        return "No notebooks found; name a source with notebooks."

    def number(count: int, word: str) -> str:
        return f"{count:,} {word}{'s' if count != 1 else ''}"

    text = f"Surveyed {number(totals.notebooks, 'notebook')}"
    kept = totals.notebooks - totals.checked
    if kept:
        text += f" ({number(totals.checked, 'notebook')} checked now, {kept:,} unchanged)"
    text += f": {number(totals.findings, 'finding')}."
    if totals.errors:
        text += f" {totals.errors:,} not checked: see the table `errors`."
    return text
