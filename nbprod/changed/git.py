"""What git knows of the past, as it was committed: no text conversion, no external diff."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.errors import UsageError

__all__ = ["Repository"]


class Repository(NamedTuple):
    """A repository and the commit to compare with."""

    root: str
    base: str

    @staticmethod
    def at(folder: str, ref: str) -> Repository:
        """The repository of a folder, and where its history parted from that of ``ref``.

        Raises:
            UsageError: git is missing, there is no repository, or no such commit here.
        """
        root = _git(folder, "rev-parse", "--show-toplevel")
        if root is None:
            raise UsageError(f"{folder}: is in no git repository, which --since needs")
        name = ref[:-3] if ref.endswith("...") else ref
        commit = _git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if commit is None:
            raise UsageError(f"git knows no commit {name!r} here{_hint(root)}")
        base = _git(root, "merge-base", commit, "HEAD")
        if base is None:
            if _git(root, "rev-parse", "--is-shallow-repository") == "true":
                raise UsageError(f"no common history with {name!r} here{_hint(root)}")
            base = commit
        return Repository(os.path.realpath(root), base)

    def changed(self) -> dict[str, str | None]:
        """Files that differ from the base, by absolute path, with the path that they had there.

        None for a file that is new, untracked ones included.
        """
        found: dict[str, str | None] = {}
        for status, old, new in self._differences():
            if status != "D":
                found[os.path.join(self.root, new)] = None if status == "A" else old
        untracked = _run(self.root, "ls-files", "--others", "-z")
        for path in untracked.split("\0"):
            if path:
                found.setdefault(os.path.join(self.root, path), None)
        return found

    def removed(self) -> list[str]:
        """The absolute paths of files of the base that are gone."""
        gone = (old for status, old, _ in self._differences() if status == "D")
        return [os.path.join(self.root, path) for path in gone]

    def _differences(self) -> Iterator[tuple[str, str, str]]:
        """What differs from the base: a letter for how, the path there and the path now."""
        listed = _run(self.root, "diff", "--name-status", "-z", "-M", "--no-ext-diff",
                      "--no-textconv", self.base, "--").split("\0")  # fmt: skip
        fields = iter(listed)
        for status in fields:
            if status:
                old = next(fields)
                yield status[0], old, next(fields) if status[0] in "RC" else old

    def content(self, path: str) -> bytes | None:
        """A file of the base as it was committed; None if it is not there."""
        done = subprocess.run(
            ["git", "cat-file", "blob", f"{self.base}:{path}"],
            cwd=self.root, capture_output=True, check=False,
        )  # fmt: skip
        return done.stdout if done.returncode == 0 else None


def _hint(root: str) -> str:
    if _git(root, "rev-parse", "--is-shallow-repository") == "true":
        return (
            "; this clone is shallow: run `git fetch --unshallow`, or check out with fetch-depth: 0"
        )
    return "; is it fetched?"


def _git(folder: str, *arguments: str) -> str | None:
    """The output of git without its last line break; None if it fails."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, check=False, text=True
        )
    except FileNotFoundError:
        raise UsageError("git is not installed, which --since needs") from None
    return done.stdout.rstrip("\n") if done.returncode == 0 else None


def _run(folder: str, *arguments: str) -> str:
    found = _git(folder, "-c", "core.quotepath=off", *arguments)
    if found is None:
        raise UsageError(f"git {arguments[0]} failed in {folder}")
    return found
