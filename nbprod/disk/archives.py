"""The one reader of archives: members one after the other, none longer than a limit.

An archive may claim anything: sizes that are wrong, members without end, links out of it. Only
regular members are read, as far as the limit goes, and nothing is extracted.
"""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

__all__ = ["ARCHIVES", "ArchiveMember", "DamagedArchive", "tar_members", "zip_members"]

ARCHIVES = (".zip", ".dbc", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
"""How the names of archives end."""
_MOST_BYTES = 50_000_000_000
_DAMAGED = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, NotImplementedError,
    RuntimeError, ValueError, OverflowError,
)  # fmt: skip


class DamagedArchive(Exception):
    """An archive cannot be read to its end; the message says why."""


class ArchiveMember(NamedTuple):
    """A member: its name with slashes, its month as `2026-03`, and its bytes.

    ``data`` is None where the member is longer than the limit.
    """

    name: str
    month: str | None
    data: bytes | None


def zip_members(
    stream: IO[bytes], wanted: Callable[[str], bool], limit: int
) -> Iterator[ArchiveMember]:
    """The wanted members of a zip file.

    Raises:
        DamagedArchive: it is none, or a member cannot be read.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            for info in archive.infolist():
                if not info.is_dir() and wanted(info.filename):
                    with archive.open(info) as member:
                        data = member.read(limit + 1)
                    year, month = info.date_time[:2]
                    named = f"{year:04d}-{month:02d}" if year > 1980 else None
                    yield ArchiveMember(info.filename, named, data if len(data) <= limit else None)
    except _DAMAGED as error:
        raise DamagedArchive(_said(error)) from None


def tar_members(
    stream: IO[bytes], wanted: Callable[[str], bool], limit: int
) -> Iterator[ArchiveMember]:
    """The wanted members of a tar file, compressed or not, which is read once from its start.

    Raises:
        DamagedArchive: it is none, or it ends too early, or it grows beyond all use.
    """
    from datetime import datetime, timezone

    try:
        with tarfile.open(fileobj=stream, mode="r|*") as archive:
            for info in archive:
                if info.offset_data + info.size > _MOST_BYTES:
                    raise DamagedArchive(f"has more than {_MOST_BYTES // 1_000_000_000} GB")
                # What is kept of each member would grow with their number.
                archive.members = []  # type: ignore[attr-defined]
                if not info.isreg() or not wanted(info.name):
                    continue
                member = archive.extractfile(info)
                data = member.read(limit + 1) if member is not None else b""
                changed = datetime.fromtimestamp(max(0, int(info.mtime)), timezone.utc)
                named = f"{changed:%Y-%m}" if info.mtime > 0 else None
                yield ArchiveMember(info.name, named, data if len(data) <= limit else None)
    except DamagedArchive:
        raise
    except _DAMAGED as error:
        raise DamagedArchive(_said(error)) from None


def _said(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    if "encrypted" in text or "password" in text:
        return "is encrypted"
    return f"is damaged: {text.splitlines()[0]}"
