"""What is known to be repeated: a gate that only something new closes. Pure.

An entry is what a group's statements are hashed to, without names and literals, and how many places
it has: it outlives cells that are moved and code around it, and ends when the code itself changes.
Notebooks that are copies are known by their paths.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from nbprod.clones.find import Found
from nbprod.clones.types import CloneGroup
from nbprod.disk.documents import parse_json
from nbprod.errors import UsageError

__all__ = ["Known", "from_json", "known_of", "to_json", "without_known"]

_VERSION = 1


class Known(NamedTuple):
    """The number of places by the hash of a group, and the paths of copies."""

    groups: dict[str, int]
    copies: frozenset[str]


def known_of(found: Found, relative: Callable[[str], str]) -> Known:
    """All that is repeated, as known; ``relative`` makes paths of the file's folder."""
    groups: dict[str, int] = {}
    for group in found.groups:
        key = _key(group)
        groups[key] = max(groups.get(key, 0), len(group.fragments))
    return Known(groups, frozenset(relative(path) for copy in found.copies for path in copy.paths))


def without_known(found: Found, known: Known, relative: Callable[[str], str]) -> Found:
    """Leave out the groups that have no more places than are known, and the copies that are."""
    groups = (
        group for group in found.groups if len(group.fragments) > known.groups.get(_key(group), 0)
    )
    copies = (
        copy for copy in found.copies if not known.copies.issuperset(map(relative, copy.paths))
    )
    return Found(tuple(groups), tuple(copies))


def _key(group: CloneGroup) -> str:
    """What stands for a group wherever its code is: a hash of its first place's statements."""
    first = group.fragments[0]
    digests = (statement.digest for statement in first.source.statements[first.start : first.end])
    return sha256(b"".join(digest.to_bytes(8, "little") for digest in digests)).hexdigest()[:16]


def to_json(known: Known) -> str:
    """The file: sorted, an entry a line, so that merges are easy to read."""
    document = {
        "version": _VERSION,
        "groups": dict(sorted(known.groups.items())),
        "copies": sorted(known.copies),
    }
    return json.dumps(document, indent=2) + "\n"


def from_json(text: str, path: str) -> Known:
    """Read the file.

    Raises:
        UsageError: it is no such file.
    """
    try:
        document = parse_json(text)
        if document["version"] != _VERSION:
            raise ValueError("another version")
        groups = {str(key): int(count) for key, count in document["groups"].items()}
        return Known(groups, frozenset(map(str, document["copies"])))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UsageError(f"{path}: knows no groups; --write-baseline makes such a file") from None
