"""``nbprod check --watch``: check again when a file changes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence

import click

from nbprod.cli.output import print_line

__all__ = ["changes", "watch"]

_SECONDS = 0.5


def watch(check: Callable[[], int], paths: Callable[[], Sequence[str]]) -> int:
    """Check, and check again whenever one of some files changes, until it is interrupted.

    Args:
        check: checks and reports; returns an exit code.
        paths: the files to look at, asked for anew each time.
    """
    code = 0
    try:
        for _ in changes(paths, time.sleep):
            if os.isatty(1):
                click.clear()
            code = check()
            print_line("Watching for changes; Ctrl-C ends.", err=True)
    except KeyboardInterrupt:
        print_line(err=True)
    return code


def changes(paths: Callable[[], Sequence[str]], sleep: Callable[[float], object]) -> Iterator[None]:
    """Yield at once, and then each time that files come, go or change."""
    known: dict[str, tuple[int, int]] | None = None
    while True:
        now = {path: state for path in paths() if (state := _state(path)) is not None}
        if now != known:
            yield
        known = now
        sleep(_SECONDS)


def _state(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
