"""``nbprod diff``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click

from nbprod.changed.git import Repository
from nbprod.cli.output import print_line, print_rendered
from nbprod.cli.terminal import wants_colour
from nbprod.config.files import Configuration
from nbprod.disk.places import is_below
from nbprod.errors import ReadError, UsageError
from nbprod.notebook.types import Notebook
from nbprod.project.run import discover, get_notebook
from nbprod.report.style import styled
from nbprod.review.notebook_diff import rendered_diff

_EXAMPLES = """\b
Examples:
  nbprod diff old.ipynb new.ipynb     two files
  nbprod diff                         what changed since the last commit
  nbprod diff main notebooks/         what changed since the branch left main
"""
# A notebook without cells: what was before a file was added, and is after one is gone.
_NOTHING = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


class _Pair(NamedTuple):
    """Two versions to compare, and what to call them; None where there is none."""

    names: tuple[str, str]
    path: str
    old: bytes | None
    new: bytes | None


@click.command("diff", epilog=_EXAMPLES)
@click.argument("words", nargs=-1, metavar="[OLD NEW | [REF] [PATHS]...]")
@click.option("--no-outputs", is_flag=True, help="Compare sources only.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if something differs.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto")
@click.option(
    "--git", "is_driver", is_flag=True, help="Take the arguments of an external diff of git."
)
def command(
    words: tuple[str, ...], no_outputs: bool, exit_code: bool, color: str, is_driver: bool
) -> int:
    """Show how notebooks differ: cells instead of JSON, outputs as one line each.

    Two files are compared with each other. A REF is a commit or branch: the notebooks below PATHS
    are compared with the commit where the history parted from it. Execution counts are left out.

    Exit codes: 0 shown, 1 different (`--exit-code`), 2 usage, 4 a notebook cannot be read.
    """
    if is_driver:
        return _for_git(words, outputs=not no_outputs, color=color)
    differs, code = False, 0
    for pair in _pairs(words):
        try:
            differs |= _shown(pair, outputs=not no_outputs, color=color)
        except ReadError as error:
            print_line(f"nbprod: {error}", err=True)
            code = error.exit_code
    return code or int(differs and exit_code)


def _pairs(words: tuple[str, ...]) -> Iterator[_Pair]:
    """What to compare.

    Raises:
        ReadError: a named file cannot be read.
        UsageError: there is no such commit.
    """
    if len(words) == 2 and all(os.path.isfile(word) for word in words):
        yield _Pair((words[0], words[1]), words[1], _content(words[0]), _content(words[1]))
        return
    # What is there as a file or folder is a path; `HEAD` is meant then.
    named = bool(words) and not os.path.lexists(words[0])
    if named and words[0].endswith(".ipynb"):
        raise ReadError("unreadable-file", f"{words[0]}: does not exist")
    ref = words[0] if named else "HEAD"
    paths = words[1:] if named else words
    repository = Repository.at(ref, "diff")
    files = discover(paths or (".",), Configuration().for_path)
    changed = repository.changed(file.path for file in files if file.problem is None)
    for file in files:
        if file.problem is not None:
            raise ReadError(file.problem.kind, f"{file.path}: {file.problem}")
        if file.path in changed:
            before = changed[file.path]
            old = None if before is None else repository.content(before)
            name = f"{before or os.devnull} ({ref})"
            yield _Pair((name, file.path), file.path, old, _content(file.path))
    # As the repository names what is gone: with all links followed.
    within = [os.path.realpath(path) for path in paths or (".",)]
    for path in repository.removed((".ipynb",)):
        if is_below(path, within):
            shown = os.path.relpath(path)
            old = repository.content(repository.name(path))
            yield _Pair((f"{shown} ({ref})", os.devnull), path, old, None)


def _content(path: str) -> bytes:
    return get_notebook(path)[1]


def _shown(pair: _Pair, *, outputs: bool, color: str) -> bool:
    """Print how two versions differ; whether they do.

    Raises:
        ReadError: one is no notebook.
    """
    old, new = (_notebook(data, pair.path) for data in (pair.old, pair.new))
    style = styled(colour=wants_colour(color))
    lines = [*rendered_diff(pair.names, old, new, style, outputs=outputs)]
    print_rendered("".join(f"{line}\n" for line in lines))
    return bool(lines)


def _notebook(data: bytes | None, path: str) -> Notebook:
    if data is None:
        return get_notebook("nothing.ipynb", _NOTHING)[0]
    return get_notebook(path, data)[0]


def _for_git(words: Sequence[str], *, outputs: bool, color: str) -> int:
    """Compare what git asks for: path, old file, hash, mode, new file, hash, mode, and more."""
    if len(words) not in (7, 9):
        raise UsageError("--git is for the configuration of git, which adds seven arguments")
    path = words[0]
    files = [None if words[at] == os.devnull else words[at] for at in (1, 4)]
    names = (f"a/{path}" if files[0] else os.devnull, f"b/{path}" if files[1] else os.devnull)
    try:
        old, new = (None if file is None else _content(file) for file in files)
        _shown(_Pair(names, path, old, new), outputs=outputs, color=color)
    except ReadError as error:
        # Another code would end the whole diff of git.
        print_line(f"{path}: {error}")
    return 0
