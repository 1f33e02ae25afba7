"""One finding has all places of a fault: what is left of it at some of them. Pure."""

from __future__ import annotations

from collections.abc import Callable

from nbprod.model import Finding, Place

__all__ = ["at_places"]


def at_places(finding: Finding, is_wanted: Callable[[Place, str | None], bool]) -> Finding | None:
    """A finding at those of its places that are wanted; None where it is at none of them.

    Each place has the name that the fault is about there; the first wanted place is where the
    finding is reported then, with the message that the fault has by itself.
    """
    same = [related for related in finding.related if related.symbol is not None]
    wanted = [related for related in same if is_wanted(related.place, related.symbol)]
    rest = tuple(one for one in finding.related if one.symbol is None or one in wanted)
    if is_wanted(finding.place, finding.symbol):
        return finding._replace(related=rest)
    if not wanted:
        return None
    first = wanted[0]
    # "also here" says nothing by itself.
    told = first.message if "`" in first.message else finding.message
    return finding._replace(
        place=first.place,
        message=first.alone or told,
        symbol=first.symbol,
        related=tuple(one for one in rest if one is not first),
    )
