# SPDX-License-Identifier: MIT-0
"""Storage of whole objects: a directory, or anything that fsspec has a URL for."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from .errors import ApplicationError

__all__ = ["Storage", "is_local", "local_path", "open_storage", "read_url", "write_url"]


class Storage(Protocol):
    """Objects by name. An object is there whole or not at all."""

    url: str
    is_shared: bool

    def read(self, name: str) -> bytes:
        """Return an object; raise `FileNotFoundError` where there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Put an object."""

    def names(self, folder: str) -> list[str]:
        """Return the last parts of the names directly below a folder, sorted."""


def is_local(url: str) -> bool:
    """Return whether a path or URL is in the local file system."""
    return "://" not in url or url.startswith("file://")


def local_path(url: str) -> Path:
    """Return the absolute path of a local path or `file://` URL."""
    return Path(url.removeprefix("file://")).expanduser().absolute()


def open_storage(url: str, options: Mapping[str, Any]) -> Storage:
    """Return the storage at a path or URL; `options` are those of its fsspec file system."""
    return _Directory(url) if is_local(url) else _Objects(url, options)


def read_url(url: str, options: Mapping[str, Any]) -> bytes:
    """Return the bytes at a path or URL."""
    folder, _, name = url.replace(os.sep, "/").rpartition("/")
    storage = open_storage(folder or ("/" if url.startswith("/") else "."), options)
    try:
        return storage.read(name)
    except FileNotFoundError:
        raise ApplicationError(f"cannot read {url}: no such file") from None


def write_url(url: str, data: bytes, options: Mapping[str, Any]) -> None:
    """Write the bytes at a path or URL, whole or not at all."""
    folder, _, name = url.replace(os.sep, "/").rpartition("/")
    open_storage(folder or ("/" if url.startswith("/") else "."), options).write(name, data)


class _Directory:
    """Storage in a local directory; needs no library."""

    is_shared = True

    def __init__(self, url: str) -> None:
        self._root = local_path(url)
        self.url = str(self._root)

    def read(self, name: str) -> bytes:
        with _errors_of("read", str(self._root / name)):
            try:
                return (self._root / name).read_bytes()
            except NotADirectoryError:
                raise FileNotFoundError(name) from None

    def write(self, name: str, data: bytes) -> None:
        target = self._root / name
        with _errors_of("write", str(target)):
            try:
                _write_whole(target, data)
            except FileNotFoundError as error:  # its directory cannot be made
                raise OSError(f"{error}") from error

    def names(self, folder: str) -> list[str]:
        with _errors_of("list", f"{self.url}/{folder}"):
            try:
                return sorted(
                    entry.name
                    for entry in (self._root / folder).iterdir()
                    if not entry.name.startswith(".")
                )
            except (FileNotFoundError, NotADirectoryError):
                return []


def _write_whole(target: Path, data: bytes) -> None:
    """Write a file beside its place first, so that nobody sees a part of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


class _Objects:
    """Storage in an object store; one request for each read and each write."""

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self.url = url.rstrip("/")
        self.is_shared = not url.startswith("memory://")
        with _errors_of("open", self.url):
            import fsspec

            usual: dict[str, Any] = {"use_listings_cache": False}
            if url.startswith("s3:"):  # else s3fs asks for the size before each read
                usual["max_concurrency"] = 1
            self._fs, self._root = fsspec.core.url_to_fs(self.url, **{**usual, **options})

    def read(self, name: str) -> bytes:
        with _errors_of("read", f"{self.url}/{name}"):
            data: bytes = self._fs.cat_file(f"{self._root}/{name}")
            return data

    def write(self, name: str, data: bytes) -> None:
        with _errors_of("write", f"{self.url}/{name}"):
            try:
                self._fs.pipe_file(f"{self._root}/{name}", data)
            except FileNotFoundError as error:
                raise OSError(f"{error}") from error

    def names(self, folder: str) -> list[str]:
        with _errors_of("list", f"{self.url}/{folder}"):
            try:
                found = self._fs.ls(f"{self._root}/{folder}", detail=False)
            except FileNotFoundError:
                return []
            return sorted(str(path).rstrip("/").rpartition("/")[2] for path in found)


@contextmanager
def _errors_of(verb: str, url: str) -> Iterator[None]:
    """Turn what a storage raises into one line; an object that is not there stays an exception."""
    try:
        yield
    except (FileNotFoundError, ApplicationError):
        raise
    except Exception as error:  # each file system of fsspec has exceptions of its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ApplicationError(f"cannot {verb} {url}: {reason}") from error
