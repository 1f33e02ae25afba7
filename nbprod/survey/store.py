"""The directory of a survey: Parquet files by chunk, and a marker for each chunk that is done.

A chunk's files are written first and its marker last, so that a run that is killed leaves chunks
that are done and files that nothing names. Names follow from the content: to do a chunk twice
writes the same files twice.
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from nbprod.disk.read import read_bytes
from nbprod.disk.write import Before, make_folders, remove_file, write_file
from nbprod.errors import UsageError, WriteError
from nbprod.survey.references import without_secrets
from nbprod.survey.storage import is_address, patiently, split_address
from nbprod.survey.tables import TABLES

__all__ = [
    "ChunkMark",
    "Folder",
    "MARKERS",
    "SURVEY",
    "folder_at",
    "mark_at",
    "part_name",
    "write_mark",
]

SURVEY = "survey.json"
MARKERS = "parts"
_MOST_BYTES = 4_000_000_000


class Folder(Protocol):
    """A directory of files, here or in a storage; names have slashes."""

    shown: str

    def read(self, name: str) -> bytes | None:
        """The content of a file; None where there is none."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all."""
        ...

    def names(self, below: str) -> Iterator[str]:
        """The names of the files in a directory of it."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file."""
        ...

    def location(self, name: str) -> str:
        """What `open_parquet` takes: a path."""
        ...


class _LocalFolder:
    def __init__(self, path: str) -> None:
        self.shown = path
        self._real = os.path.realpath(path)

    def read(self, name: str) -> bytes | None:
        try:
            return read_bytes(self.location(name), _MOST_BYTES)
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        path = self.location(name)
        try:
            if not os.path.isdir(os.path.dirname(path)):
                make_folders(os.path.dirname(path), within=(self._real,))
            write_file(path, data, within=(self._real,), before=Before.ANYTHING, durable=False)
        except OSError as error:
            text = f"cannot write {posixpath.join(self.shown, name)}: {error.strerror}"
            raise WriteError(text) from None

    def names(self, below: str) -> Iterator[str]:
        try:
            with os.scandir(self.location(below)) as entries:
                yield from (entry.name for entry in entries if entry.is_file())
        except FileNotFoundError:
            return

    def remove(self, name: str) -> None:
        data = self.read(name)
        if data is not None:
            remove_file(self.location(name), data)

    def location(self, name: str) -> str:
        return os.path.join(self._real, *name.split("/"))


class _RemoteFolder:
    def __init__(self, address: str) -> None:
        self.shown = without_secrets(address)
        self._system, self._root = split_address(address)

    def read(self, name: str) -> bytes | None:
        try:
            data: bytes = patiently(lambda: self._system.cat_file(self.location(name)), self.shown)
        except FileNotFoundError:
            return None
        return data

    def write(self, name: str, data: bytes) -> None:
        path = self.location(name)

        def put() -> None:
            self._system.makedirs(posixpath.dirname(path), exist_ok=True)
            self._system.pipe_file(path, data)

        try:
            patiently(put, self.shown)
        except OSError as error:
            reason = type(error).__name__
            raise WriteError(f"cannot write {self.shown}/{name}: {reason}") from None

    def names(self, below: str) -> Iterator[str]:
        path = self.location(below)
        try:
            found = patiently(lambda: self._system.ls(path, detail=False, refresh=True), self.shown)
        except FileNotFoundError:
            return
        yield from (posixpath.basename(str(name)) for name in found)

    def remove(self, name: str) -> None:
        patiently(lambda: self._system.rm_file(self.location(name)), self.shown)

    def location(self, name: str) -> str:
        return posixpath.join(self._root, name)


def folder_at(place: str) -> Folder:
    """The directory of a survey, by path or by address."""
    if is_address(place):
        return _RemoteFolder(place)
    if os.path.exists(place) and not os.path.isdir(place):
        raise UsageError(f"{place} is not a directory")
    return _LocalFolder(place)


class ChunkMark(NamedTuple):
    """What is written of a chunk that is done.

    ``check`` stands for the version and settings, ``rows`` are the numbers of rows by table,
    ``files`` the numbers of its files by table, ``numbers`` what its references are found by.
    """

    check: str
    rows: dict[str, int]
    files: dict[str, list[int]]
    numbers: list[int]

    def names(self, chunk: str) -> Iterator[tuple[str, str]]:
        """The tables and names of its files."""
        for table, numbers in self.files.items():
            for number in numbers:
                yield table, part_name(table, chunk, number)


def mark_at(folder: Folder, chunk: str) -> ChunkMark | None:
    """The marker of a chunk; None where the chunk is not done, or the marker is damaged."""
    data = folder.read(f"{MARKERS}/{chunk}.json")
    if data is None:
        return None
    try:
        found = json.loads(data)
        rows = {table: int(found["rows"][table]) for table in TABLES}
        files = {
            table: [int(number) for number in found["files"][table]]
            for table in TABLES
            if table in found["files"]
        }
        return ChunkMark(str(found["check"]), rows, files, [int(text) for text in found["numbers"]])
    except (ValueError, TypeError, KeyError):
        return None


def write_mark(folder: Folder, chunk: str, mark: ChunkMark) -> None:
    """Write the marker of a chunk whose files are all there."""
    data = json.dumps(mark._asdict(), sort_keys=True).encode("ascii") + b"\n"
    folder.write(f"{MARKERS}/{chunk}.json", data)


def part_name(table: str, chunk: str, number: int) -> str:
    """The name of a file of a chunk."""
    return f"{table}/{chunk}-{number}.parquet"
