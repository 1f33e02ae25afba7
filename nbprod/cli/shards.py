"""One part of a check, for machines that work side by side, and what `--shard` says."""

from __future__ import annotations

import os
from collections.abc import Sequence

from nbprod.errors import UsageError
from nbprod.project.discover import Discovered

__all__ = ["own_part", "shard_of"]

# What a notebook costs besides its length.
_LEAST = 20_000


def shard_of(text: str) -> tuple[int, int]:
    """``3/8`` as two numbers.

    Raises:
        UsageError: it is something else.
    """
    index, slash, count = text.partition("/")
    if slash and index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count):
        return int(index), int(count)
    raise UsageError(f"--shard {text!r}: write INDEX/COUNT, as in 3/8")


def own_part(found: Sequence[Discovered], shard: tuple[int, int]) -> list[Discovered]:
    """The files of one part: as many bytes as the others have, and the same each time.

    Parts follow each other in the order of the files.
    """
    index, count = shard
    weights = [_weight(file) for file in found]
    total = sum(weights)
    own, before = [], 0
    for file, weight in zip(found, weights, strict=True):
        # By its middle, so that every file is in one part.
        if (2 * before + weight) * count // (2 * total) == index - 1:
            own.append(file)
        before += weight
    return own


def _weight(file: Discovered) -> int:
    try:
        return os.stat(file.path).st_size + _LEAST
    except (OSError, ValueError):
        return _LEAST
