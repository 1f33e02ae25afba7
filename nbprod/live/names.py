"""The name at a place: where it is defined, where it is read, what changes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.flow.types import Definition, Use
from nbprod.model import Span
from nbprod.patterns import lazy_pattern

__all__ = ["NameInfo", "name_at"]

_WORD = lazy_pattern(r"[^\W\d]\w*")


class NameInfo(NamedTuple):
    """A global of the notebook at a place.

    ``reaching`` are the definitions that a read there finds, or the definition that is there;
    ``definitions`` all of them, ``reads`` all reads, ``mutations`` where its object is changed in
    place. Each list is in order of place.
    """

    name: str
    span: Span
    reaching: tuple[Span, ...]
    definitions: tuple[Span, ...]
    reads: tuple[Span, ...]
    mutations: tuple[Span, ...]


def name_at(facts: Facts, cell: int, offset: int) -> NameInfo | None:
    """The global at an offset of a cell's source; None where there is none."""
    source = facts.cell(cell).source
    word = next((found for found in _WORD.finditer(source) if found.end() >= offset), None)
    if word is None or word.start() > offset:
        return None
    name = word[0]
    here = Span(cell, word.start(), word.end())
    flow = facts.flow
    made = flow.definitions.get(name, ())
    uses = [use for use in flow.uses_of({name}) if facts.text(use.span) == name]
    reads = {use.span for use in uses}
    for function in flow.functions:
        reads.update(function.reads.get(name, ()))
    # A read that meets no value is no use of one.
    failures = (*flow.failures, *flow.possible)
    reads.update(failure.read for failure in failures if failure.name == name)
    reaching = [*_reaching(uses, here), *(place for place in _places(made) if _covers(place, here))]
    if not reaching and here not in reads:
        return None
    mutations = (change.span for change in flow.mutations if change.name == name)
    return NameInfo(
        name,
        here,
        _in_order(reaching),
        _in_order(_places(made)),
        _in_order(reads),
        _in_order(mutations),
    )


def _reaching(uses: Iterable[Use], here: Span) -> Iterator[Span]:
    for use in uses:
        if use.span == here:
            yield from _places(use.definitions)


def _places(definitions: Iterable[Definition]) -> Iterator[Span]:
    for definition in definitions:
        if not definition.is_unbound and definition.binding.span.cell >= 0:
            yield definition.binding.span


def _covers(span: Span, here: Span) -> bool:
    return span.cell == here.cell and span.start <= here.start and here.end <= span.end


def _in_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(sorted(set(spans)))
