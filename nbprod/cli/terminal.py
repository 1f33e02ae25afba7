"""The terminal's manners: colour, progress, where text goes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from nbprod.cli.output import print_line

__all__ = ["live_count", "notice", "progress", "stage", "wants_colour", "wants_links"]

_Item = TypeVar("_Item")


def wants_colour(choice: str) -> bool:
    """Whether to colour standard output: the flag, then NO_COLOR, FORCE_COLOR, the terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def wants_links(choice: str) -> bool:
    """Whether standard output is a terminal that shows links, or ignores them silently.

    Whatever turns colour off turns them off; FORCE_HYPERLINK decides where it is set.
    """
    if choice == "never" or os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_HYPERLINK")
    if forced:
        return forced != "0"
    term = os.environ.get("TERM", "dumb" if os.name == "posix" else "")
    if term in ("dumb", "linux") or os.environ.get("TERM_PROGRAM") == "Apple_Terminal":
        return False
    return sys.stdout.isatty() and not os.environ.get("CI")


def notice(text: str) -> None:
    """Tell the user something besides the report."""
    print_line(text, err=True)


def stage(text: str) -> None:
    """Say what is about to take long, where somebody watches."""
    if sys.stderr.isatty() and not os.environ.get("CI"):
        print_line(f"{text}…", err=True)


def progress(items: Iterator[_Item], count: int, *, shown: bool) -> Iterator[_Item]:
    """Pass items on; show a bar on a terminal when it takes more than a second."""
    if not shown or not sys.stderr.isatty() or os.environ.get("CI"):
        yield from items
        return
    start = time.monotonic()
    done = 0
    for item in items:
        yield item
        done += 1
        if time.monotonic() - start > 1 and done < count:
            break
    else:
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("checking", total=count, completed=done)
        for item in items:
            yield item
            bar.advance(task)


@contextmanager
def live_count(what: str, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many there are so far, by a function that is called with each."""
    if not shown or not sys.stderr.isatty() or os.environ.get("CI"):
        yield lambda _count: None
        return
    from rich.console import Console

    with Console(stderr=True).status(f"0 {what}") as status:
        yield lambda count: status.update(f"{count:,} {what}")
