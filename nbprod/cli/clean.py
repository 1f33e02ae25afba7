"""``nbprod clean``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from nbprod.cli.output import print_bytes, print_line
from nbprod.cli.setting_options import configuration_options
from nbprod.config.files import Configuration
from nbprod.config.layers import Layer, read_layer
from nbprod.config.settings import Configure, Settings
from nbprod.disk.places import project_roots
from nbprod.disk.read import read_notebook_bytes, read_stream
from nbprod.disk.write import write_file
from nbprod.errors import ReadError, UsageError, WriteError
from nbprod.fixing.clean import Cleaned, CleanOptions, clean, duplicates
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project.discover import Discovered
from nbprod.project.run import discover, facts_of

_EXAMPLES = """\b
Examples:
  nbprod clean                     clean all notebooks here
  nbprod clean --check             exit with 1 if one is not clean
  nbprod clean - < a.ipynb         print the cleaned notebook, as a git filter does
"""


@click.command("clean", epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if a notebook would change."
)
@click.option("--keep-outputs", is_flag=True, help="Keep the outputs of all cells.")
@click.option("--keep-counts", is_flag=True, help="Keep execution counts.")
@click.option(
    "--keep-tag", "keep_tags", multiple=True, metavar="TAG",
    help="Keep the outputs of cells with this tag [default: keep-output, keep_output].",
)  # fmt: skip
@click.option(
    "--drop-metadata", multiple=True, metavar="KEY",
    help="Remove this entry as well: metadata.KEY or cell.metadata.KEY.",
)  # fmt: skip
@click.option("--keep-metadata", multiple=True, metavar="KEY", help="Keep this entry.")
@click.option("--drop-empty", is_flag=True, help="Remove cells without content.")
@click.option(
    "--drop-duplicates", is_flag=True,
    help="Remove cells that repeat the cell above, where running it once is enough.",
)  # fmt: skip
@click.option("--stdin-filename", metavar="PATH", help="Path to assume for standard input.")
@configuration_options
def command(
    paths: tuple[str, ...], check: bool, stdin_filename: str | None, isolated: bool,
    config: tuple[str, ...], drop_empty: bool, drop_duplicates: bool, **given: object,
) -> int:  # fmt: skip
    """Remove outputs, execution counts and passing metadata from notebooks.

    Everything else keeps its bytes: a notebook that is clean is not written. Cell ids, sources and
    the metadata that say what a notebook is stay.

    Exit codes: 0 done, 1 a notebook would change (`--check`), 2 usage, 4 a notebook cannot be
    read or written.
    """
    configure = Configuration(_layer(given), config, isolated).for_path
    run = _Run(configure, drop_empty=drop_empty, drop_duplicates=drop_duplicates)
    if paths == ("-",) or stdin_filename:
        if check:
            raise UsageError("--check reads files; without it the cleaned notebook is printed")
        name = stdin_filename or "stdin.ipynb"
        print_bytes(run.cleaned(read_stream(sys.stdin.buffer), name).data)
        return 0
    return run.files(paths or (".",), check=check)


def _layer(given: dict[str, object]) -> Layer:
    table = {f"clean-{key.replace('_', '-')}": value for key, value in given.items() if value}
    return read_layer(
        {key: list(value) if isinstance(value, tuple) else value for key, value in table.items()},
        "the command line",
    )


def _options(settings: Settings, *, drop_empty: bool) -> CleanOptions:
    for key in (*settings.clean_drop_metadata, *settings.clean_keep_metadata):
        if not key.startswith(("metadata.", "cell.metadata.")):
            raise UsageError(
                f"{key!r} is not a metadata key: write metadata.KEY or cell.metadata.KEY"
            )
    return CleanOptions(
        keep_outputs=settings.clean_keep_outputs,
        keep_counts=settings.clean_keep_counts,
        keep_tags=settings.clean_keep_tags,
        drop_metadata=settings.clean_drop_metadata,
        keep_metadata=settings.clean_keep_metadata,
        drop_empty=drop_empty,
    )


class _Run:
    """Cleans notebooks one after another, each with the settings of its path."""

    def __init__(self, configure: Configure, *, drop_empty: bool, drop_duplicates: bool) -> None:
        self.configure = configure
        self.drop_empty = drop_empty
        self.drop_duplicates = drop_duplicates

    def cleaned(self, data: bytes, path: str) -> Cleaned:
        """A notebook after cleaning.

        Raises:
            ReadError: the bytes are no notebook.
        """
        settings = self.configure(path)
        notebook = read_notebook(data, path)
        dropped = self._duplicates(notebook, settings) if self.drop_duplicates else ()
        return clean(notebook, data, _options(settings, drop_empty=self.drop_empty), dropped)

    def _duplicates(self, notebook: Notebook, settings: Settings) -> list[int]:
        flow = facts_of(notebook, settings).flow
        return duplicates(notebook, [cell for cell in flow.order if flow.again(cell)])

    def files(self, paths: tuple[str, ...], *, check: bool) -> int:
        """Clean files, or say which are not clean; returns the exit code."""
        roots = project_roots(paths)
        changed, code = 0, 0
        for file in discover(paths, self.configure):
            try:
                if file.problem is not None:
                    raise file.problem
                data = read_notebook_bytes(file.path)
                cleaned = self.cleaned(data, file.path)
            except ReadError as error:
                print_line(f"{file.path}: {error}", err=True)
                code = max(code, error.exit_code)
                continue
            if cleaned.data == data:
                continue
            if not check and not _write(file, data, cleaned, roots):
                code = WriteError.exit_code
                continue
            changed += 1
            verb = "would remove" if check else "removed"
            print_line(f"{file.path}: {verb} {', '.join(_said(cleaned))}")
        said = "would change" if check else "cleaned"
        print_line(f"{_counted(changed, 'notebook')} {said}.", err=True)
        return code or int(check and changed > 0)


def _write(file: Discovered, data: bytes, cleaned: Cleaned, roots: Sequence[str]) -> bool:
    try:
        within = file.writable_within(roots)
        write_file(file.path, cleaned.data, within=within, before=data)
    except OSError as error:
        print_line(f"nbprod: {file.path}: not written: {error.strerror}", err=True)
        return False
    return True


def _said(cleaned: Cleaned) -> Iterator[str]:
    if cleaned.outputs:
        yield f"the outputs of {_counted(cleaned.outputs, 'cell')}"
    if cleaned.counts:
        yield _counted(cleaned.counts, "execution count")
    if cleaned.metadata:
        yield f"{cleaned.metadata} metadata entr{'y' if cleaned.metadata == 1 else 'ies'}"
    if cleaned.cells:
        yield _counted(cleaned.cells, "cell")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
