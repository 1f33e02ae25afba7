"""References to notebooks with their bytes: runs where the notebooks are checked."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO, Any

from nbprod.disk.archives import ArchiveMember, DamagedArchive, tar_members, zip_members
from nbprod.disk.read import MAX_NOTEBOOK_BYTES, open_stream, read_notebook_bytes
from nbprod.errors import ReadError
from nbprod.notebook.formats import sniff
from nbprod.project.discover import problem_at
from nbprod.project.surroundings import read_around
from nbprod.survey.dbc import notebook_of_export
from nbprod.survey.references import Reference, is_wanted_member
from nbprod.survey.rows import NOT_A_FILE, RawNotebook
from nbprod.survey.storage import file_system, is_of_the_file, patiently
from nbprod.survey.unread import Unread

__all__ = ["documents_of"]

_ALWAYS = (".ipynb", ".zpln")
_HEAD = 20_000
_AHEAD, _AHEAD_BYTES = 16, 32_000_000
_MOST_MODULE = 2_000_000
_TOO_LARGE = f"is larger than {MAX_NOTEBOOK_BYTES // 1_000_000} MB; clear its outputs or exclude it"


Found = RawNotebook | Unread


def documents_of(references: Sequence[Reference]) -> Iterator[Found]:
    """The notebooks of some references, in order; what is no notebook is left out.

    Raises:
        StorageFailed: a storage does not answer.
    """
    remote: list[Reference] = []
    for reference in references:
        is_remote = reference.kind == "file" and bool(reference.root)
        if remote and (not is_remote or _is_much([*remote, reference])):
            yield from _remote_files(remote)
            remote = []
        if is_remote:
            remote.append(reference)
        elif reference.kind == "file":
            yield _local_file(reference)
        elif reference.kind == "rows":
            from nbprod.survey.parquet_source import documents_of_rows

            yield from documents_of_rows(reference)
        else:
            yield from _members(reference)
    yield from _remote_files(remote)


def _is_much(references: Sequence[Reference]) -> bool:
    size = sum(reference.size for reference in references)
    roots = {reference.root for reference in references}
    return len(references) > _AHEAD or size > _AHEAD_BYTES or len(roots) > 1


def _document(reference: Reference, data: bytes) -> RawNotebook:
    return RawNotebook(
        reference.shown, data, reference.repository, reference.owner, reference.month
    )  # fmt: skip


def _local_file(reference: Reference) -> Found:
    empty = _document(reference, b"")
    try:
        problem = problem_at(reference.address)
        if problem is not None:
            raise problem
        data = read_notebook_bytes(reference.address)
    except ReadError as error:
        return Unread(empty, error)
    return empty._replace(data=data, read_file=read_around(reference.address))


def _remote_files(references: Sequence[Reference]) -> Iterator[Found]:
    """Files of one storage, which are asked for together."""
    if not references:
        return
    system = file_system(references[0].root)
    small = [one for one in references if one.size <= MAX_NOTEBOOK_BYTES]
    paths = [reference.address for reference in small]

    def fetch() -> dict[str, Any]:
        found = system.cat(paths, on_error="return") if paths else {}
        found = found if isinstance(found, dict) else {paths[0]: found}
        failed = [x for x in found.values() if isinstance(x, Exception) and not is_of_the_file(x)]
        if failed:
            raise failed[0]
        return found

    found = patiently(fetch, references[0].shown)
    # Some file systems answer with a slash before the path, others without.
    answers = {path.strip("/"): data for path, data in found.items()}
    for reference in references:
        empty = _document(reference, b"")
        data = answers.get(reference.address.strip("/"))
        if reference not in small or isinstance(data, bytes) and len(data) > MAX_NOTEBOOK_BYTES:
            yield Unread(empty, ReadError("file-too-large", _TOO_LARGE))
        elif not isinstance(data, bytes):
            reason = "may not be read" if isinstance(data, PermissionError) else "does not exist"
            yield Unread(empty, ReadError("unreadable-file", reason))
        elif _is_notebook(reference.shown, data):
            read_file = partial(_remote_beside, system, reference)
            yield empty._replace(data=data, read_file=read_file)


def _is_notebook(name: str, data: bytes) -> bool:
    if name.lower().endswith(_ALWAYS):
        return True
    return sniff(data[:_HEAD].decode("utf-8", "ignore"), name) is not None


def _remote_beside(system: Any, reference: Reference, relative: str) -> str | None:
    """A module beside a notebook of a storage, where the listing has its name."""
    path = posixpath.normpath(relative.replace("\\", "/"))
    top, slash, _ = path.partition("/")
    if (top + slash) not in reference.beside or not path.endswith(".py"):
        return None
    address = posixpath.join(posixpath.dirname(reference.address), path)
    try:
        data = patiently(lambda: system.cat_file(address, end=_MOST_MODULE), reference.shown)
        return bytes(data).decode("utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        return None


def _members(reference: Reference) -> Iterator[Found]:
    """The notebooks of an archive."""
    empty = _document(reference, b"")
    opened = _opened(reference)
    if isinstance(opened, ReadError):
        yield Unread(empty, opened)
        return
    with opened as stream:
        is_zip = reference.address.lower().endswith((".zip", ".dbc"))
        read = zip_members if is_zip else tar_members
        try:
            for member in read(stream, is_wanted_member, MAX_NOTEBOOK_BYTES):
                found = member_of(reference, member)
                if found is not None:
                    yield found
        except DamagedArchive as error:
            yield Unread(empty, ReadError(NOT_A_FILE, f"archive {error}"))


def _opened(reference: Reference) -> IO[bytes] | ReadError:
    try:
        if not reference.root:
            return open_stream(reference.address)
        system = file_system(reference.root)
        stream: IO[bytes] = patiently(
            lambda: system.open(reference.address, "rb", block_size=1 << 20), reference.shown
        )
        return stream
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return ReadError(NOT_A_FILE, f"archive cannot be read: {reason.lower()}")


def member_of(reference: Reference, member: ArchiveMember) -> Found | None:
    """A member of an archive as a notebook; None where it is none."""
    name = member.name.removeprefix("./")
    shown = f"{reference.shown}!/{name}"
    document = RawNotebook(
        shown, b"", reference.repository, reference.owner, member.month or reference.month
    )  # fmt: skip
    if member.data is None:
        return Unread(document, ReadError("file-too-large", _TOO_LARGE))
    if reference.address.lower().endswith(".dbc"):
        converted = notebook_of_export(member.data)
        if converted is None:
            return None
        stem = posixpath.splitext(shown)[0]
        return document._replace(path=f"{stem}.ipynb", data=converted)
    if not _is_notebook(name, member.data):
        return None
    return document._replace(data=member.data)
