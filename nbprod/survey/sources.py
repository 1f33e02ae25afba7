"""What a survey is of: directories, addresses, archives, tables and lists, as references.

Nothing is read but listings, names come in the same order each time, and what is remembered of
them does not grow with their number.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from nbprod.config.settings import Settings
from nbprod.disk.walk import walk_folders
from nbprod.errors import ReadError, UsageError
from nbprod.project.discover import Discovered, is_notebook, problem_at, walk_notebooks
from nbprod.survey.references import (
    Layout,
    Reference,
    is_archive,
    is_wanted_member,
    without_secrets,
)
from nbprod.survey.storage import is_address, patiently, split_address

__all__ = ["Wish", "references_of", "require_apart"]

_MOST_BESIDE = 300
_OPENED = ("zip://", "tar://", "libarchive://")
_TABLES = (".parquet", ".pq")


class Wish(NamedTuple):
    """How sources are read: the layout of their paths, the columns of tables, what is excluded."""

    layout: Layout
    columns: Mapping[str, str]
    settings: Settings


def require_apart(sources: Sequence[str]) -> None:
    """Refuse sources of which one is a part of another: notebooks would be counted twice.

    Raises:
        UsageError: two are not apart.
    """
    real = [text.rstrip("/") if is_address(text) else os.path.realpath(text) for text in sources]
    for number, path in enumerate(real):
        for other, text in zip(real, sources, strict=True):
            if other is not path and (path == other or path.startswith(other + "/")):
                shown = f"{without_secrets(sources[number])} is in {without_secrets(text)}"
                raise UsageError(f"{shown}; name each notebook once")


def references_of(sources: Iterable[str], wish: Wish) -> Iterator[Reference]:
    """What there is to read in some sources.

    Raises:
        ReadError: a source does not exist.
        UsageError: no installed package reads a source.
        StorageFailed: a storage does not answer.
    """
    for source in sources:
        yield from _remote(source, wish) if is_address(source) else _local(source, wish)


def _local(source: str, wish: Wish) -> Iterator[Reference]:
    if not os.path.isdir(source):
        problem = problem_at(source)
        if problem is not None:
            raise ReadError(problem.kind, f"{source} {problem}")
        name = os.path.basename(source)
        if source.lower().endswith(_TABLES):
            from nbprod.survey.parquet_source import references_of_table

            yield from references_of_table("", source, _stamp(source), wish.columns)
        else:
            kind = _kind(name)
            if kind == "file" and not is_notebook(source):
                raise UsageError(f"{source} is not a notebook, an archive, a table or a directory")
            yield _local_reference(kind, source, name, wish.layout)
        return
    settings = wish.settings
    exclude = (*settings.exclude, *settings.extend_exclude)
    found: Iterator[Discovered] = walk_notebooks(
        source, exclude=exclude, respect_gitignore=settings.respect_gitignore
    )
    for file in found:
        relative = os.path.relpath(file.path, source)
        yield _local_reference("file", file.path, relative, wish.layout)
    for folder, folders, files in walk_folders(source):
        folders[:] = sorted(name for name in folders if name not in exclude)
        for name in sorted(files):
            if is_archive(name) and name not in exclude:
                path = os.path.join(folder, name)
                relative = os.path.relpath(path, source)
                yield _local_reference(_kind(name), path, relative, wish.layout)


def _kind(name: str) -> str:
    return "archive" if is_archive(name) else "file"


def _stamp(path: str) -> tuple[int, str, str | None]:
    """The size of a file, what changes with it, and the month of its last change."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return 0, "", None
    return status.st_size, str(status.st_mtime_ns), _month(status.st_mtime)


def _month(value: Any) -> str | None:
    """The month of what a listing has as time."""
    try:
        if isinstance(value, (int, float)):
            value = datetime.fromtimestamp(value, timezone.utc)
        if isinstance(value, datetime):
            return f"{value:%Y-%m}"
    except (ValueError, OverflowError, OSError):
        return None
    return str(value)[:7] if isinstance(value, str) and len(value) >= 7 else None


def _local_reference(kind: str, path: str, relative: str, layout: Layout) -> Reference:
    size, stamp, month = _stamp(path)
    repository, owner = layout.place(relative)
    if repository is None and kind != "file":
        repository = Layout().place(os.path.basename(path))[0]
    return Reference(kind, "", path, path, size, stamp, repository, owner, month)


# --- addresses -----------------------------------------------------------------------------------


def _remote(source: str, wish: Wish) -> Iterator[Reference]:
    system, path = split_address(source)
    shown = without_secrets(source)
    if "*" in path:
        for match in sorted(patiently(lambda: system.glob(path), shown)):
            yield from _remote_path(source, system, str(match), wish)
        return
    yield from _remote_path(source, system, path, wish)


def _remote_path(source: str, system: Any, path: str, wish: Wish) -> Iterator[Reference]:
    shown = without_secrets(source)
    try:
        status = patiently(lambda: system.info(path), shown)
    except OSError:
        # A prefix of a store is no object; that it has nothing below is seen by the listing.
        status = {"type": "directory"}
    if status.get("type") == "file":
        yield from _remote_file(source, system, {**status, "name": path}, posixpath.dirname(path),
                                wish, (), named=True)  # fmt: skip
        return
    is_empty = True
    for reference in _remote_below(source, system, path, wish):
        is_empty = False
        yield reference
    if is_empty and not patiently(lambda: system.exists(path), shown):
        raise ReadError("unreadable-file", f"{shown} does not exist")


def _remote_below(source: str, system: Any, root: str, wish: Wish) -> Iterator[Reference]:
    shown = without_secrets(source)
    settings = wish.settings
    exclude = {*settings.exclude, *settings.extend_exclude}
    waiting = [root]
    while waiting:
        folder = waiting.pop()

        def listed(folder: str = folder) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = system.ls(folder, detail=True)
            return found

        try:
            entries = patiently(listed, shown)
        except FileNotFoundError:
            continue
        entries = [entry for entry in entries if _name(entry) not in exclude]
        entries.sort(key=lambda entry: str(entry["name"]))
        folders = [
            entry for entry in entries
            if entry.get("type") == "directory" and _path(entry).strip("/") != folder.strip("/")
        ]  # fmt: skip
        files = [entry for entry in entries if entry.get("type") != "directory"]
        beside = _beside(folders, files)
        for entry in files:
            if not _path(entry).endswith("/"):
                yield from _remote_file(source, system, entry, root, wish, beside)
        waiting += [_path(entry) for entry in reversed(folders)]


def _path(entry: Mapping[str, Any]) -> str:
    return str(entry["name"])


def _name(entry: Mapping[str, Any]) -> str:
    return posixpath.basename(_path(entry).rstrip("/"))


def _beside(
    folders: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, Any]]
) -> tuple[str, ...]:
    """The modules of a directory, and its directories with a slash."""
    names = [_name(entry) for entry in files if _path(entry).endswith(".py")]
    names += [f"{_name(entry)}/" for entry in folders]
    return tuple(names) if len(names) <= _MOST_BESIDE else ()


def _remote_file(
    source: str,
    system: Any,
    entry: Mapping[str, Any],
    root: str,
    wish: Wish,
    beside: tuple[str, ...],
    *,
    named: bool = False,
) -> Iterator[Reference]:
    path = _path(entry)
    kind = _kind(path)
    is_table = named and path.lower().endswith(_TABLES)
    if kind == "file" and not is_table and not is_wanted_member(posixpath.basename(path)):
        return
    size = entry.get("size") or 0
    changed = _changed(entry)
    tag = next((entry[key] for key in ("ETag", "etag", "CRC", "sha", "hash") if key in entry), "")
    stamp = f"{tag} {changed}"
    shown = without_secrets(_full(source, path))
    if is_table:
        from nbprod.survey.parquet_source import references_of_table

        yield from references_of_table(source, path, (size, stamp, None), wish.columns, shown)
        return
    relative = path[len(root) :] if path.startswith(root) else path
    repository, owner = wish.layout.place(relative)
    if repository is None and kind != "file":
        repository = Layout().place(posixpath.basename(path))[0]
    yield Reference(
        kind, source, path, shown, int(size), stamp, repository, owner, _month(changed), beside
    )  # fmt: skip


def _changed(entry: Mapping[str, Any]) -> Any:
    for key in ("LastModified", "mtime", "last_modified", "updated", "created", "date_time"):
        value = entry.get(key)
        if value is not None:
            if isinstance(value, (tuple, list)) and len(value) >= 2:
                return f"{value[0]:04d}-{value[1]:02d}"
            return value
    return None


def _full(source: str, path: str) -> str:
    """The address of a path below a source: a member of an archive has its name at the end."""
    head, link, after = source.partition("::")
    if link and head.startswith(_OPENED):
        return f"{after}!/{path.lstrip('/')}"
    scheme = source.rpartition("::")[2].partition("://")[0]
    if scheme not in ("file", "local"):
        path = path.lstrip("/")
    return f"{scheme}://{path}"
