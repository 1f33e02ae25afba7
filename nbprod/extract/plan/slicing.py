"""The cells that compute a name: the backward slice of its last value."""

from __future__ import annotations

from nbprod.errors import UsageError
from nbprod.facts import Facts
from nbprod.names.table import NameTable

__all__ = ["providers_of"]


def providers_of(name: str, facts: Facts) -> list[int]:
    """The cells that a function, class or variable comes from.

    Of a definition that is its own cell: what it needs goes along by itself. Of a variable it is
    every cell whose values or changes reach it.

    Raises:
        UsageError: no cell binds the name.
    """
    names = NameTable(facts.parsed)
    bindings = names.bindings.get(name, [])
    if not bindings:
        known = ", ".join(sorted(one for one in names.bindings if not one.startswith("_"))[:12])
        raise UsageError(f"no cell of {facts.notebook.path} binds `{name}`; they bind {known}")
    own = {one.cell for one in bindings}
    kinds = {type(one.statement).__name__ for one in bindings}
    if kinds <= {"FunctionDef", "AsyncFunctionDef", "ClassDef"}:
        return sorted(own)
    entry = facts.flow.final.get(name)
    if entry is not None:
        own = {one.cell for one in entry.definitions if one.cell >= 0} or own
    last = max((cell for cell in facts.flow.order), default=0)
    pending = sorted(own | _changers(name, facts, last))
    found: set[int] = set()
    sources: dict[int, set[int]] = {}
    for source, targets in facts.flow.edges.items():
        for target in targets:
            sources.setdefault(target, set()).add(source)
    while pending:
        cell = pending.pop()
        if cell in found:
            continue
        found.add(cell)
        pending += sorted(one for one in sources.get(cell, ()) if one < cell)
    return sorted(found)


def _changers(name: str, facts: Facts, last: int) -> set[int]:
    """The cells that change the object of a name in place."""
    return {one.cell for one in facts.flow.mutations if one.name == name and one.cell <= last}
