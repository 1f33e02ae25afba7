"""Functions that a notebook defines again just as they are: the first one is enough."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from nbprod.clones.types import CloneGroup
from nbprod.facts import Facts
from nbprod.merge.split import names_of
from nbprod.model import Edit, Span
from nbprod.names.table import BindingSite
from nbprod.refactor.purity import is_immutable
from nbprod.refactor.reindent import comments_above

__all__ = ["Repeated", "repeated_definitions"]


class Repeated:
    """The functions of a notebook that are defined several times, always the same."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.shared(names_of)

    def edits(self, group: CloneGroup) -> tuple[tuple[str, ...], tuple[Edit, ...]]:
        """The functions that a group defines again, and the edits that take them away but once."""
        defined = dict.fromkeys(
            node.name
            for fragment in group.fragments
            for node in fragment.nodes
            if isinstance(node, ast.FunctionDef)
        )
        again = tuple(name for name in defined if self._is_always_the_same(name))
        return again, tuple(edit for name in again for edit in self._removals(name))

    def _is_always_the_same(self, name: str) -> bool:
        bindings = self.names.bindings.get(name, [])
        changed = name in self.names.global_writers or name in self.names.attribute_stores
        return (
            len(bindings) > 1
            and not changed
            and all(self._is_plain(site) for site in bindings)
            and len({ast.dump(site.statement) for site in bindings}) == 1
        )

    def _is_plain(self, binding: BindingSite) -> bool:
        """Whether a binding is a function that is the same object of thought wherever it stands:
        nothing of it is worked out when it is defined."""
        node, unit = binding.statement, self.names.unit(binding)
        if not isinstance(node, ast.FunctionDef) or unit is None or unit.cuts or unit.margin:
            return False
        arguments = node.args
        defaults = (
            *arguments.defaults,
            *(expression for expression in arguments.kw_defaults if expression),
        )
        return not node.decorator_list and all(is_immutable(expression) for expression in defaults)

    def _removals(self, name: str) -> Iterator[Edit]:
        kept, *others = self.names.bindings[name]
        first = self.names.unit(kept)
        assert first is not None
        known = comments_above(self.facts.cell(first.cell).source, first)
        for site in others:
            unit = self.names.unit(site)
            assert unit is not None
            source = self.facts.cell(unit.cell).source
            above = comments_above(source, unit)
            text = "" if above == known or not above else f"{above}\n"
            is_last = unit.end >= len(source)
            start = len(source[: unit.start].rstrip("\r\n")) if is_last else unit.start
            end = unit.end
            while not source[:start].strip() and source[end : end + 1] in ("\r", "\n"):
                end += 1
            yield Edit(Span(unit.cell, start, end), text)


def repeated_definitions(
    groups: Sequence[CloneGroup], numbers: Iterable[int], facts: Facts
) -> dict[int, tuple[tuple[str, ...], tuple[Edit, ...]]]:
    """For some of the groups: the functions that can go, and the edits that take them away."""
    repeated: Repeated | None = None
    found = {}
    done: set[str] = set()
    for number in numbers:
        nodes = (node for fragment in groups[number].fragments for node in fragment.nodes)
        if not any(isinstance(node, ast.FunctionDef) for node in nodes):
            continue
        repeated = repeated or Repeated(facts)
        names, edits = repeated.edits(groups[number])
        if edits and not done.intersection(names):
            done |= set(names)
            found[number] = (names, edits)
    return found
