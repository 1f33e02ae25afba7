"""Values that a name calls a credential, whether or not they look like one.

A rule reports what it can stand for: a value such as "changeme-1234" is a placeholder. What is
shown has no such choice, since nobody knows whether the placeholder has been put to use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nbprod.patterns import lazy_pattern
from nbprod.secrets.literals import GAP, NAMING, named_literals
from nbprod.secrets.names import kind_of_name
from nbprod.secrets.prefilter import is_promising
from nbprod.syntax.types import ParsedCell

__all__ = ["bound_values"]

_SHORTEST = 8
# Words alone are in every text, and say nothing.
_ONLY_WORDS = lazy_pattern(r"[^\W\d_]+(?:[\W_]+[^\W\d_]+)*[\W_]*\Z")
_PLACE = lazy_pattern(r"\w+://|\.{0,2}/|~/|[A-Za-z]:\\")


def bound_values(parsed: Sequence[ParsedCell | None]) -> Iterator[str]:
    """The literals of Python cells that are bound to a name of a credential."""
    for cell in parsed:
        if cell is None or not is_promising(cell.cell.source):
            continue
        for node in cell.nodes:
            for named in named_literals(node) if type(node) in NAMING else ():
                if named.name and _is_hidden(named.value) and kind_of_name(named.name) is not None:
                    yield named.value


def _is_hidden(value: str) -> bool:
    return (
        _SHORTEST <= len(value) <= 4000
        and GAP not in value
        and not _ONLY_WORDS.match(value)
        and not _PLACE.match(value)
    )
