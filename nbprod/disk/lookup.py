"""A table from numbers to names on the disk, as memory would grow with it; it goes in the end."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from nbprod.disk.scratch import scratch_folder

__all__ = ["DiskLookup", "disk_lookup"]


class DiskLookup:
    """Names by numbers of 63 bits; a number may have several."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("CREATE TABLE names (number INTEGER, name TEXT)")
        connection.execute("BEGIN")

    def add(self, numbers: Iterable[int], name: str) -> None:
        """Give numbers a name."""
        rows = ((number, name) for number in numbers)
        self._connection.executemany("INSERT INTO names VALUES (?, ?)", rows)

    def seal(self) -> None:
        """Make it quick to ask; nothing is added afterwards."""
        self._connection.execute("CREATE INDEX by_number ON names (number)")

    def find(self, numbers: Iterable[int]) -> set[str]:
        """The names of some numbers."""
        found: set[str] = set()
        for number in numbers:
            query = "SELECT name FROM names WHERE number = ?"
            found.update(name for (name,) in self._connection.execute(query, (number,)))
        return found


@contextmanager
def disk_lookup() -> Iterator[DiskLookup]:
    """A table in a temporary directory, for any thread, one at a time."""
    with scratch_folder() as folder:
        path = os.path.join(folder, "lookup.sqlite")
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            yield DiskLookup(connection)
        finally:
            connection.close()
