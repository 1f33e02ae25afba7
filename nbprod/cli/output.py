"""The one way to standard output and standard error.

Nothing is printed but through here: credentials of the notebooks that were read are masked, and
what a terminal or the log of a CI service would follow is escaped.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from nbprod.project.credentials import known_mask
from nbprod.report.escaping import escape_line, escape_text

__all__ = [
    "print_bytes",
    "print_document",
    "print_json",
    "print_line",
    "print_lines",
    "print_rendered",
    "print_text",
]


def print_line(text: str = "", *, err: bool = False) -> None:
    """Print one line; line breaks within are escaped."""
    _write(escape_line(known_mask()(text)) + "\n", err=err)


def print_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Print lines, which may end with their line breaks."""
    for line in lines:
        print_line(line.removesuffix("\n"), err=err)


def print_text(text: str, *, err: bool = False) -> None:
    """Print text of several lines."""
    _write(escape_text(known_mask()(text)), err=err)


def print_rendered(text: str) -> None:
    """Print a document whose format has escapes of its own, which its renderer has used."""
    _write(known_mask()(text), err=False)


def print_document(text: str) -> None:
    """Print a document for programs: UTF-8 whatever the terminal takes."""
    sys.stdout.flush()
    stream = sys.stdout.buffer
    stream.write(known_mask()(text).encode("utf-8", "backslashreplace"))


def print_json(value: object) -> None:
    """Print a value for programs; a log finds no command in it."""
    import json

    from nbprod.report.escaping import mute_json

    print_rendered(mute_json(json.dumps(value, indent=2, default=repr)) + "\n")


def print_bytes(data: bytes) -> None:
    """Print a notebook as it is: what a git filter gives back to git is the user's own file."""
    sys.stdout.flush()
    stream = sys.stdout.buffer
    stream.write(data)


def _write(text: str, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    encoding = stream.encoding or "utf-8"
    # A terminal of another encoding is shown escapes, not a traceback.
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
