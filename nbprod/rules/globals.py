"""Which notebook variables are settled and which change: shared by the rules on leaking globals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.flow.types import Definition, FunctionFlow, Mutation
from nbprod.model import Span

__all__ = ["Leak", "iter_leaks", "is_settled"]

_SETTLED = ("import", "star-import", "function", "class", "type-alias", "magic", "dynamic")


class Leak(NamedTuple):
    """A function that reads a notebook variable. ``changes``: what alters it after the ``def``."""

    function: FunctionFlow
    name: str
    read: Span
    definitions: tuple[Definition, ...]
    changes: tuple[tuple[Span, str], ...]


def is_settled(name: str, definitions: tuple[Definition, ...]) -> bool:
    """Whether a name is constant-like: an import, a function, a class, or ALL_CAPS bound once."""
    if all(definition.binding.kind in _SETTLED for definition in definitions):
        return True
    places = {definition.binding.span for definition in definitions}
    return name.isupper() and len(places) == 1


def iter_leaks(facts: Facts) -> Iterator[Leak]:
    """Each read of an unsettled notebook variable inside a function, one for function and name."""
    mutations: dict[str, list[Mutation]] = {}
    for mutation in facts.flow.mutations:
        if mutation.definite and mutation.is_global:
            mutations.setdefault(mutation.name, []).append(mutation)
    for function in facts.flow.functions:
        for name, reads in function.reads.items():
            definitions = facts.flow.definitions.get(name)
            if not definitions or name in function.writes or is_settled(name, definitions):
                continue
            if any(facts.is_parameters(definition.cell) for definition in definitions):
                continue
            if definitions[0].binding.kind in _SETTLED:
                # A function or import that is wrapped later is still meant as one.
                continue
            until = _redefinition(function, facts)
            changes = tuple(
                (span, how)
                for span, how in _changes(function, definitions, mutations.get(name, []), facts)
                if until is None or span.cell < until
            )
            yield Leak(function, name, reads[0], definitions, changes)


def _redefinition(function: FunctionFlow, facts: Facts) -> int | None:
    """The cell that gives the function's name to another one, which sees what comes after."""
    later = [
        definition.binding.span.cell
        for definition in facts.flow.definitions.get(function.name, ())
        if definition.binding.kind == "function" and definition.binding.span > function.span
    ]
    return min((cell for cell in later if cell > function.cell), default=None)


def _changes(
    function: FunctionFlow,
    definitions: tuple[Definition, ...],
    mutations: list[Mutation],
    facts: Facts,
) -> Iterator[tuple[Span, str]]:
    """What alters a name after a function is defined, first binding left out."""
    places = sorted(
        {definition.binding.span for definition in definitions if not definition.is_unbound}
    )
    kinds = {definition.binding.span: definition.binding.kind for definition in definitions}
    for rank, span in enumerate(places):
        looped = kinds[span] == "loop"
        if span > function.span and (rank or looped):
            yield span, "rebound"
    for mutation in mutations:
        # A change in the cell that makes the object is how it gets its first value.
        if mutation.span > function.span and mutation.scope == 0:
            made = {definition.cell for definition in definitions}
            if mutation.cell not in made:
                yield mutation.span, f"changed in place ({mutation.how})"
