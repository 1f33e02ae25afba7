"""The default branch of a repository, read from its files: git is not asked."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from nbprod.disk.read import read_text
from nbprod.patterns import lazy_pattern

__all__ = ["default_branch"]

_MOST_BYTES = 5_000_000
_NAME = lazy_pattern(r"[\w][\w./+-]*\Z")
_USUAL = ("main", "master", "trunk", "develop")


def default_branch(root: str) -> str:
    """The branch that the remote has for its own, else the usual one that is there, else `main`."""
    folder = _git_folder(root)
    remote = _target(_text(os.path.join(folder, "refs", "remotes", "origin", "HEAD")))
    head = _target(_text(os.path.join(folder, "HEAD")))
    packed = _text(os.path.join(folder, "packed-refs"))
    there = [
        name
        for name in _USUAL
        if os.path.exists(os.path.join(folder, "refs", "heads", name))
        or re.search(rf"refs/(?:heads|remotes/origin)/{name}$", packed, re.MULTILINE)
    ]
    for name in (remote, *there, head):
        if _NAME.match(name) and ".." not in name:
            return name
    return "main"


def _git_folder(root: str) -> str:
    """The directory with the refs; a worktree's `.git` is a file that names another."""
    path = os.path.join(root, ".git")
    if os.path.isdir(path):
        return path
    named = re.match(r"gitdir: (.+)", _text(path))
    own = os.path.join(root, named[1].strip()) if named else path
    common = _text(os.path.join(own, "commondir")).strip()
    return os.path.join(own, common) if common else own


def _target(text: str) -> str:
    """The branch that a symbolic reference names."""
    match = re.match(r"ref: refs/(?:heads|remotes/origin)/(\S+)\s*\Z", text)
    return match[1] if match else ""


def _text(path: str) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return read_text(path, _MOST_BYTES)
    return ""
