"""Which cell of a notebook was which of its earlier version, and what of it is new. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern

__all__ = ["changed_lines", "matched_cells", "paired_cells"]

_BREAK = lazy_pattern(r"\r\n|\r|\n")
_WORD = lazy_pattern(r"\w+|\W")
_ALIKE = 0.5
# Of words compared with words in two cells.
_MOST_WORDS = 250_000
# Comparing each cell that is left with each other one is only done for so many pairs.
_MOST_PAIRS = 40_000


def matched_cells(old: Sequence[Cell], new: Sequence[Cell]) -> dict[int, int]:
    """For each new cell that was there before the index of the old one.

    By id, then by equal text, then by likeness of the text, best first; each cell once.
    """
    found: dict[int, int] = {}
    taken: set[int] = set()

    def match(index: int, other: int) -> None:
        if index not in found and other not in taken:
            found[index] = other
            taken.add(other)

    by_id = {cell.id: cell.index for cell in old if cell.id is not None}
    for cell in new:
        if cell.id is not None and cell.id in by_id:
            match(cell.index, by_id[cell.id])
    by_text: dict[tuple[str, str], list[int]] = {}
    for cell in reversed(old):
        by_text.setdefault((cell.kind, cell.source), []).append(cell.index)
    for cell in new:
        same = by_text.get((cell.kind, cell.source), [])
        while same and same[-1] in taken:
            same.pop()
        if same:
            match(cell.index, same[-1])
    for _, index, other in _alike(old, new, found, taken):
        match(index, other)
    return found


def paired_cells(
    old: Sequence[Cell], new: Sequence[Cell], matched: Mapping[int, int]
) -> Iterator[tuple[Cell | None, Cell | None]]:
    """Each cell with what it was, in the order of now; those that are gone in their places.

    Args:
        old: the cells of the earlier version.
        new: those of now.
        matched: what `matched_cells` gives for them.
    """
    kept = set(matched.values())
    gone = [cell for cell in old if cell.index not in kept]
    for cell in new:
        before = old[matched[cell.index]] if cell.index in matched else None
        while before is not None and gone and gone[0].index < before.index:
            yield gone.pop(0), None
        yield before, cell
    yield from ((cell, None) for cell in gone)


def _alike(
    old: Sequence[Cell], new: Sequence[Cell], found: dict[int, int], taken: set[int]
) -> list[tuple[float, int, int]]:
    """Pairs of cells that are left and alike, the most alike first."""
    left = [cell for cell in new if cell.index not in found and cell.source.strip()]
    others = [cell for cell in old if cell.index not in taken and cell.source.strip()]
    if len(left) * len(others) > _MOST_PAIRS:
        return []
    words = {cell.index: _WORD.findall(cell.source) for cell in left}
    other_words = {cell.index: _WORD.findall(cell.source) for cell in others}
    pairs = []
    for cell in left:
        for other in others:
            if other.kind == cell.kind:
                ratio = _likeness(words[cell.index], other_words[other.index])
                if ratio > _ALIKE:
                    pairs.append((-ratio, cell.index, other.index))
    return sorted(pairs)


def _likeness(one: list[str], other: list[str]) -> float:
    """How much two texts have in common, from 0 to 1; 0 where it is not more than half.

    Words are compared, or whole lines where the words are many: the time grows with the square.
    """
    if len(one) * len(other) > _MOST_WORDS:
        one, other = _lines(one), _lines(other)
    matcher = difflib.SequenceMatcher(None, other, one, autojunk=False)
    if matcher.real_quick_ratio() > _ALIKE and matcher.quick_ratio() > _ALIKE:
        return matcher.ratio()
    return 0


def _lines(words: list[str]) -> list[str]:
    return "".join(words).splitlines(keepends=True)


def changed_lines(old: str, new: str) -> set[int]:
    """The lines of a text, from 1, that its earlier version does not have in their place."""
    before, after = _BREAK.split(old), _BREAK.split(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return {
        line + 1
        for tag, _, _, start, end in matcher.get_opcodes()
        if tag in ("replace", "insert")
        for line in range(start, end)
    }
