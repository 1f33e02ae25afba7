"""The abstract state of a run: what each name and each object holds, with an undo journal.

A branch is run on the one state and taken back; what it changed is kept as a delta. So joining
two branches costs what they changed, not what the notebook holds.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from nbprod.flow.abridge import MOST, abridge
from nbprod.flow.interpreter.values import ANY, Value, join_values, part_of
from nbprod.flow.types import Binding, Definition
from nbprod.model import Span

__all__ = ["UNBOUND", "Delta", "State", "StateEntry", "join_entries"]

UNBOUND = Definition(Binding("", Span(-1, 0, 0), "unbound"), -1)


class StateEntry(NamedTuple):
    """What a key holds: its reaching definitions (`UNBOUND` among them: perhaps none)."""

    definitions: frozenset[Definition]
    value: Value = ANY
    contents: tuple[Value, ...] | None = None
    """For an object of the heap: its elements in order, None when they are not known."""

    @property
    def is_absent(self) -> bool:
        """Whether it is there on no path."""
        # Not by `all`: this is asked for every name at every join.
        for definition in self.definitions:  # noqa: SIM110
            if not definition.is_unbound:
                return False
        return True

    @property
    def is_sure(self) -> bool:
        """Whether it is there on every path."""
        return UNBOUND not in self.definitions


ABSENT = StateEntry(frozenset((UNBOUND,)))
Delta = dict[Hashable, StateEntry]
_HEAP = ("object", "parts")


def join_entries(left: StateEntry, right: StateEntry) -> StateEntry:
    """The entry of a key that may hold either."""
    if left is right:
        return left
    definitions = left.definitions | right.definitions
    return StateEntry(
        abridge(definitions) if len(definitions) > MOST else definitions,
        _join_present(left, right),
        left.contents if left.contents == right.contents else None,
    )


def _join_present(left: StateEntry, right: StateEntry) -> Value:
    """Join the values, where an entry that is surely unbound has none to give."""
    if left.is_absent:
        return right.value
    if right.is_absent:
        return left.value
    return join_values(left.value, right.value)


class State:
    """Keys to entries. A key is a notebook name, a (frame, name) pair, or a heap key."""

    __slots__ = ("_journal", "entries")

    def __init__(self) -> None:
        self.entries: dict[Hashable, StateEntry] = {}
        self._journal: list[tuple[Hashable, StateEntry | None]] = []

    def get(self, key: Hashable) -> StateEntry | None:
        """The entry of a key, None when nothing was ever written."""
        return self.entries.get(key)

    def set(self, key: Hashable, entry: StateEntry) -> None:
        """Write an entry."""
        entries = self.entries
        self._journal.append((key, entries.get(key)))
        entries[key] = entry

    def forget(self) -> None:
        """Drop the journal: nothing before this point will be taken back."""
        self._journal.clear()

    def mark(self) -> int:
        """A point to come back to."""
        return len(self._journal)

    def delta(self, mark: int) -> Delta:
        """What has changed since a mark."""
        entries = self.entries
        return {key: entries[key] for key, _ in self._journal[mark:] if key in entries}

    def rollback(self, mark: int) -> None:
        """Undo everything since a mark."""
        journal, entries = self._journal, self.entries
        for key, old in reversed(journal[mark:]):
            if old is None:
                entries.pop(key, None)
            else:
                entries[key] = old
        del journal[mark:]

    def discard(self, mark: int, frame: int) -> None:
        """Drop the names of a frame that has ended and that nothing refers to any more."""
        entries = self.entries
        kept = []
        for change in self._journal[mark:]:
            key = change[0]
            if not isinstance(key, str) and key[0] == frame:  # type: ignore[index]
                entries.pop(key, None)
            else:
                kept.append(change)
        self._journal[mark:] = kept

    def seen_since(self, mark: int) -> Delta:
        """For each key written since a mark, the join of all that it held from there on."""
        seen: Delta = {}
        for key, old in self._journal[mark:]:
            held = old if old is not None else ABSENT
            seen[key] = join_entries(seen[key], held) if key in seen else held
        for key in seen:
            seen[key] = join_entries(seen[key], self.entries.get(key, ABSENT))
        return seen

    def before(self, mark: int) -> dict[Hashable, StateEntry | None]:
        """For each key written since a mark, what it held at the mark (None: nothing)."""
        held: dict[Hashable, StateEntry | None] = {}
        for key, old in self._journal[mark:]:
            held.setdefault(key, old)
        return held

    def changed_since(self, mark: int) -> Iterable[Hashable]:
        """The names written since a mark, and the objects that are older than it."""
        before = self.before(mark)
        return {key for key, old in before.items() if old is not None or isinstance(key, str)}

    def widen(self, mark: int) -> None:
        """Forget the values that have moved since a mark: they may move on as often again.

        What holds True, False or None is left, for there is nowhere to go on to.
        """
        for key, old in self.before(mark).items():
            entry = self.entries.get(key)
            if entry is None or old is None or entry is old:
                continue
            moves = entry.value != old.value and _may_move_on(entry.value)
            grows = entry.contents is not None and entry.contents != old.contents
            if moves or grows:
                value = part_of(entry.value) if moves else entry.value
                self.set(
                    key, StateEntry(entry.definitions, value, None if grows else entry.contents)
                )

    def apply(self, delta: Delta) -> None:
        """Write a delta on top of the present state."""
        for key, entry in delta.items():
            self.set(key, entry)

    def join(self, deltas: Sequence[Delta]) -> None:
        """Make the state that of any one of the paths; each delta is relative to the present."""
        if len(deltas) == 1:
            self.apply(deltas[0])
            return
        entries = self.entries
        for key in _keys(deltas):
            base = entries.get(key, ABSENT)
            if base is ABSENT and not isinstance(key, str) and key[0] in _HEAP:  # type: ignore[index]
                # An object made on one path: the others do not know it.
                made = [delta[key] for delta in deltas if key in delta]
                part = len(key) == 3 and len(made) < len(deltas)  # type: ignore[arg-type]
                self.set(key, join_entries(ABSENT, made[0]) if part else made[0])
                continue
            entry = deltas[0].get(key, base)
            for delta in deltas[1:]:
                entry = join_entries(entry, delta.get(key, base))
            if entry is not self.entries.get(key):
                self.set(key, entry)


def _may_move_on(value: Value) -> bool:
    """Whether a value is, or may be, one of a series: a number or a text, say."""
    if value.kind == "union":
        return any(_may_move_on(choice) for choice in value.data)
    return value.kind == "const" and value.data[0] not in (bool, type(None))


def _keys(deltas: Iterable[Delta]) -> list[Hashable]:
    """Every key of every delta, once, in order of first appearance."""
    keys: dict[Hashable, object] = {}
    for delta in deltas:
        keys.update(delta)
    return list(keys)
