"""Which notebook variables are settled and which change: shared by the rules on leaking globals."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.flow.types import Definition, FunctionFlow, Mutation
from nbprod.model import Span

__all__ = ["Change", "Leak", "iter_leaks", "is_settled"]

_SETTLED = ("import", "star-import", "function", "class", "type-alias", "magic", "dynamic")


class Change(NamedTuple):
    """Where and how a variable is altered."""

    span: Span
    how: str


class Leak(NamedTuple):
    """A function that reads a notebook variable. ``change``: what alters it after the ``def``."""

    function: FunctionFlow
    name: str
    read: Span
    change: Change | None


def is_settled(name: str, definitions: tuple[Definition, ...]) -> bool:
    """Whether a name is constant-like: an import, a function, a class, or ALL_CAPS bound once."""
    if all(definition.binding.kind in _SETTLED for definition in definitions):
        return True
    places = {definition.binding.span for definition in definitions}
    return name.isupper() and len(places) == 1


def iter_leaks(facts: Facts) -> Iterator[Leak]:
    """Each read of an unsettled notebook variable inside a function, one for function and name."""
    variables = facts.shared(_Variables)
    for function in facts.flow.functions:
        for name, reads in function.reads.items():
            if name not in function.writes and variables.is_unsettled(name):
                change = variables.first_change(name, function)
                yield Leak(function, name, reads[0], change)


class _Variables:
    """What alters each notebook variable, looked up once for all functions that read it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._unsettled: dict[str, bool] = {}
        self._rebindings: dict[str, list[Span]] = {}
        self._redefined: dict[str, list[int]] = {}
        self._mutations: dict[str, list[Mutation]] = {}
        for mutation in facts.flow.mutations:
            if mutation.definite and mutation.is_global and mutation.scope == 0:
                self._mutations.setdefault(mutation.name, []).append(mutation)

    def is_unsettled(self, name: str) -> bool:
        """Whether a name is a variable of the notebook that is no constant and no parameter."""
        known = self._unsettled.get(name)
        if known is None:
            known = self._unsettled[name] = self._is_unsettled(name)
            if known:
                self._note_changes(name)
        return known

    def _is_unsettled(self, name: str) -> bool:
        definitions = self.facts.flow.definitions.get(name)
        if not definitions or is_settled(name, definitions):
            return False
        if any(self.facts.is_parameters(definition.cell) for definition in definitions):
            return False
        # A function or import that is wrapped later is still meant as one.
        return definitions[0].binding.kind not in _SETTLED

    def _note_changes(self, name: str) -> None:
        definitions = self.facts.flow.definitions[name]
        places = sorted(
            {definition.binding.span for definition in definitions if not definition.is_unbound}
        )
        kinds = {definition.binding.span: definition.binding.kind for definition in definitions}
        self._rebindings[name] = [
            span for rank, span in enumerate(places) if rank or kinds[span] == "loop"
        ]
        # A change in the cell that makes the object is how it gets its first value.
        made = {definition.cell for definition in definitions}
        changes = self._mutations.get(name, ())
        self._mutations[name] = [mutation for mutation in changes if mutation.cell not in made]

    def first_change(self, name: str, function: FunctionFlow) -> Change | None:
        """What first alters a name after a function is defined, and before it is replaced."""
        until = self._redefinition(function)
        spans = self._rebindings[name]
        at = bisect_right(spans, function.span)
        if at < len(spans) and (until is None or spans[at].cell < until):
            return Change(spans[at], "rebound")
        mutations = self._mutations[name]
        at = bisect_left(mutations, function.span.cell, key=_cell_of)
        for mutation in islice(mutations, at, None):
            if until is not None and mutation.cell >= until:
                break
            if mutation.span > function.span:
                return Change(mutation.span, f"changed in place ({mutation.how})")
        return None

    def _redefinition(self, function: FunctionFlow) -> int | None:
        """The cell that gives the function's name to another one, which sees what comes after."""
        cells = self._redefined.get(function.name)
        if cells is None:
            cells = self._redefined[function.name] = sorted(
                {
                    definition.binding.span.cell
                    for definition in self.facts.flow.definitions.get(function.name, ())
                    if definition.binding.kind == "function"
                }
            )
        at = bisect_right(cells, function.cell)
        return cells[at] if at < len(cells) else None


def _cell_of(mutation: Mutation) -> int:
    return mutation.cell
