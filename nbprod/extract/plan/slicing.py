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
        known = ", ".join(
            sorted(binding for binding in names.bindings if not binding.startswith("_"))[:12]
        )
        raise UsageError(f"no cell of {facts.notebook.path} binds `{name}`; they bind {known}")
    own = {site.cell for site in bindings}
    kinds = {type(site.statement).__name__ for site in bindings}
    if kinds <= {"FunctionDef", "AsyncFunctionDef", "ClassDef"}:
        return sorted(own)
    entry = facts.flow.final.get(name)
    if entry is not None:
        own = {definition.cell for definition in entry.definitions if definition.cell >= 0} or own
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
        pending += sorted(source for source in sources.get(cell, ()) if source < cell)
    return sorted(found)


def _changers(name: str, facts: Facts, last: int) -> set[int]:
    """The cells that change the object of a name in place."""
    return {
        mutation.cell
        for mutation in facts.flow.mutations
        if mutation.name == name and mutation.cell <= last
    }
