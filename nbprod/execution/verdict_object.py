"""The verdict of a comparison as an object for programs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbprod.execution.compare import Verdict

__all__ = ["verdict_object"]


def verdict_object(verdict: Verdict, cells: Sequence[int]) -> dict[str, Any]:
    """A verdict; cells count from 1, null for the values at the end.

    Args:
        verdict: the outcome of a comparison.
        cells: the indices of the original's cells by their places.
    """

    def number(place: int | None) -> int | None:
        return cells[place] + 1 if place is not None else None

    return {
        "same": not verdict.differences,
        "variables": verdict.compared,
        "differences": [
            {
                "cell": number(difference.cell),
                "what": difference.what,
                "original": difference.old,
                "rewritten": difference.new,
            }
            for difference in verdict.differences
        ],
        "not_compared": [
            {"cell": number(left.cell), "what": left.what, "reason": left.reason}
            for left in verdict.uncompared
        ],
        "original_fails": verdict.original_fails,
    }
