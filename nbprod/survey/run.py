"""A survey from sources to a directory of tables: what is done is not done again."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from nbprod._version import __version__
from nbprod.disk.lookup import DiskLookup, disk_lookup
from nbprod.errors import UsageError
from nbprod.project.cache import user_secret
from nbprod.survey.engines import Engine
from nbprod.survey.parts import to_parquet
from nbprod.survey.references import Chunk, Reference, chunks_of, without_secrets
from nbprod.survey.store import MARKERS, SURVEY, Folder, folder_at, mark_at
from nbprod.survey.tables import SCHEMA_VERSION, TABLES
from nbprod.survey.work import ChunkSummary, SurveyJob

__all__ = ["SurveyTotals", "read_survey", "run_survey", "secret_key"]

_VERSION = "1"


class SurveyTotals(NamedTuple):
    """What a survey has, and how many notebooks of it were checked by this run."""

    notebooks: int = 0
    checked: int = 0
    findings: int = 0
    errors: int = 0

    def plus(self, done: ChunkSummary) -> SurveyTotals:
        """With a chunk in addition."""
        return SurveyTotals(
            self.notebooks + done.notebooks,
            self.checked + done.checked,
            self.findings + done.findings,
            self.errors + done.errors,
        )


def secret_key() -> bytes:
    """What secrets are keyed with, so that equal ones are found and none can be guessed; nothing
    where the user has no cache directory to keep it in."""
    secret = user_secret()
    return b"" if secret is None else hmac.new(secret, b"survey", "sha256").digest()


def run_survey(
    sources: Sequence[str],
    references: Iterable[Reference],
    job: SurveyJob,
    engine: Engine,
    tell: Callable[[SurveyTotals], None] = lambda _totals: None,
    *,
    replace: bool = False,
) -> SurveyTotals:
    """Check what is not done yet, and write the tables.

    Args:
        sources: the sources as they were named, for the record.
        references: what there is in them.
        job: how it is checked, and where the tables are.
        engine: who does it.
        tell: is called as it goes on.
        replace: whether the directory may be that of other sources.

    Raises:
        UsageError: the directory is something else.
        StorageFailed: a storage does not answer; what is done is kept.
    """
    folder = folder_at(job.output)
    shown = [without_secrets(source) for source in sources]
    _require_the_same(folder, shown, replace=replace)
    _write_record(folder, shown, job, "running", SurveyTotals())
    totals = SurveyTotals()
    with disk_lookup() as lookup:
        progress = _Progress(folder, job, lookup)
        for summary in engine(progress.without_done(chunks_of(references, job.check)), job):
            totals = totals.plus(summary)
            tell(totals.plus(progress.kept))
    totals = totals.plus(progress.kept)
    _remove_stale(folder, progress.chunks)
    for table in TABLES:
        folder.write(f"{table}/columns.parquet", to_parquet(table, []))
    _write_record(folder, shown, job, "complete", totals)
    return totals


class _Progress:
    """The chunks of a run: those that are done are counted, the others are to be done."""

    def __init__(self, folder: Folder, job: SurveyJob, lookup: DiskLookup) -> None:
        self._folder = folder
        self._job = job
        self._lookup = lookup
        self._is_filled = False
        self.chunks: set[str] = set()
        self.kept = ChunkSummary("", 0, 0, 0, 0)

    def without_done(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """The chunks that are to be done, with what former runs have of them."""
        for chunk in chunks:
            self.chunks.add(chunk.name)
            if self._job.again:
                yield chunk
                continue
            mark = mark_at(self._folder, chunk.name)
            if mark is None:
                yield chunk._replace(former=self._former(chunk))
                continue
            self.kept = ChunkSummary(
                "",
                self.kept.notebooks + mark.rows["notebooks"],
                0,
                self.kept.findings + mark.rows["findings"],
                self.kept.errors + mark.rows["errors"],
            )

    def _former(self, chunk: Chunk) -> tuple[str, ...]:
        if not self._is_filled:
            # Before the first chunk of this run is written, so that only former ones are found.
            for name in list(self._folder.names(MARKERS)):
                mark = mark_at(self._folder, name.removesuffix(".json"))
                if mark is not None and mark.check == self._job.check:
                    self._lookup.add(mark.numbers, name.removesuffix(".json"))
            self._lookup.seal()
            self._is_filled = True
        return tuple(sorted(self._lookup.find(chunk.numbers)))


def _remove_stale(folder: Folder, chunks: set[str]) -> None:
    """Remove files of chunks that are no more, and those of runs that were killed."""
    for name in list(folder.names(MARKERS)):
        if name.removesuffix(".json") not in chunks:
            folder.remove(f"{MARKERS}/{name}")
    for table in TABLES:
        for name in list(folder.names(table)):
            chunk, _, rest = name.partition("-")
            if rest and chunk not in chunks:
                folder.remove(f"{table}/{name}")


def read_survey(folder: Folder) -> dict[str, Any] | None:
    """The record of a survey; None where there is none.

    Raises:
        UsageError: it is damaged, or of another version.
    """
    data = folder.read(SURVEY)
    if data is None:
        return None
    try:
        found = json.loads(data)
        if not isinstance(found, dict) or found["version"] != _VERSION:
            raise ValueError
        return {**found, "sources": [str(text) for text in found["sources"]]}
    except (ValueError, KeyError, TypeError):
        text = f"{folder.shown}/{SURVEY} is not of a survey that this version reads"
        raise UsageError(text) from None


def _require_the_same(folder: Folder, sources: Sequence[str], *, replace: bool) -> None:
    found = read_survey(folder)
    if found is None:
        if next(folder.names(""), None) is not None:
            text = f"{folder.shown} contains other files; name a new directory with -o"
            raise UsageError(text)
        return
    if list(found["sources"]) != list(sources) and not replace:
        named = ", ".join(found["sources"])
        text = f"{folder.shown} is the survey of {named}; use another directory or --replace"
        raise UsageError(text)


def _write_record(
    folder: Folder, sources: Sequence[str], job: SurveyJob, state: str, totals: SurveyTotals
) -> None:
    rules = job.settings.selection_for("").rules
    record = {
        "version": _VERSION,
        "schema": SCHEMA_VERSION,
        "nbprod_version": __version__,
        "state": state,
        "sources": list(sources),
        "check": job.check,
        "level": job.settings.level,
        "rules": sorted(rule.name for rule in rules),
        "keyed": hashlib.sha256(job.key).hexdigest()[:8] if job.key else None,
        "totals": totals._replace(checked=0)._asdict() | {"checked": totals.notebooks},
    }
    folder.write(SURVEY, json.dumps(record, indent=2).encode("ascii") + b"\n")
