"""The only place that opens notebooks: find, read, check, in one process or several."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from nbprod._version import __version__
from nbprod.checking.engine import file_finding, iter_findings, report_of_unreadable
from nbprod.checking.registry import Selection
from nbprod.config.settings import Configure, Settings
from nbprod.disk.read import read_notebook_bytes
from nbprod.errors import NbprodError, ReadError
from nbprod.facts import CheckOptions, Facts
from nbprod.model import FileResult, Finding, Report
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.programs import isolated_workers
from nbprod.project.credentials import remember
from nbprod.project.discover import Discovered, iter_notebook_paths
from nbprod.project.stack import with_deep_stack, with_reserved_stack
from nbprod.project.surroundings import declared_by, read_around

if TYPE_CHECKING:
    from nbprod.project.cache import Cache
    from nbprod.project.workers import FileTask

__all__ = [
    "check_bytes",
    "check_keeping_facts",
    "check_paths",
    "discover",
    "facts_of",
    "find_notebook",
    "get_notebook",
    "internal_error",
    "iter_results",
    "read_discovered",
]

# Below this many bytes a second process costs more than it saves.
_PARALLEL_BYTES = 6_000_000
_PARALLEL_FILES = 24
# After more misses than this, and more than hits, the cache is asked no further: a cold run.
_FEW_MISSES = 16


def check_paths(paths: Sequence[str], settings: Settings = Settings()) -> Report:
    """Check files and folders; see `iter_results` for the results one by one."""
    found = discover(paths, lambda _: settings)
    return Report(tuple(iter_results(found, lambda _: settings, settings.jobs)), __version__)


def discover(paths: Sequence[str], configure: Configure) -> list[Discovered]:
    """The files that a run is about; the settings at each path decide what is excluded."""
    found: dict[str, Discovered] = {}
    for path in paths:
        settings = configure(path)
        for file in iter_notebook_paths(
            (path,),
            exclude=(*settings.exclude, *settings.extend_exclude),
            respect_gitignore=settings.respect_gitignore,
            force_exclude=settings.force_exclude,
        ):
            found.setdefault(os.path.abspath(file.path), file)
    return list(found.values())


def iter_results(
    found: Sequence[Discovered], configure: Configure, jobs: int = 0
) -> Iterator[FileResult]:
    """Check files, in the order given. ``jobs``: processes, 0 for as many as it is worth.

    What is kept of an earlier run is taken first, so that no process is started for nothing.
    """
    kept = _kept_results(found, configure)
    rest = [file for number, file in enumerate(found) if number not in kept]
    checked = _iter_checked(rest, configure, jobs)
    for number in range(len(found)):
        yield kept[number] if number in kept else next(checked)


def _kept_results(found: Sequence[Discovered], configure: Configure) -> dict[int, FileResult]:
    """What the cache has, by number; it is given up where it mostly has nothing."""
    kept: dict[int, FileResult] = {}
    missed = 0
    for number, file in enumerate(found):
        settings = configure(file.path)
        if file.problem is None and settings.cache and os.path.isdir(settings.cache_dir):
            result = _kept_result(file.path, settings)
            if result is not None:
                kept[number] = result
                continue
        missed += 1
        if missed > _FEW_MISSES + len(kept):
            break
    return kept


def _kept_result(path: str, settings: Settings) -> FileResult | None:
    try:
        data = read_notebook_bytes(path)
    except ReadError:
        return None
    cache, key = _entry(data, path, settings)
    return cache.load(key, path, read_around(path))


def _entry(data: bytes, path: str, settings: Settings) -> tuple[Cache, str]:
    """The cache, and the key that a notebook's findings have in it."""
    from nbprod.project.cache import Cache

    cache = Cache(settings.cache_dir)
    return cache, cache.key(data, path, settings.what_counts)


def _iter_checked(
    found: Sequence[Discovered], configure: Configure, jobs: int
) -> Iterator[FileResult]:
    count = jobs or min(os.cpu_count() or 1, 8)
    if count > 1 and len(found) > 1 and (jobs or _is_much(found)):
        yield from _in_processes(found, configure, count)
        return
    with _quiet_collector():
        for file in found:
            yield check_file(file, configure(file.path))


class _quiet_collector:  # noqa: N801 - used as a context manager only
    """Keep the garbage collector from walking ever more trees; collect now and then instead."""

    def __enter__(self) -> None:
        self.enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            gc.enable()


def _is_much(found: Sequence[Discovered]) -> bool:
    if len(found) < _PARALLEL_FILES:
        return False
    size = 0
    for file in found:
        try:
            size += os.stat(file.path).st_size
        except OSError:
            continue
        if size > _PARALLEL_BYTES:
            return True
    return len(found) >= 4 * _PARALLEL_FILES


def _in_processes(
    found: Sequence[Discovered], configure: Configure, jobs: int
) -> Iterator[FileResult]:
    # What every process needs is loaded once, where processes are forked.
    import nbprod.flow  # noqa: F401
    import nbprod.secrets.scan  # noqa: F401
    from nbprod.project.workers import Boundary, FileTask, check_in_processes

    tasks = [FileTask(number, file, configure(file.path)) for number, file in enumerate(found)]
    for task in tasks:
        task.settings.selection_for(task.file.path)
    gc.freeze()
    chunks = list(_chunks(tasks, jobs))
    boundary = Boundary(check_file, internal_error)
    with isolated_workers():
        yield from check_in_processes(chunks, min(jobs, len(chunks)), boundary)


def _chunks(tasks: Sequence[FileTask], jobs: int) -> Iterator[list[FileTask]]:
    """Runs of files, several for each process; ever smaller ones, so that all end together."""
    sizes = []
    for task in tasks:
        try:
            sizes.append(os.stat(task.file.path).st_size + 20_000)
        except (OSError, ValueError):
            sizes.append(20_000)
    left = sum(sizes)
    most = left // (jobs * 10)
    chunk: list[FileTask] = []
    size = 0
    for task, weight in zip(tasks, sizes, strict=True):
        chunk.append(task)
        size += weight
        if size >= min(most, left // (jobs * 4)):
            yield chunk
            left -= size
            chunk, size = [], 0
    if chunk:
        yield chunk


def check_file(found: Discovered, settings: Settings) -> FileResult:
    """Check one file. Whatever is wrong with it is in the result.

    Raises:
        UsageError: the settings name a rule that does not exist.
    """
    try:
        return _check_file(found, settings)
    except ReadError as error:
        return report_of_unreadable(found.path, error)
    except NbprodError:
        raise
    except Exception as error:  # the one boundary: a fault of ours must not stop the others
        return internal_error(found.path, error)


def _check_file(found: Discovered, settings: Settings) -> FileResult:
    if found.problem is not None:
        raise found.problem
    data = read_notebook_bytes(found.path)
    result = _cached(data, found.path, settings) if settings.cache else None
    if result is None:
        result = check_bytes(data, found.path, settings)
    if gc.get_count()[0] > 200_000:
        gc.collect()
    return result


def _cached(data: bytes, path: str, settings: Settings) -> FileResult:
    """Check, or take what is kept of the same bytes, path and settings."""
    from nbprod.project.cache import Reads

    kept, key = _entry(data, path, settings)
    found = kept.load(key, path, read_around(path))
    if found is not None:
        return found
    reads = Reads(read_around(path))
    result = check_bytes(data, path, settings, reads)
    if not result.unreadable:
        kept.store(key, result, reads.digests)
    return result


def check_bytes(
    data: bytes,
    path: str,
    settings: Settings = Settings(),
    read_file: Callable[[str], str | None] | None = None,
) -> FileResult:
    """Check the bytes of a notebook that has, or would have, this path.

    ``read_file`` answers for what lies around it, as `read_around` does; by default that is
    read from disk.
    """
    try:
        notebook = read_notebook(data, path)
    except ReadError as error:
        return report_of_unreadable(path, error)
    except Exception as error:  # such as a lack of memory, or of stack
        return internal_error(path, error)
    return check_one(notebook, settings, read_file=read_file)


@with_reserved_stack
def check_one(
    notebook: Notebook,
    settings: Settings = Settings(),
    effort: int = CheckOptions().effort,
    secrets: frozenset[str] = frozenset(),
    read_file: Callable[[str], str | None] | None = None,
) -> FileResult:
    """Check a notebook that has been read.

    ``effort`` bounds the search for fixes; ``secrets`` are credentials of other notebooks.
    """
    read_file = read_file or read_around(notebook.path)
    result, facts = _check_notebook(notebook, settings, effort, secrets, read_file)
    if facts is not None:
        facts.release()
    return result


@with_reserved_stack
def check_keeping_facts(
    notebook: Notebook, settings: Settings, read_file: Callable[[str], str | None]
) -> tuple[FileResult, Facts | None]:
    """Check a notebook; with the facts, which the caller releases, unless nbprod itself failed."""
    return _check_notebook(notebook, settings, CheckOptions().effort, frozenset(), read_file)


def _check_notebook(
    notebook: Notebook,
    settings: Settings,
    effort: int,
    secrets: frozenset[str],
    read_file: Callable[[str], str | None],
) -> tuple[FileResult, Facts | None]:
    is_foreign = notebook.language != "python" and not any(
        cell.is_python for cell in notebook.cells
    )
    options = settings.check_options(read_file, declared_by(read_file))
    options = options._replace(effort=effort, secrets=secrets)
    selection = settings.selection_for(notebook.path)
    if is_foreign:
        rules = tuple(rule for rule in selection.rules if rule.languages == "any")
        selection = selection._replace(rules=rules)
    try:
        with _quiet_collector():
            call = partial(_judge, notebook, selection, options)
            findings, facts = with_deep_stack(call)
            if is_foreign and not findings:
                skipped = FileResult(notebook.path, skipped=f"{notebook.language} notebook")
                return skipped, facts
            return FileResult.of(notebook.path, findings), facts
    except Exception as error:  # tells more than the boundary above: the rules know the notebook
        return internal_error(notebook.path, error), None


def _judge(
    notebook: Notebook, selection: Selection, options: CheckOptions
) -> tuple[tuple[Finding, ...], Facts]:
    """The findings, and the facts that they rest on."""
    facts = Facts(notebook, options, tracks_data=selection.tracks_data)
    return tuple(iter_findings(facts, selection)), facts


def facts_of(notebook: Notebook, settings: Settings, effort: int = CheckOptions().effort) -> Facts:
    """What is known of a notebook where these settings hold; files beside it are read."""
    read_file = read_around(notebook.path)
    options = settings.check_options(read_file, declared_by(read_file))
    facts = Facts(notebook, options._replace(effort=effort))
    remember(facts)
    return facts


def internal_error(path: str, cause: Exception | str) -> FileResult:
    """The result for a file over which nbprod itself failed: by an exception, or as said."""
    if isinstance(cause, Exception):
        import traceback

        frames = traceback.extract_tb(cause.__traceback__)
        # The text of the exception may hold a piece of the notebook, and that a credential.
        reason = type(cause).__name__
        if frames:
            reason += f" in {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}"
    else:
        reason = cause
    fault = ReadError("internal-error", f"nbprod failed here ({reason}); please report it")
    return FileResult(path, (file_finding(path, fault),), unreadable=True)


def read_discovered(found: Discovered) -> Notebook:
    """Read a notebook that was found.

    Raises:
        ReadError: it cannot be read, or is none.
    """
    if found.problem is not None:
        raise found.problem
    notebook = read_notebook(read_notebook_bytes(found.path), found.path)
    remember(notebook)
    return notebook


def find_notebook(path: str) -> Notebook | None:
    """Read a notebook from disk; None where it is not there, or is none."""
    try:
        notebook = read_notebook(read_notebook_bytes(path), path)
    except ReadError:
        return None
    remember(notebook)
    return notebook


def get_notebook(path: str, data: bytes | None = None) -> tuple[Notebook, bytes]:
    """Read the notebook that a command is about, from disk or from ``data``; with its bytes.

    Raises:
        ReadError: it is not there, cannot be read, or is no notebook; the message names it.
    """
    try:
        if data is None:
            if not os.path.lexists(path):
                raise ReadError("unreadable-file", "does not exist")
            data = read_notebook_bytes(path)
        notebook = read_notebook(data, path)
    except ReadError as error:
        raise ReadError(error.kind, f"{path}: {error}") from None
    remember(notebook)
    return notebook, data
