"""One chunk of a survey: what is not done is checked, and files and marker are written.

This is all that an engine distributes: a function of a chunk, which reads and writes by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from nbprod._version import __version__
from nbprod.config.settings import Settings
from nbprod.survey.child import Checked, CheckedChild, CheckLimits
from nbprod.survey.parts import from_parquet, to_parquet
from nbprod.survey.references import Chunk, Reference
from nbprod.survey.rows import NotebookRows
from nbprod.survey.store import (
    ChunkMark,
    Folder,
    folder_at,
    mark_at,
    part_name,
    write_mark,
)
from nbprod.survey.tables import SCHEMA_VERSION, TABLES, table_columns

__all__ = ["ChunkSummary", "SurveyJob", "ChunkWorker", "check_of"]

# A chunk of more rows than this, as of a large archive, is written in several files.
_MOST_ROWS = 100_000


class SurveyJob(NamedTuple):
    """What every chunk of a run has in common: plain data for other machines."""

    output: str
    settings: Settings
    key: bytes
    limits: CheckLimits
    again: bool = False

    @property
    def check(self) -> str:
        """What stands for the version and the settings of the check."""
        return check_of(self.settings, self.limits)

    def plain(self) -> tuple[Any, ...]:
        """The same as plain tuples."""
        return (self.output, tuple(self.settings), self.key, tuple(self.limits), self.again)

    @classmethod
    def of(cls, plain: tuple[Any, ...]) -> SurveyJob:
        """A job from plain tuples."""
        output, settings, key, limits, again = plain
        return cls(output, Settings(*settings), key, CheckLimits(*limits), again)


class ChunkSummary(NamedTuple):
    """A chunk that is done: notebooks, those of them that were checked now, findings, errors."""

    chunk: str
    notebooks: int
    checked: int
    findings: int
    errors: int


def check_of(settings: Settings, limits: CheckLimits) -> str:
    """What stands for nbprod's version, the tables and the settings: rows of another are stale."""
    counted = settings.what_counts._replace(root="")
    text = repr((__version__, SCHEMA_VERSION, tuple(counted), tuple(limits)))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


class ChunkWorker:
    """Does chunks, one after the other, by a process of its own."""

    def __init__(self, job: SurveyJob) -> None:
        self._job = job
        self._folder = folder_at(job.output)
        self._child = CheckedChild(job.settings, job.key, job.limits)

    def close(self) -> None:
        """End the process."""
        self._child.close()

    def stop(self) -> None:
        """End the process from another thread, for good."""
        self._child.stop()

    def do(self, chunk: Chunk) -> ChunkSummary:
        """Do a chunk.

        Raises:
            StorageFailed: a storage does not answer.
            WriteError: a file cannot be written.
        """
        kept = {} if self._job.again else _kept(self._folder, chunk, self._job.check)
        known = {path: content for path, (content, _) in kept.items()}
        output = _Output(self._folder, chunk)
        notebooks = fresh = 0
        for done in self._child.check(chunk.references, known):
            rows = done.rows if done.rows is not None else _moved(kept[done.place[0]][1], done)
            fresh += done.rows is not None
            notebooks += len(rows.get("notebooks", ()))
            output.add(rows)
        rows_by_table = output.finish(self._job.check)
        return ChunkSummary(
            chunk.name, notebooks, fresh, rows_by_table["findings"], rows_by_table["errors"]
        )


def _moved(rows: NotebookRows, done: Checked) -> NotebookRows:
    """Rows of a former run, with what the listing says of the notebook now."""
    (row,) = rows["notebooks"]
    return {**rows, "notebooks": [(*done.place, *row[len(done.place) :])]}


class _Output:
    """The files of a chunk."""

    def __init__(self, folder: Folder, chunk: Chunk) -> None:
        self._folder = folder
        self._chunk = chunk
        self._rows: NotebookRows = {table: [] for table in TABLES}
        self._count = 0
        self._counts = dict.fromkeys(TABLES, 0)
        self._files: dict[str, list[int]] = {}
        self._number = 0

    def add(self, rows: NotebookRows) -> None:
        """Take the rows of a notebook."""
        for table, own in rows.items():
            self._rows[table] += own
            self._count += len(own)
        if self._count > _MOST_ROWS:
            self._flush()

    def finish(self, check: str) -> Mapping[str, int]:
        """Write what is left, and the marker; the numbers of rows by table."""
        self._flush()
        mark = ChunkMark(check, self._counts, self._files, self._chunk.numbers)
        write_mark(self._folder, self._chunk.name, mark)
        return self._counts

    def _flush(self) -> None:
        for table, own in self._rows.items():
            if own:
                name = part_name(table, self._chunk.name, self._number)
                self._folder.write(name, to_parquet(table, own))
                self._files.setdefault(table, []).append(self._number)
                self._counts[table] += len(own)
        self._rows = {table: [] for table in TABLES}
        self._count = 0
        self._number += 1


def _kept(folder: Folder, chunk: Chunk, check: str) -> dict[str, tuple[str, NotebookRows]]:
    """What former runs of the same check have of the notebooks of a chunk: by path, the content
    and the rows. A marker or file that is damaged has nothing."""
    wanted = _Paths(chunk.references)
    found: dict[str, tuple[str, NotebookRows]] = {}
    for name in chunk.former:
        mark = mark_at(folder, name)
        if mark is not None and mark.check == check:
            try:
                found.update(_rows_by_path(folder, name, mark, wanted))
            except ValueError:
                continue
    return found


class _Paths:
    """The paths of the notebooks that some references stand for, as far as they are known."""

    def __init__(self, references: tuple[Reference, ...]) -> None:
        self._names = {reference.shown for reference in references if reference.kind == "file"}
        self._all = any(reference.kind != "file" for reference in references)

    def __contains__(self, path: str) -> bool:
        return self._all or path in self._names


def _rows_by_path(
    folder: Folder, chunk: str, mark: ChunkMark, wanted: _Paths
) -> dict[str, tuple[str, NotebookRows]]:
    rows: dict[str, NotebookRows] = {}
    for table, name in mark.names(chunk):
        data = folder.read(name)
        if data is None:
            raise ValueError(name)
        for row in from_parquet(table, data):
            if row[0] in wanted:
                rows.setdefault(row[0], {}).setdefault(table, []).append(row)
    found = {}
    content = table_columns("notebooks").index("content")
    for path, own in rows.items():
        # What a limit has stopped, or what could not be read, is tried again.
        if len(own.get("notebooks", ())) == 1 and not own.get("errors"):
            value = own["notebooks"][0][content]
            if value is not None:
                found[path] = (str(value), own)
    return found
