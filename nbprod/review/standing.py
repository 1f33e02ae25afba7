"""The state of each item of the readiness table, now and in the base. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nbprod.review.readiness import Judged
from nbprod.review.types import Standing

__all__ = ["STATES", "counted", "standings"]

STATES = {
    "failed": "failed",
    "passed": "passed",
    "nothing against it": "inconclusive",
    "not checkable": "manual check",
}
"""What people read for each state, in the order of a summary."""


def standings(now: Sequence[Judged], before: Sequence[Judged]) -> tuple[Standing, ...]:
    """A row for each item; ``before`` is empty where there is no base."""
    old = {judged.item.id: judged.state for judged in before}
    return tuple(
        Standing(
            id=judged.item.id,
            section=judged.item.section,
            title=judged.item.title,
            state=judged.state,
            was=old.get(judged.item.id, judged.state),
            said=_said(judged),
            cell=next((found.place.cell for found in judged.against if found.place.cell), None),
        )
        for judged in now
    )


def counted(rows: Sequence[Standing]) -> str:
    """How many items are in each state: no total, since none makes up for another."""
    counts = Counter(standing.state for standing in rows)
    return ", ".join(f"{counts[state]} {word}" for state, word in STATES.items() if counts[state])


def _said(one: Judged) -> str:
    """What was found, or why the item counts; rules and items only, no text of the notebook."""
    if one.against:
        names = Counter(found.name for found in one.against)
        return ", ".join(f"{count} `{name}`" for name, count in names.most_common())
    return "" if one.state == "passed" else one.item.why
