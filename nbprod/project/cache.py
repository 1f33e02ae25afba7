"""Findings of notebooks that have not changed, kept on disk; an edge, like `project`.

The key is the content, the path, the settings and the code of nbprod itself. What rests on other
files (`%run`, star imports of local modules) is good as long as they are what they were. A damaged
entry is as good as none. As findings are masked, no entry contains a secret.

A repository can also hold a cache, and would like its findings to be believed. So every entry is
signed with a secret that only the user's cache directory has; what it did not sign is not read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from nbprod.disk.places import is_within, project_root, user_folder
from nbprod.disk.read import read_bytes
from nbprod.disk.write import Before, ChangedMeanwhile, make_folders, write_file
from nbprod.model import (
    AnyEdit,
    Applicability,
    CellEdit,
    Certainty,
    Edit,
    FileResult,
    Finding,
    Fix,
    NewLine,
    PartEdit,
    Place,
    RawEdit,
    RelatedPlace,
    Severity,
    Span,
)

__all__ = ["DEFAULT_FOLDER", "Cache", "Reads", "user_secret"]

DEFAULT_FOLDER = ".nbprod_cache"
ReadFile = Callable[[str], str | None]
_MAX_ENTRY_BYTES = 100_000_000
_SECRET_BYTES = 32


class Reads:
    """Reads files beside a notebook, and remembers what was in them: None where there was none."""

    def __init__(self, read_file: ReadFile) -> None:
        self._read_file = read_file
        self.digests: dict[str, str | None] = {}

    def __call__(self, relative: str) -> str | None:
        """The text of a file."""
        text = self._read_file(relative)
        self.digests[relative] = _digest(text)
        return text


def _digest(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode("utf-8")).hexdigest()


class Cache:
    """Entries in a folder, one for each notebook and way to check it.

    A relative folder has to be in the project: there it may be a link that leads out. Without a
    secret to sign with nothing is kept.
    """

    def __init__(self, folder: str) -> None:
        self._folder = os.path.realpath(folder)
        is_allowed = os.path.isabs(folder) or is_within(folder, (project_root(os.curdir),))
        self._secret = user_secret() if is_allowed else None

    def key(self, data: bytes, path: str, settings: object) -> str:
        """The name of an entry."""
        digest = hashlib.sha256(data)
        digest.update(f"\0{path}\0{settings!r}\0{_own_code()}".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def load(self, key: str, path: str, read_file: ReadFile) -> FileResult | None:
        """The result of an entry; None if it is not there, damaged, or rests on other files."""
        if self._secret is None:
            return None
        try:
            entry = read_bytes(self._path(key), _MAX_ENTRY_BYTES)
            signature, _, content = entry.partition(b"\n")
            if not hmac.compare_digest(signature, self._signature(key, content)):
                return None
            reads, skipped, findings = json.loads(content)
            if any(_digest(read_file(name)) != digest for name, digest in reads.items()):
                return None
            result = FileResult.of(path, tuple(_decoded(finding) for finding in findings))
            return result if skipped is None else result._replace(skipped=skipped)
        except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
            return None

    def store(self, key: str, result: FileResult, reads: dict[str, str | None]) -> None:
        """Keep a result with what it rests on; where nothing can be written nothing is kept."""
        if self._secret is None:
            return
        path = self._path(key)
        findings = [_encoded(finding) for finding in result.findings]
        content = json.dumps([reads, result.skipped, findings]).encode("ascii")
        entry = self._signature(key, content) + b"\n" + content
        try:
            self._prepare(os.path.dirname(path))
            # An entry that the disk loses is one that was never kept.
            self._write(path, entry, Before.ANYTHING)
        except OSError:
            return

    def _signature(self, key: str, content: bytes) -> bytes:
        """What shows that an entry was kept here, and under this name."""
        assert self._secret is not None
        return hmac.new(self._secret, key.encode() + b"\n" + content, "sha256").hexdigest().encode()

    def _write(self, path: str, data: bytes, before: Before) -> None:
        write_file(path, data, within=(self._folder,), before=before, durable=False)

    def _path(self, key: str) -> str:
        return os.path.join(self._folder, key[:2], key[2:])

    def _prepare(self, folder: str) -> None:
        if os.path.isdir(folder):
            return
        make_folders(folder, within=(self._folder,))
        ignore = os.path.join(self._folder, ".gitignore")
        if not os.path.lexists(ignore):
            self._write(ignore, b"*\n", Before.ABSENT)


@cache
def user_secret() -> bytes | None:
    """The secret of this user, made when it is first needed; None where it cannot be kept."""
    folder = user_folder()
    if folder is None:
        return None
    path = os.path.join(folder, "cache.key")
    try:
        return _read_secret(path) or _make_secret(path, folder)
    except OSError:
        return None


def _read_secret(path: str) -> bytes | None:
    try:
        found = read_bytes(path, _SECRET_BYTES)
    except FileNotFoundError:
        return None
    return found if len(found) == _SECRET_BYTES else None


def _make_secret(path: str, folder: str) -> bytes | None:
    secret = os.urandom(_SECRET_BYTES)
    try:
        write_file(path, secret, within=(folder,), before=Before.ABSENT)
    except ChangedMeanwhile:
        # Another process was quicker, or the file is damaged.
        return _read_secret(path)
    return secret


@cache
def _own_code() -> str:
    """Changes whenever a file of nbprod does, for those who work on it."""
    package = os.path.dirname(os.path.dirname(__file__))
    found = sorted(_stamps(package))
    return hashlib.sha256(repr(found).encode()).hexdigest()


def _stamps(folder: str) -> Iterator[tuple[str, int, int]]:
    for entry in os.scandir(folder):
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _stamps(entry.path)
        elif entry.name.endswith((".py", ".json")):
            status = entry.stat()
            yield entry.path, status.st_mtime_ns, status.st_size


def _encoded(finding: Finding) -> list[Any]:
    fix = finding.fix
    return [
        finding.code, finding.name, finding.severity.value, finding.path, finding.place,
        finding.message, finding.certainty.value, finding.symbol, finding.predicted_exception,
        finding.related, finding.help,
        None if fix is None else [
            fix.title, [[type(edit).__name__, *edit] for edit in fix.edits],
            fix.applicability.value, fix.environment, fix.raw,
        ],
        finding.fingerprint, finding.snippet, finding.part, finding.provider,
        finding.predicts,
    ]  # fmt: skip


def _decoded(found: list[Any]) -> Finding:
    (code, name, severity, path, place, message, certainty, symbol, predicted, related, help_text,
     fix, fingerprint, snippet, part, provider, predicts) = found  # fmt: skip
    return Finding(
        code, name, Severity(severity), path, Place(*place), message, Certainty(certainty), symbol,
        predicted, tuple(RelatedPlace(Place(*place), *rest) for place, *rest in related), help_text,
        None if fix is None else _fix(fix), fingerprint, snippet, part, provider, predicts,
    )  # fmt: skip


def _fix(found: list[Any]) -> Fix:
    title, edits, applicability, environment, raw = found
    return Fix(
        title,
        tuple(_edit(*edit) for edit in edits),
        Applicability(applicability),
        tuple(environment),
        None if raw is None else tuple(RawEdit(*edit) for edit in raw),
    )


def _edit(kind: str, *fields: Any) -> AnyEdit:
    if kind == "Edit":
        return Edit(Span(*fields[0]), fields[1])
    if kind == "PartEdit":
        cell, path, *rest = fields
        return PartEdit(cell, tuple(path), *rest)
    if kind == "NewLine":
        cell, text, new, tags = fields
        return NewLine(cell, text, new, tuple(tags))
    return CellEdit(*fields)
