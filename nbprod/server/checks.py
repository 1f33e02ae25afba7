"""A check of what an editor holds, by the settings of its directory; no protocol is known."""

from __future__ import annotations

from typing import NamedTuple

from nbprod.config.files import Configuration
from nbprod.config.settings import Settings
from nbprod.errors import UsageError
from nbprod.live import Document, Result, check, check_text
from nbprod.model import FileResult
from nbprod.project.baselines import read_baseline
from nbprod.project.surroundings import read_around
from nbprod.rule import Level

__all__ = ["CheckJob", "JobOutcome", "check_job", "settings_for"]


class CheckJob(NamedTuple):
    """A document to check: ``text`` where the client edits the file as text.

    ``path`` is None for what was never saved; ``versions`` are those of the texts in it. ``saves``
    counts how often it was saved: with another number its file is read again. ``edited`` are the
    cells of a text whose source is not the one that ran, ``level`` goes before the configured one.
    """

    uri: str
    path: str | None
    versions: tuple[tuple[str, int | None], ...]
    document: Document | None = None
    text: str = ""
    saves: int = 0
    edited: frozenset[int] = frozenset()
    level: Level | None = None


class JobOutcome(NamedTuple):
    """What came of a job; no result where the text is no notebook. ``problem``: of the settings."""

    result: Result | None
    problem: str | None = None


def check_job(job: CheckJob) -> JobOutcome:
    """Check a document by the settings of its directory; nothing there is executed."""
    settings, problem = settings_for(job.path, job.level)
    try:
        result = _check(job, settings)
    except UsageError as error:
        problem = str(error)
        result = _check(job, Settings(merges=False))
    if result is not None and settings.baseline and problem is None:
        try:
            result = _without_known(result, settings.baseline)
        except UsageError as error:
            problem = str(error)
    return JobOutcome(result, problem)


def settings_for(path: str | None, level: Level | None = None) -> tuple[Settings, str | None]:
    """The settings of the directory of a file, and what is wrong with them.

    ``path`` is None for what was never saved; ``level`` goes before the configured one.
    """
    settings, problem = Settings(), None
    if path is not None:
        try:
            settings = Configuration().for_path(path)
        except UsageError as error:
            problem = str(error)
    return settings._replace(merges=False, level=level or settings.level), problem


def _check(job: CheckJob, settings: Settings) -> Result | None:
    if job.document is None:
        path = job.path or job.uri
        around = (read_around(path),) if job.path is not None else ()
        return check_text(job.text, path, settings, *around, edited=job.edited)
    around = (read_around(job.path),) if job.path is not None else ()
    return check(job.document, settings, *around)


def _without_known(result: Result, baseline: str) -> Result:
    """The result without the findings that the baseline has."""
    of_file = FileResult.of(result.notebook.path, result.findings)
    kept = read_baseline(baseline).filtered([of_file]).results[0]
    return result._replace(findings=kept.findings)
