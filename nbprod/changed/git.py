"""The only module that asks git: for stored objects and the address of `origin`, which is text.

A repository's configuration can name programs that git runs: hooks, filters, monitors, text
conversion, credential helpers, transports. So git only lists and prints what is committed; the
files of the working tree are compared here. docs/explanation/security.md has the whole of it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from functools import cache, cached_property

from nbprod.disk.read import read_bytes
from nbprod.errors import UsageError
from nbprod.patterns import lazy_pattern
from nbprod.programs import clean_environment, find_program, run_program

__all__ = ["Repository"]

# Settings of the command line win over those of every file.
_SETTINGS = (
    # A bare repository among the committed files is none that anybody has made here.
    "safe.bareRepository=explicit",
    # Empty is "none" for all versions: before 2.36 "false" was the name of a program.
    "core.fsmonitor=",
    f"core.hooksPath={os.devnull}",
    "core.alternateRefsCommand=",
    "credential.helper=",
    "log.showSignature=false",
    "protocol.allow=never",
    "submodule.recurse=false",
)
_VARIABLES = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    # An object that a partial clone lacks is an error, not a reason to start a transport. Older
    # versions do not know the first; the second leaves them no protocol to fetch by.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}
_LINK = "120000"
_LFS_POINTER = lazy_pattern(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n"
)


class Repository:
    """A repository and the commit to compare with; what git answers is asked once.

    Args:
        start: the directory in which git is started.
        root: the top of the working tree.
        base: the name of the commit.
        algorithm: the hash function that names objects.
    """

    def __init__(self, start: str, root: str, base: str, algorithm: str) -> None:
        self._start = start
        self._root = os.path.realpath(root)
        self._base = base
        self._algorithm = algorithm

    @staticmethod
    def at(ref: str, option: str) -> Repository:
        """The repository of the current directory, and where its history parted from ``ref``.

        Raises:
            UsageError: git is missing, there is no repository, or no such commit here.
        """
        start = _start(option)
        asked = ("--show-toplevel", "--show-object-format", "--is-shallow-repository")
        root, algorithm, shallow, _ = _git(start, "rev-parse", *asked).rsplit(b"\n", 3)
        is_shallow = shallow == b"true"
        hint = _SHALLOW if is_shallow else "; run `git fetch`"
        name = ref[:-3] if ref.endswith("...") else ref
        commit = _commit(start, name)
        if commit is None:
            raise UsageError(f"unknown Git revision {name!r}{hint}")
        base = _ask(start, "merge-base", "--end-of-options", commit, "HEAD")
        if base is None and is_shallow:
            raise UsageError(f"no common history with {name!r}{hint}")
        parted = commit if base is None else base.decode().strip()
        return Repository(start, os.fsdecode(root), parted, algorithm.decode())

    @property
    def base(self) -> str:
        """The object name of the commit to compare with."""
        return self._base

    def remote(self) -> str | None:
        """The address of `origin` in the repository's own settings; None if it has none.

        It may hold a password; nothing is fetched from it.
        """
        key = "remote.origin.url"
        found = _ask(self._start, "config", "--local", "--no-includes", "--get", key)
        return None if found is None else found.decode("utf-8", "replace").strip() or None

    def changed(self, paths: Iterable[str]) -> dict[str, str | None]:
        """Of some files, those that differ from the base, each with the path that it had there.

        None for a file that is new: untracked, ignored, of a submodule or outside the repository.
        """
        found: dict[str, str | None] = {}
        for path in paths:
            name = self.name(path)
            if self._is_no_file_as_before(path):
                continue
            old = name if name in self._committed else self._renamed.get(name)
            if old != name or not self._is_same(path, self._committed[name]):
                found[path] = old
        return found

    def removed(self, suffixes: tuple[str, ...]) -> list[str]:
        """The absolute paths of files of the base that are gone, by the ends of their names."""
        moved = set(self._renamed.values())
        listed = _list(self._start, "ls-files", "-z", "-t", "--full-name", "--", ":/")
        # Files that a sparse checkout leaves out.
        skipped = {entry[2:] for entry in listed if entry.startswith("S ")}
        names = (name for name in self._committed if name.lower().endswith(suffixes))
        paths = (os.path.join(self._root, name) for name in names if name not in moved | skipped)
        return [path for path in paths if not os.path.lexists(path)]

    def content(self, path: str) -> bytes | None:
        """A file of the base with its committed content; None if it is not there.

        Raises:
            UsageError: it was not fetched.
        """
        name = self._committed.get(path)
        return None if name is None else self._object(name, path)

    def _object(self, name: str, path: str) -> bytes:
        data = _ask(self._start, "cat-file", "blob", name)
        if data is None:
            raise UsageError(
                f"{path} of commit {self._base[:12]} is not in this clone, and nbprod fetches"
                " nothing; clone without --filter"
            )
        return data

    def name(self, path: str) -> str:
        """The path of a file in its commit, links resolved."""
        real = os.path.realpath(path)
        try:
            return os.path.relpath(real, self._root).replace(os.sep, "/")
        except ValueError:  # another drive
            return real

    def _is_no_file_as_before(self, path: str) -> bool:
        """Whether a path is a link that leads nowhere, or a directory, and was so in the base."""
        folder, last = os.path.split(os.path.abspath(path))
        parent = self.name(folder)
        name = last if parent == "." else f"{parent}/{last}"
        if os.path.islink(path) and not os.path.exists(path):
            target = os.fsencode(os.readlink(path))
            return self._links.get(name) == _object_name(target, self._algorithm)
        if os.path.isdir(path) and os.access(path, os.R_OK | os.X_OK):
            return any(known.startswith(name + "/") for known in self._committed)
        return False

    @cached_property
    def _committed(self) -> Mapping[str, str]:
        """The files of the base by path, with the names of their objects; no links."""
        return {path: name for path, (mode, name) in self._entries.items() if mode != _LINK}

    @cached_property
    def _links(self) -> Mapping[str, str]:
        return {path: name for path, (mode, name) in self._entries.items() if mode == _LINK}

    @cached_property
    def _entries(self) -> Mapping[str, tuple[str, str]]:
        """What the base holds but submodules: mode and object by path."""
        found = {}
        for entry in _list(self._start, "ls-tree", "-r", "-z", "--full-tree", self._base):
            about, _, path = entry.partition("\t")
            mode, kind, name = about.split()
            if kind == "blob":
                found[path] = (mode, name)
        return found

    @cached_property
    def _renamed(self) -> Mapping[str, str]:
        """What the index has under another name than the base, by the new path."""
        listed = _list(
            self._start, "diff-index", "--cached", "-M", "--diff-filter=R", "--name-status", "-z",
            "--no-ext-diff", "--no-textconv", "--no-relative", "--ignore-submodules=all",
            self._base, "--",
        )  # fmt: skip
        fields = iter(listed)
        # Each is a letter with how alike they are, the old path and the new one.
        return {new: old for _, old, new in zip(fields, fields, fields, strict=True)}

    def _is_same(self, path: str, name: str) -> bool:
        """Whether a file is what an object holds, up to line endings and large file storage."""
        try:
            data = read_bytes(path)
        except OSError:
            return False
        texts = (data, data.replace(b"\r\n", b"\n"))
        if name in [_object_name(text, self._algorithm) for text in texts]:
            return True
        pointer = _LFS_POINTER.match(self._object(name, path))
        return pointer is not None and pointer[1].decode() == hashlib.sha256(data).hexdigest()


_SHALLOW = "; this clone is shallow: run `git fetch --unshallow`, or check out with fetch-depth: 0"


def _start(option: str) -> str:
    """Where git is started: beside the nearest `.git` above, since no commit can hold one.

    A hook, or whoever sets `GIT_DIR`, says which repository is meant.
    """
    here = os.getcwd()
    if os.environ.get("GIT_DIR"):
        return here
    folder = here
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            raise UsageError(f"{option} needs a Git repository; {here} is not in one")
        folder = parent
    return folder


def _commit(start: str, name: str) -> str | None:
    """The object name of a commit; None where git knows none."""
    if not name or name.startswith("-") or any(ord(character) < 32 for character in name):
        return None
    found = _ask(
        start, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
    )
    return None if found is None else found.decode().strip()


def _object_name(data: bytes, algorithm: str) -> str:
    """What git calls a file with this content."""
    digest = hashlib.new(algorithm, b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


def _list(start: str, *arguments: str) -> list[str]:
    """What git lists, each ended by a zero byte; paths are bytes, not text."""
    answer = _git(start, *arguments)
    return [os.fsdecode(entry) for entry in answer.split(b"\0") if entry]


def _ask(start: str, *arguments: str) -> bytes | None:
    """What git answers, None if it fails."""
    outcome = run_program(_command(start, arguments), environment=_environment())
    return None if outcome.code else outcome.output


def _git(start: str, *arguments: str) -> bytes:
    """What git answers.

    Raises:
        UsageError: it fails.
    """
    outcome = run_program(_command(start, arguments), environment=_environment())
    if outcome.code:
        reason = outcome.complaint or f"exit code {outcome.code}"
        raise UsageError(f"git {arguments[0]} failed in {start}: {reason}")
    return outcome.output


def _command(start: str, arguments: Iterable[str]) -> list[str]:
    git = _program()
    if git is None:
        raise UsageError("git is not installed, or not in an absolute directory of PATH")
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    return [git, "-C", start, "--no-pager", *settings, *arguments]


@cache
def _program() -> str | None:
    return find_program("git")


def _environment() -> dict[str, str]:
    return clean_environment(**_VARIABLES)
