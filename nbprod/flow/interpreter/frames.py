"""What a run is inside of: namespaces, loops and ``try`` statements in progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbprod.flow.interpreter.state import Delta
from nbprod.flow.interpreter.values import Value
from nbprod.names.scopes import Scope

__all__ = ["Catch", "Dead", "Frame", "Loop"]


class Dead(Exception):
    """The path that was being followed ends here; its state is kept where it is wanted."""


class Frame:
    """A namespace in progress. ``kind``: ``function``, ``class`` or ``comprehension``.

    A generator's frame holds what it yields with the state at each ``yield``; ``is_partial``: its
    consumer may stop there, and ``relaxed`` is how much that has added to `Machine.maybe`.
    """

    __slots__ = (
        "closure",
        "function",
        "identity",
        "is_captured",
        "is_partial",
        "kind",
        "mark",
        "relaxed",
        "returns",
        "scope",
        "yields",
    )

    def __init__(self, identity: int, kind: str, scope: Scope, closure: Frame | None) -> None:
        self.identity = identity
        self.kind = kind
        self.scope = scope
        self.closure = closure
        self.function: Any = None
        self.is_captured = False
        self.mark = 0
        self.returns: list[tuple[Delta, Value]] = []
        self.yields: list[tuple[Delta, Value]] = []
        self.is_partial = False
        self.relaxed = 0


class Loop:
    """A loop in progress, with the states at its ``break`` and ``continue`` statements."""

    __slots__ = ("breaks", "continues", "mark")

    def __init__(self, mark: int) -> None:
        self.mark = mark
        self.breaks: list[Delta] = []
        self.continues: list[Delta] = []


class Catch:
    """A ``try`` in progress: which exceptions it catches, and the states that were thrown.

    ``sure`` is true when one of the throws happens on every path.
    """

    __slots__ = ("catches", "mark", "maybe", "sure", "throws")

    def __init__(self, mark: int, maybe: int, catches: Callable[[str | None], bool | None]) -> None:
        self.mark = mark
        self.maybe = maybe
        self.catches = catches
        self.throws: list[Delta] = []
        self.sure = False
