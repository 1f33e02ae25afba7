"""State that cells share without a name: options, styles, random numbers, the current figure.

A moved cell may see every variable as before and still draw or print something else. Per kind of
state: which cells set it, and which depend on it. A move keeps it where each cell that depends on
it still comes after the same setter.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern

__all__ = ["UnseenState"]


class _Kind(NamedTuple):
    """One kind of state. ``only_with``: nothing depends on it in a notebook without this."""

    sets: re.Pattern[str]
    depends: re.Pattern[str]
    only_with: re.Pattern[str] | None = None
    in_tables: bool = False


_DRAWS = r"\bplt\.|\bpylab\b|\bsns\.|\.(?:plot|hist|boxplot|scatter|bar)\b"
_RANDOM = (
    r"\brandom\b|\brandn?\b|\brng\b|\.(?:sample|shuffle|permutation|choice)\("
    r"|\b(?:manual_seed|set_seed|seed)\("
)
_KINDS = (
    # The style of figures.
    _Kind(
        lazy_pattern(
            r"\bstyle\.use\(|\brcParams\b|\bplt\.rc\(|\brcdefaults\(|\bsns\.set|\bset_(?:theme|palette)\("
            r"|^\s*%(?:matplotlib|config)\b",
            re.MULTILINE,
        ),
        lazy_pattern(_DRAWS),
    ),
    # Each draw of a global generator is another number; which one matters where it is seeded.
    _Kind(lazy_pattern(_RANDOM), lazy_pattern(_RANDOM), lazy_pattern(r"seed\(")),
    # The current figure outlives its cell unless it is drawn inline.
    _Kind(
        lazy_pattern(r"\bplt\.\w+\("),
        lazy_pattern(r"\bplt\.(?!figure|subplots|show)\w+\("),
        lazy_pattern(r"^\s*%(?:matplotlib|pylab) +(?!inline)\w|\bplt\.ion\(", re.MULTILINE),
    ),
    # How tables and arrays are printed.
    _Kind(
        lazy_pattern(
            r"\bset_option\(|\bpd\.options\.|\bset_printoptions\(|\breset_option\(|^\s*%precision\b",
            re.MULTILINE,
        ),
        lazy_pattern(r"(?!)"),
        in_tables=True,
    ),
    # Where relative paths lead.
    _Kind(
        lazy_pattern(r"\bchdir\(|^\s*%?cd\b", re.MULTILINE),
        lazy_pattern(r"\bread_\w+\(|\bopen\(|\bload\w*\(|\bto_\w+\(|\bglob\b|\blistdir\(|^\s*!"),
    ),
)


class UnseenState:
    """What the cells of a notebook share without a name."""

    def __init__(self, facts: Facts) -> None:
        cells = [parsed.cell for parsed in facts.parsed if parsed is not None]
        self._kinds = [
            (
                {cell.index for cell in cells if kind.sets.search(cell.source)},
                {cell.index for cell in cells if _depends(kind, cell)},
            )
            for kind in _KINDS
            if kind.only_with is None or any(kind.only_with.search(cell.source) for cell in cells)
        ]
        self._start = tuple(facts.flow.order)

    def is_kept(self, order: Sequence[int], broken: Container[int] = ()) -> bool:
        """Whether each cell comes after the same setters; ``broken`` cells showed nothing yet."""
        for setters, dependants in self._kinds:
            before = dict(_last_setters(self._start, setters, dependants))
            for cell, setter in _last_setters(order, setters, dependants):
                if cell not in broken and before.get(cell) != setter:
                    return False
        return True

    def is_set_for(self, reader: int, setter: int) -> bool:
        """Whether a cell sets what another one depends on: a seed, a style, an option."""
        return any(
            setter in setters and reader in dependants for setters, dependants in self._kinds
        )


def _depends(kind: _Kind, cell: Cell) -> bool:
    if kind.in_tables:
        return any("text/html" in _data(output) for output in cell.outputs)
    return kind.depends.search(cell.source) is not None


def _data(output: object) -> Container[object]:
    data = output.get("data") if isinstance(output, dict) else None
    return data if isinstance(data, dict) else ()


def _last_setters(
    order: Sequence[int], setters: Container[int], dependants: Container[int]
) -> Iterator[tuple[int, int | None]]:
    """The cells that depend on a state, with the last cell above that set it."""
    last: int | None = None
    for cell in order:
        if cell in dependants:
            yield cell, last
        if cell in setters:
            last = cell
