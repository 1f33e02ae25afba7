"""The only place that opens notebooks: find, read, check, in one process or several."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from nbprod._version import __version__
from nbprod.discover import DEFAULT_EXCLUDES, Discovered, iter_notebook_paths
from nbprod.engine import check_notebook, file_finding, unreadable
from nbprod.errors import ReadError
from nbprod.facts import CheckOptions
from nbprod.model import FileResult, Finding, Report
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.registry import Selection, select
from nbprod.syntax.magics import SyntaxOptions

__all__ = ["Settings", "check_bytes", "check_paths", "discover", "file_reader", "iter_results"]

# Below this many bytes a second process costs more than it saves.
_PARALLEL_BYTES = 6_000_000
_PARALLEL_FILES = 24


class Settings(NamedTuple):
    """What a run is told; everything that crosses to another process is plain data."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDES
    respect_gitignore: bool = True
    force_exclude: bool = False
    python_magics: tuple[str, ...] = ()
    opaque_magics: tuple[str, ...] = ()
    jobs: int = 0

    @property
    def syntax(self) -> SyntaxOptions:
        """The part that parsing wants."""
        return SyntaxOptions(frozenset(self.python_magics), frozenset(self.opaque_magics))

    def selection(self) -> Selection:
        """The rules to run.

        Raises:
            UsageError: a word fits no rule.
        """
        return select(self.select, self.ignore, self.extend_select)


def check_paths(paths: Sequence[str], settings: Settings = Settings()) -> Report:
    """Check files and folders; see `iter_results` for the results one by one."""
    results = tuple(iter_results(discover(paths, settings), settings))
    return Report(results, __version__)


def discover(paths: Sequence[str], settings: Settings) -> list[Discovered]:
    """The files that a run is about."""
    return list(
        iter_notebook_paths(
            paths,
            exclude=settings.exclude,
            respect_gitignore=settings.respect_gitignore,
            force_exclude=settings.force_exclude,
        )
    )


def iter_results(found: Sequence[Discovered], settings: Settings) -> Iterator[FileResult]:
    """Check files, in the order given."""
    jobs = settings.jobs or min(os.cpu_count() or 1, 8)
    if jobs > 1 and len(found) > 1 and (settings.jobs or _is_much(found)):
        yield from _in_processes(found, settings, jobs)
        return
    selection = settings.selection()
    with _quiet_collector():
        for one in found:
            yield check_file(one, selection, settings.syntax)


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
    for one in found:
        try:
            size += os.stat(one.path).st_size
        except OSError:
            continue
        if size > _PARALLEL_BYTES:
            return True
    return len(found) >= 4 * _PARALLEL_FILES


def _in_processes(
    found: Sequence[Discovered], settings: Settings, jobs: int
) -> Iterator[FileResult]:
    from concurrent.futures import ProcessPoolExecutor

    # What every process needs is loaded once, where processes are forked.
    import nbprod.flow  # noqa: F401

    gc.freeze()
    chunks = list(_chunks(found, jobs))
    with ProcessPoolExecutor(max_workers=min(jobs, len(chunks))) as pool:
        for results in pool.map(_check_chunk, chunks, [settings] * len(chunks)):
            yield from results


def _chunks(found: Sequence[Discovered], jobs: int) -> Iterator[list[Discovered]]:
    """Runs of files of about equal size, several for each process."""
    sizes = []
    for one in found:
        try:
            sizes.append(os.stat(one.path).st_size + 20_000)
        except OSError:
            sizes.append(20_000)
    limit = max(sum(sizes) // (jobs * 16), 1)
    chunk: list[Discovered] = []
    size = 0
    for one, weight in zip(found, sizes, strict=True):
        chunk.append(one)
        size += weight
        if size >= limit:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _check_chunk(chunk: list[Discovered], settings: Settings) -> list[FileResult]:
    selection = settings.selection()
    with _quiet_collector():
        return [check_file(one, selection, settings.syntax) for one in chunk]


def check_file(found: Discovered, selection: Selection, syntax: SyntaxOptions) -> FileResult:
    """Check one file. Whatever is wrong with it is in the result; nothing is raised."""
    if found.problem is not None:
        return unreadable(found.path, found.problem)
    try:
        with open(found.path, "rb") as file:
            data = file.read()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return unreadable(found.path, ReadError("unreadable-file", f"cannot be read: {reason}"))
    result = check_bytes(data, found.path, selection, syntax)
    if len(data) > 4_000_000 or gc.get_count()[0] > 200_000:
        gc.collect()
    return result


def check_bytes(
    data: bytes, path: str, selection: Selection, syntax: SyntaxOptions = SyntaxOptions()
) -> FileResult:
    """Check the bytes of a notebook that has, or would have, this path."""
    try:
        notebook = read_notebook(data, path)
    except ReadError as error:
        return unreadable(path, error)
    return check_one(notebook, selection, syntax)


def check_one(
    notebook: Notebook,
    selection: Selection,
    syntax: SyntaxOptions = SyntaxOptions(),
    effort: int = CheckOptions().effort,
    secrets: frozenset[str] = frozenset(),
) -> FileResult:
    """Check a notebook that has been read.

    ``effort`` bounds the search for fixes; ``secrets`` are credentials of other notebooks.
    """
    if notebook.language != "python" and not any(cell.is_python for cell in notebook.cells):
        return FileResult(notebook.path, skipped=f"{notebook.language} notebook")
    options = CheckOptions(syntax, file_reader(notebook.path), effort, secrets)
    try:
        with _quiet_collector():
            return FileResult(notebook.path, check_notebook(notebook, selection, options))
    except Exception as error:  # the one boundary: a fault of ours must not stop the others
        return FileResult(notebook.path, (_internal(notebook.path, error),), unreadable=True)


def _internal(path: str, error: Exception) -> Finding:
    """The finding for an exception that should not have happened."""
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(frame.filename)}:{frame.lineno}"
    # The text of the exception may hold a piece of the notebook, and that a credential.
    fault = ReadError(
        "internal-error",
        f"nbprod failed here ({type(error).__name__} in {where}); please report it",
    )
    return file_finding(path, fault)


def file_reader(path: str) -> Callable[[str], str | None]:
    """A reader of Python files beside a notebook, for `%run` and star imports."""
    folder = os.path.dirname(path)

    def read(relative: str) -> str | None:
        candidate = os.path.join(folder, relative)
        try:
            if os.path.getsize(candidate) > 2_000_000:
                return None
            with open(candidate, encoding="utf-8") as file:
                return file.read()
        except (OSError, UnicodeDecodeError, ValueError):
            return None

    return read
