"""The global names that functions and classes of a notebook read, with those that they call."""

from __future__ import annotations

import ast

from nbprod.names.scopes import scope_of
from nbprod.names.table import NameTable

__all__ = ["FreeReads", "free_reads"]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def free_reads(node: ast.AST) -> set[str]:
    """What a function or class reads that is not its own."""
    assert isinstance(node, (*_DEFINITIONS, ast.Lambda))
    return {name_node.id for name_node in scope_of(node, -1).reads}


class FreeReads:
    """The reads of a notebook's definitions by name, each worked out once."""

    def __init__(self, names: NameTable) -> None:
        self._names = names
        self._own: dict[str, frozenset[str]] = {}
        self._all: dict[str, frozenset[str]] = {}

    def of(self, name: str) -> frozenset[str]:
        """What the definitions of a name read, and the definitions that they read in turn."""
        if name not in self._all:
            self._all[name] = self._reached(name)
        return self._all[name]

    def _reached(self, name: str) -> frozenset[str]:
        found: set[str] = set()
        pending = [*self._reads(name)]
        while pending:
            current = pending.pop()
            if current not in found:
                found.add(current)
                pending += self._reads(current)
        return frozenset(found)

    def _reads(self, name: str) -> frozenset[str]:
        if name not in self._own:
            sites = self._names.bindings.get(name, ())
            read = (free_reads(s.statement) for s in sites if isinstance(s.statement, _DEFINITIONS))
            self._own[name] = frozenset().union(*read)
        return self._own[name]
