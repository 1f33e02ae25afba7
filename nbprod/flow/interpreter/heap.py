"""Objects: what is known of their state and parts, mutations, outside resources."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Sequence
from typing import Any

from nbprod.flow.abridge import abridge
from nbprod.flow.interpreter.namespace import Namespace
from nbprod.flow.interpreter.state import ABSENT, StateEntry, join_entries
from nbprod.flow.interpreter.values import ANY, Value, constant, join_values, library, part_of
from nbprod.libraries.methods import STRONG_MUTATORS

__all__ = ["Heap"]

_MOST_PARTS = 64
_REST = "\N{HORIZONTAL ELLIPSIS}"
"""The part that stands for all those of an object that has more than `_MOST_PARTS`."""


class Heap(Namespace):
    """Makes objects, looks at them and changes them in place."""

    def allocate(
        self,
        kind: str,
        data: Any = None,
        contents: tuple[Value, ...] | None = None,
        element: Value = ANY,
    ) -> Value:
        """A new object, with its elements when they are known, or one that stands for each."""
        identity = self.fresh()
        self.born[identity] = self.cell
        if contents is not None or element != ANY:
            self.env.set(("object", identity), StateEntry(frozenset(), element, contents))
        return Value(kind, data, frozenset((identity,)))

    def allocate_dict(self, items: Sequence[tuple[Value, Value]], *, whole: bool = True) -> Value:
        """A new dict with these items, and with others too unless they are the ``whole`` of it."""
        result = self.allocate("dict", None, tuple(key for key, _ in items) if whole else None)
        (identity,) = result.objects
        for key, value in items:
            if key.kind == "const" and (value.kind != "any" or value.objects):
                part = repr(key.data[1])
                self.env.set(("object", identity, part), StateEntry(frozenset(), value))
                self.note_part(identity, part)
        return result

    def name_of_object(self, identity: int, depth: int = 3) -> str | None:
        """The notebook's name of an object, or of the part of another one that holds it."""
        owners = []
        for key, entry in self.env.entries.items():
            if identity not in entry.value.objects:
                continue
            if isinstance(key, str):
                return key
            if isinstance(key, tuple) and key[0] == "object" and len(key) == 3 and depth:
                owners.append((key[1], key[2]))
        for owner, part in owners:
            name = self.name_of_object(owner, depth - 1)
            if name is not None:
                return name + (part if part.startswith(".") else f"[{part}]")
        return None

    def contents(self, value: Value) -> tuple[Value, ...] | None:
        """The elements of a container in order, None when they are not known."""
        if value.kind == "const" and isinstance(value.data[1], (str, tuple, bytes)):
            return tuple(constant(item) for item in value.data[1][:64])
        if len(value.objects) != 1 or value.kind == "union":
            return None
        (identity,) = value.objects
        entry = self.env.entries.get(("object", identity))
        return entry.contents if entry else None

    def element(self, value: Value) -> Value:
        """What stands for any element of a container."""
        held = self.contents(value)
        if held:
            joined = held[0]
            for one in held[1:]:
                joined = join_values(joined, one)
            return joined
        if value.kind != "union" and len(value.objects) == 1:
            (identity,) = value.objects
            entry = self.env.entries.get(("object", identity))
            if entry is not None and entry.value != ANY:
                return entry.value
        return part_of(value)

    def observe(self, value: Value, name: str, node: ast.AST, part: str | None = None) -> None:
        """Record that ``node`` looks at the state of an object (or at one part of it)."""
        for identity in value.objects or value.parts:
            if (
                self.born.get(identity) == self.cell
                and ("object", identity) not in self.env.entries
            ):
                # Made by this cell and never changed: nothing can be seen of it yet.
                if ("parts", identity) not in self.env.entries:
                    continue
            for key in self.state_keys(identity, part):
                entry = self.env.entries.get(key)
                if entry is None:
                    if not _is_rest(key):
                        self.expose(key, name, node, ABSENT.definitions)
                    continue
                if entry.definitions:
                    read = self.reads[self.cell].get(id(node))
                    if read is None:
                        read = self.use(name, node, frozenset(), key)
                    read.mutations = abridge(read.mutations | entry.definitions)
                if not _is_rest(key):
                    self.expose(key, name, node, entry.definitions or ABSENT.definitions)

    def state_keys(self, identity: int, part: str | None) -> list[Hashable]:
        """The heap keys that hold the state of an object, or of one part and what covers it."""
        keys: list[Hashable] = [("object", identity)]
        if part is None:
            known = self.env.entries.get(("parts", identity))
            if known is not None and known.contents:
                keys.extend(("object", identity, value.data) for value in known.contents)
        else:
            keys.append(("object", identity, self._held_as(identity, part)))
        return keys

    def _held_as(self, identity: int, part: str) -> str:
        """The part under which the state of a part is held: its own, while there is room."""
        known = self.env.entries.get(("parts", identity))
        if known is None or not known.contents or len(known.contents) < _MOST_PARTS:
            return part
        return part if ("object", identity, part) in self.env.entries else _REST

    def mutate(
        self,
        value: Value,
        name: str,
        node: ast.AST,
        how: str,
        *,
        part: str | None = None,
        definite: bool = True,
        chained: bool = False,
        wipes: bool = False,
        stored: Value = ANY,
        contents: tuple[Value, ...] | None = None,
    ) -> None:
        """Change an object in place, or one part of it.

        ``chained``: the new state depends on the old one (`append`), so the change is also a read.
        ``wipes``: nothing of the old state is left (`clear`), as if the object were made now.
        """
        identities = value.objects if value.objects else value.parts
        if not identities:
            return
        # An element that surely changes is a change of what holds it.
        inside = not value.objects and len(value.parts) == 1 and how in STRONG_MUTATORS
        certain = definite and (bool(value.objects) or inside)
        self.record_mutation(name, node, how, certain)
        definition = self.definition(node, name, "mutation", how)
        strong_for_all = len(identities) == 1 and certain
        for identity in identities:
            if not certain:
                continue
            held_as = None if part is None else self._held_as(identity, part)
            key = ("object", identity) if held_as is None else ("object", identity, held_as)
            strong = strong_for_all and held_as != _REST
            old = self.env.entries.get(key)
            if chained:
                self._chain(key, old, name, node, how)
            definitions = frozenset((definition,))
            if old is not None and (not strong or self.failed is not None):
                definitions = abridge(definitions | old.definitions)
            if held_as is not None:
                self.note_part(identity, held_as)
            else:
                self._forget_parts(identity)
            held = ANY if held_as is None or held_as == _REST else stored
            entry = StateEntry(definitions, held, contents if strong else None)
            if len(identities) > 1 and part is not None:
                # It is one of several objects that this is done to.
                entry = join_entries(old or ABSENT, entry)
            self.env.set(key, entry)
            if wipes and strong and self.mandatory:
                self.born[identity] = self.cell
            root = ("object", identity)
            if (
                part is not None
                and (whole := self.env.entries.get(root))
                and whole.contents is not None
            ):
                self.env.set(root, StateEntry(whole.definitions, whole.value, contents))

    def _forget_parts(self, identity: int) -> None:
        """Any part of an object may have been changed: none of their values is known."""
        known = self.env.entries.get(("parts", identity))
        for part in known.contents if known and known.contents else ():
            key = ("object", identity, part.data)
            entry = self.env.entries.get(key)
            if entry is not None and entry.value != ANY:
                self.env.set(key, StateEntry(entry.definitions))

    def forget_effects(self, function: int) -> None:
        """Code that is not followed may have given another value to all that it ever changed."""
        for key in self.effects.get(function, ()):
            entry = self.env.entries.get(key)
            if entry is not None and (entry.value.kind == "const" or entry.contents is not None):
                value = ANY if entry.value.kind == "const" else entry.value
                self.env.set(key, StateEntry(entry.definitions, value))

    def _chain(
        self, key: Hashable, old: StateEntry | None, name: str, node: ast.AST, how: str
    ) -> None:
        seen = old.definitions if old and old.definitions else ABSENT.definitions
        if old is not None and old.definitions:
            read = self.reads[self.cell].get(id(node)) or self.use(name, node, frozenset(), key)
            read.mutations = abridge(read.mutations | old.definitions)
        if not _is_rest(key):
            self.expose(key, name, node, seen, how)

    def note_part(self, identity: int, part: str) -> None:
        """Remember that an object has a part whose state is held apart."""
        key = ("parts", identity)
        known = self.env.entries.get(key)
        parts = known.contents if known and known.contents else ()
        if all(value.data != part for value in parts):
            self.env.set(key, StateEntry(frozenset(), ANY, (*parts, library(part))))

    def forget_contents(self, value: Value) -> None:
        """Code that is not followed had the object: what is known of its insides is void."""
        for identity in value.objects:
            key = ("object", identity)
            entry = self.env.entries.get(key)
            if entry is not None and (entry.contents is not None or entry.value != ANY):
                self.env.set(key, StateEntry(entry.definitions))
            known = self.env.entries.get(("parts", identity))
            for part in known.contents if known and known.contents else ():
                inner = self.env.entries.get((*key, part.data))
                if inner is not None and inner.value.kind == "const":
                    self.env.set((*key, part.data), StateEntry(inner.definitions))

    def record_mutation(self, name: str, node: ast.AST, how: str, definite: bool) -> None:
        """Note that ``node`` changes the object that ``name`` holds."""
        scope = 0
        is_global = True
        if self.frame is not None:
            scope = self.frame.scope.identity
            is_global = bool(name) and isinstance(self.key_of(name), str)
        self.mutations.setdefault(self.cell, {})[id(node)] = (
            name,
            (self.source_cell, node),
            how,
            scope,
            definite,
            is_global,
        )

    def touch(self, resource: str, node: ast.AST, how: str, *, resets: bool = False) -> None:
        """Use something outside the notebook's names: a generator of random numbers, a file."""
        key = ("resource", resource)
        old = self.env.entries.get(key)
        if not resets:
            self._chain(key, old, resource, node, how)
        definition = self.definition(node, resource, "mutation", how)
        self.env.set(key, StateEntry(frozenset((definition,))))

    def look(self, resource: str, node: ast.AST) -> None:
        """Depend on something outside that other cells may have changed."""
        entry = self.env.entries.get(("resource", resource))
        if entry is not None:
            read = self.reads[self.cell].get(id(node)) or self.use(
                resource, node, frozenset(), ("resource", resource)
            )
            read.mutations = abridge(read.mutations | entry.definitions)


def _is_rest(key: Hashable) -> bool:
    """Whether a key stands for many parts: which of them is read or changed is not known."""
    return isinstance(key, tuple) and key[-1] == _REST
