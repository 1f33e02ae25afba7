"""The standard streams, whatever the shell made of them: closed, full, or for ASCII only."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper

__all__ = ["give_up_output", "prepare_streams", "say"]


def prepare_streams() -> None:
    """Make all three streams usable.

    A closed descriptor would be taken by the next file that is opened, which then got what is
    printed. Its place is filled, and standard output still fails, as it does when it is full. A
    character that the terminal cannot show, or a name that is not text, is shown by its number.
    """
    for number in range(3):
        _fill(number)
    nothing = os.open(os.devnull, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    # As long as the process: what cannot be read from, or written to, is these streams.
    if sys.stdin is None:
        sys.stdin = open(nothing, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(nothing, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fill(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        descriptor = os.open(os.devnull, os.O_RDWR)
        if descriptor != number:
            os.dup2(descriptor, number)
            os.close(descriptor)


def give_up_output() -> None:
    """Drop what is still to be printed: nobody can get it, and Python would complain at its end."""
    with suppress(OSError, ValueError):
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, sys.stdout.fileno())
        os.close(descriptor)


def say(text: str) -> None:
    """Print a last line for people, if there is still somewhere to print it."""
    from nbprod.cli.output import print_text

    with suppress(OSError, ValueError):
        print_text(text + "\n", err=True)
        sys.stderr.flush()
