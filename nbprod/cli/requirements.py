"""``nbprod requirements``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import click

from nbprod.checking.engine import report_of_unreadable
from nbprod.cli.output import print_line, print_text
from nbprod.cli.reporting import say_unreadable
from nbprod.cli.setting_options import isolated_option
from nbprod.config.files import Configuration
from nbprod.config.settings import Configure
from nbprod.disk.write import Before, write_file
from nbprod.errors import ReadError, UsageError, WriteError
from nbprod.model import FileResult
from nbprod.notebook.types import Notebook
from nbprod.project.own_modules import OwnModules, own_modules
from nbprod.project.run import discover, facts_of, read_discovered
from nbprod.report.escaping import escape_line

_EXAMPLES = """\b
Examples:
  nbprod requirements --pin -o requirements.txt
  nbprod requirements train.ipynb
"""


class _Need(NamedTuple):
    """A distribution: the version to write, and the notebooks that need it."""

    version: str | None
    notebooks: list[str]


@click.command("requirements", epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("-o", "--output", metavar="FILE", help="File to write [stdout].")
@click.option("--pin", is_flag=True, help="Pin the installed versions.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@isolated_option
def command(
    paths: tuple[str, ...], output: str | None, pin: bool, force: bool, isolated: bool
) -> int:
    """Write a requirements file from what notebooks import.

    Imports are matched to distributions by what is installed here, else by a table of the names
    that differ. Versions are the installed ones (--pin), else those that a cell installs.

    Exit codes: 0 written, 2 usage or a file that cannot be written, 4 a notebook cannot be read.
    """
    configure = Configuration(None, (), isolated).for_path
    notebooks: dict[str, Notebook] = {}
    failed: list[FileResult] = []
    for file in discover(paths or (".",), configure):
        try:
            notebooks[file.path] = read_discovered(file)
        except ReadError as error:
            failed.append(report_of_unreadable(file.path, error))
    unread = say_unreadable(failed)
    text = "".join(_lines(_needs(notebooks, pin, configure)))
    if output is None:
        print_text(text)
        return unread
    if os.path.exists(output) and not force:
        raise UsageError(f"{output} already exists; use --force to overwrite")
    try:
        before = Before.ANYTHING if force else Before.ABSENT
        write_file(output, text.encode(), within=None, before=before)
    except OSError as error:
        raise WriteError(f"{output}: cannot be written: {error.strerror}") from None
    print_line(f"wrote {output}", err=True)
    return unread


def _needs(notebooks: Mapping[str, Notebook], pin: bool, configure: Configure) -> dict[str, _Need]:
    from importlib.metadata import packages_distributions

    from nbprod.environment.imports import imported_modules, installed_pins
    from nbprod.libraries.distributions import distribution_of

    installed = packages_distributions()
    needs: dict[str, _Need] = {}
    own_by_folder: dict[str, OwnModules] = {}
    for path, notebook in notebooks.items():
        facts = facts_of(notebook, configure(path))
        pins = installed_pins(facts)
        folder = os.path.dirname(path)
        own = own_by_folder.get(folder)
        if own is None:
            own = own_by_folder[folder] = own_modules(path)
        for imported in imported_modules(facts):
            owners = installed.get(imported.module.partition(".")[0], [])
            table = distribution_of(imported.module)
            is_known = bool(owners) or table != imported.module.partition(".")[0]
            if own.hold(imported.module, is_known=is_known):
                continue
            name = owners[0] if len(owners) == 1 else table
            if own.hold(name, is_known=is_known):
                continue
            version = _installed(name) if pin else None
            need = needs.setdefault(name, _Need(version or pins.get(name.lower()), []))
            if path not in need.notebooks:
                need.notebooks.append(path)
    return needs


def _installed(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _lines(needs: dict[str, _Need]) -> Iterator[str]:
    for name, need in sorted(needs.items(), key=lambda one: one[0].lower()):
        text = f"{name}=={need.version}" if need.version else name
        shown = ", ".join(os.path.relpath(notebook) for notebook in need.notebooks[:3])
        shown = escape_line(shown)
        more = f" and {len(need.notebooks) - 3} more" if len(need.notebooks) > 3 else ""
        yield f"{text}  # {shown}{more}\n"
