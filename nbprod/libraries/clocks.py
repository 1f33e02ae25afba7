"""Functions that tell the present date or time, by their dotted names."""

from __future__ import annotations

__all__ = ["CLOCKS"]

CLOCKS = frozenset(
    [
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "datetime.date.today",
        "pandas.Timestamp.now",
        "pandas.Timestamp.today",
        "pandas.Timestamp.utcnow",
    ]
)
