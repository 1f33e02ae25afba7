"""The process that checks notebooks of a survey: it may be killed by any of them.

It is started by `nbprod.survey.child` with `python -m`, reads tasks from its standard input and
answers notebook by notebook, so that it is known which one it was at.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any

from nbprod.config.settings import Settings
from nbprod.disk.read import read_head
from nbprod.errors import NbprodError
from nbprod.programs import read_message, write_message
from nbprod.survey.expand import documents_of
from nbprod.survey.references import Reference
from nbprod.survey.rows import (
    NotebookRows,
    RawNotebook,
    content_of,
    error_rows,
    rows_of,
    unread_rows,
)
from nbprod.survey.unread import Unread

__all__ = ["main"]

_MEGABYTE = 1_000_000
_OBJECTS = 200_000


def main() -> None:
    """Answer tasks until the input ends."""
    gc.disable()
    source, target = _own_streams()
    with suppress(EOFError, OSError):
        settings, key, limit = read_message(source)
        _limit_memory(limit)
        settings = Settings(*settings)
        _load_rules(settings)
        while True:
            task = read_message(source)
            for answer in _answers(task, settings, key):
                write_message(target, answer)
    # Threads of storages may be waiting for something.
    os._exit(0)


def _own_streams() -> tuple[IO[bytes], IO[bytes]]:
    """The channels to the parent, where no library can print into them."""
    source = sys.stdin.buffer
    descriptor = os.dup(1)
    os.dup2(2, 1)
    return source, os.fdopen(descriptor, "wb")  # the parent's own pipe


def _limit_memory(megabytes: int) -> None:
    """Let the process have so much more than it has now, where the system can limit that."""
    try:
        import resource

        pages = int(read_head("/proc/self/statm", 100).split()[0])
        most = pages * resource.getpagesize() + megabytes * _MEGABYTE
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, OSError, ValueError):
        return


def _load_rules(settings: Settings) -> None:
    """Import what every notebook needs, outside of the time of the first."""
    import nbprod.flow
    import nbprod.secrets.scan  # noqa: F401

    with suppress(NbprodError):
        settings.selection_for("")


def _answers(task: Any, settings: Settings, key: bytes) -> Iterator[tuple[Any, ...]]:
    """What the parent gets of the notebooks of a task.

    ``at``: this one is begun; ``rows``; ``same``: nothing changed since it was done; ``storage``:
    the storage does not answer; ``end``.
    """
    references, known, done = task
    found = documents_of([Reference(*fields) for fields in references])
    number = -1
    while True:
        try:
            document = next(found, None)
        except NbprodError as error:
            yield ("storage", str(error))
            return
        if document is None:
            break
        number += 1
        if number not in done:
            yield from _answer(number, document, known, settings, key)
    yield ("end",)


def _answer(
    number: int, found: RawNotebook | Unread, known: Any, settings: Settings, key: bytes
) -> Iterator[tuple[Any, ...]]:
    document = found.document if isinstance(found, Unread) else found
    if isinstance(found, Unread):
        yield ("rows", number, unread_rows(found.document, found.error))
        return
    content = content_of(document.data)
    if known.get(document.path) == content:
        yield ("same", number, document.path, *document[2:5])
        return
    yield ("at", number, document.path, *document[2:5], content, len(document.data))
    rows: NotebookRows
    try:
        rows = rows_of(document._replace(content=content), settings, key)
    except MemoryError:
        rows = error_rows(document, "memory-limit", "needs more memory than the limit")
        yield ("rows", number, rows)
        # What is left of the memory is in pieces.
        os._exit(0)
    except Exception as error:  # a fault of ours must not stop the others
        rows = error_rows(document, "internal-error", type(error).__name__)
    yield ("rows", number, rows)
    if gc.get_count()[0] > _OBJECTS:
        gc.collect()


if __name__ == "__main__":
    main()
