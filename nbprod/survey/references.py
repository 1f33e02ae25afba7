"""What there is to read, before it is read: plain values that go to other machines. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from nbprod.config.settings import DEFAULT_EXCLUDES
from nbprod.disk.archives import ARCHIVES

__all__ = [
    "Chunk",
    "Layout",
    "Reference",
    "chunks_of",
    "is_archive",
    "is_wanted_member",
    "without_secrets",
]

_NOTEBOOKS = (".ipynb", ".zpln")
_CANDIDATES = (".py", ".md", ".rmd", ".qmd", ".sql", ".scala", ".r", "note.json")
_DATABRICKS = (".python", ".sql", ".scala", ".r")
# A chunk ends where an address says so: what is added later changes one chunk, not all after it.
_EVERY = 32
_FEWEST, _MOST = 12, 256
_MOST_BYTES = 64_000_000


class Reference(NamedTuple):
    """A notebook, an archive of some, or a part of a table: where it is and when it changed.

    ``kind``: `file`, `archive` or `rows`. ``root`` is the source in its given form, empty
    for a path of this machine; ``address`` opens it there; ``shown`` is its name in tables, without
    secrets of an address. ``stamp`` changes when the content does. ``beside`` are modules and
    directories in the same directory. ``first`` and ``names`` are of tables: the row group, and the
    columns for content, path, repository, owner and month.
    """

    kind: str
    root: str
    address: str
    shown: str
    size: int = 0
    stamp: str = ""
    repository: str | None = None
    owner: str | None = None
    month: str | None = None
    beside: tuple[str, ...] = ()
    first: int = 0
    names: tuple[str | None, ...] = ()

    def plain(self) -> tuple[Any, ...]:
        """The same as a value that `marshal` takes."""
        return tuple(self)


class Chunk(NamedTuple):
    """References that are done together, by one worker.

    ``name`` follows from the references and the check. ``former`` are the names of chunks of
    former runs that have some of its notebooks.
    """

    name: str
    references: tuple[Reference, ...]
    former: tuple[str, ...] = ()

    @property
    def numbers(self) -> list[int]:
        """What its references are found by, where names would take too much room."""
        return [int(_digest(reference.shown)[:15], 16) for reference in self.references]


class Layout:
    """Which parts of a path name the owner and the repository: `owner/repository`, `*/repository`.

    A part that is not named is `*`.
    """

    def __init__(self, text: str = "repository") -> None:
        self._words = text.strip("/").split("/")

    @property
    def is_valid(self) -> bool:
        """Whether all parts are words that are known."""
        return all(word in ("owner", "repository", "*") for word in self._words)

    def place(self, relative: str) -> tuple[str | None, str | None]:
        """The repository, with its owner before it, and the owner, of a path below the source."""
        parts = relative.replace("\\", "/").strip("/").split("/")
        # The last part is the notebook itself, unless it is an archive.
        if not is_archive(parts[-1]):
            parts = parts[:-1]
        found: dict[str, str] = {}
        for word, part in zip(self._words, parts, strict=False):
            found.setdefault(word, _stem(part))
        repository, owner = found.get("repository"), found.get("owner")
        if repository is not None and owner is not None:
            repository = f"{owner}/{repository}"
        return repository, owner


def _stem(name: str) -> str:
    ending = next((text for text in ARCHIVES if name.lower().endswith(text)), "")
    return name[: len(name) - len(ending)]


def is_archive(name: str) -> bool:
    """Whether a file is an archive, by its name."""
    return name.lower().endswith(ARCHIVES)


def is_wanted_member(name: str) -> bool:
    """Whether a member of an archive, or an object of a store, may be a notebook."""
    lower = name.lower()
    if not lower.endswith((*_NOTEBOOKS, *_CANDIDATES, *_DATABRICKS)):
        return False
    return not set(name.split("/")) & set(DEFAULT_EXCLUDES)


def without_secrets(address: str) -> str:
    """An address without user, password and query: what is written down of it."""
    head, mark, rest = address.partition("://")
    if not mark:
        return address
    chained, link, after = rest.partition("::")
    chained = chained.partition("?")[0].partition("#")[0]
    host, slash, path = chained.partition("/")
    shown = f"{head}://{host.rpartition('@')[2]}{slash}{path}"
    return f"{shown}::{without_secrets(after)}" if link else shown


def chunks_of(references: Iterable[Reference], check: str) -> Iterator[Chunk]:
    """References in chunks; an archive or a part of a table is one of its own.

    Args:
        references: what there is, in an order that is the same each time.
        check: what stands for the version and the settings of the check.
    """
    waiting: list[Reference] = []
    size = 0
    for reference in references:
        alone = reference.kind != "file"
        is_border = int(_digest(reference.shown)[:8], 16) % _EVERY == 0
        is_full = len(waiting) >= _MOST or size > _MOST_BYTES
        if waiting and (alone or is_full or (is_border and len(waiting) >= _FEWEST)):
            yield _chunk(waiting, check)
            waiting, size = [], 0
        waiting.append(reference)
        size += reference.size
        if alone:
            yield _chunk(waiting, check)
            waiting, size = [], 0
    if waiting:
        yield _chunk(waiting, check)


def _chunk(references: Sequence[Reference], check: str) -> Chunk:
    digest = hashlib.sha256(f"{check}\0".encode())
    for reference in references:
        # The address may hold a password, from which nothing may follow; it is shown without.
        counted = reference._replace(root="", address="", beside=())
        digest.update(repr(tuple(counted)).encode("utf-8", "surrogatepass"))
    return Chunk(digest.hexdigest()[:24], tuple(references))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
