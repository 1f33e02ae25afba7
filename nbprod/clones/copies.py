"""Files that are copies of each other as a whole, or nearly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from nbprod.clones.types import Copy, Source

__all__ = ["whole_copies"]

_MOST_PAIRED = 40
_SMALLEST_COPY = 8
_ALIKE = 0.8


def whole_copies(sources: Sequence[Source]) -> Iterator[Copy]:
    """Files of which one has nearly all cells of the other."""
    texts: dict[str, Counter[tuple[int, ...]]] = {}
    for path, own in groupby(sources, key=lambda source: source.path):
        cells = [
            tuple(s.digest for s in source.statements) for source in own if source.cell is not None
        ]
        texts[path] = Counter(cell for cell in cells if cell)
    groups: dict[str, list[str]] = {}
    leaders: dict[str, str] = {}
    first: dict[frozenset[tuple[tuple[int, ...], int]], str] = {}
    for path, counter in texts.items():
        if sum(map(len, counter)) >= _SMALLEST_COPY:
            leader = first.setdefault(frozenset(counter.items()), path)
            if leader != path:
                leaders[path] = leader
                groups.setdefault(leader, [leader]).append(path)
    holders: dict[tuple[int, ...], list[str]] = {}
    for path, counter in texts.items():
        if path not in leaders and sum(map(len, counter)) >= _SMALLEST_COPY:
            for cell in counter:
                holders.setdefault(cell, []).append(path)
    shared: Counter[tuple[str, str]] = Counter()
    for paths in holders.values():
        # What is in very many files tells little of two of them.
        if 1 < len(paths) <= _MOST_PAIRED:
            for place, name in enumerate(paths):
                for other in paths[place + 1 :]:
                    shared[name, other] += 1
    for (name, other), count in shared.items():
        if count < _ALIKE * max(len(texts[name]), len(texts[other])):
            continue
        leader = leaders.get(name, name)
        if other not in leaders and leader != other:
            # Who follows the other one follows its leader now.
            followers = groups.pop(other, [other])
            leaders.update(dict.fromkeys(followers, leader))
            groups.setdefault(leader, [leader]).extend(followers)
    for members in groups.values():
        yield Copy(tuple(members))
