"""The code of a group: what its statements bind and read, and which reads see them.

The data flow says which reads see which bindings in a run from top to bottom.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.flow.types import Use
from nbprod.names.definite_assignment import Assignments, effect_of
from nbprod.names.loads import Deferred, deferred
from nbprod.names.scopes import bound_names
from nbprod.names.statements import StatementText
from nbprod.names.table import NameTable
from nbprod.refactor.closures import eager_arguments
from nbprod.refactor.free_reads import FreeReads

__all__ = ["GroupCode", "Part"]


class Part(NamedTuple):
    """The statements of a group, by where they go: into the function, or after its call."""

    cells: tuple[int, ...]
    body: tuple[StatementText, ...]
    displays: tuple[StatementText, ...]
    present: frozenset[str] = frozenset()
    """The names that the rewritten notebook has when it calls the function."""
    settings: frozenset[str] = frozenset()
    """The names that are keyword parameters with a default already."""


class GroupCode:
    """The code of one group of statements."""

    def __init__(self, facts: Facts, names: NameTable, part: Part) -> None:
        self.facts = facts
        self.names = names
        self.part = part
        self.cells = frozenset(part.cells)

    @cached_property
    def bound(self) -> dict[str, tuple[StatementText, ast.AST]]:
        """The names that the body binds (or deletes), with the first place of each."""
        found: dict[str, tuple[StatementText, ast.AST]] = {}
        for unit in self.part.body:
            for node in unit.nodes:
                made = bound_names(_statements(node)).items()
                for name, place in sorted(made, key=lambda one: _position(one[1])):
                    found.setdefault(name, (unit, place))
        return found

    @cached_property
    def loaded(self) -> dict[str, tuple[StatementText, ast.Name]]:
        """The names that the body reads, in order of first use."""
        found: dict[str, tuple[StatementText, ast.Name]] = {}
        for unit in self.part.body:
            for node in unit.nodes:
                for name_node in sorted(
                    self.names.loads_of(node), key=lambda name: (name.lineno, name.col_offset)
                ):
                    found.setdefault(name_node.id, (unit, name_node))
            for name in self._hidden_reads(unit):
                found.setdefault(name, (unit, ast.Name(id=name, lineno=unit.node.lineno)))
        return found

    def _hidden_reads(self, unit: StatementText) -> Iterator[str]:
        """Names that the data flow sees read in a statement, as in ``df.query("a > @limit")``."""
        for use in self.uses_of_cell(unit.cell):
            start, stop = use.span.start, use.span.end
            if (
                use.span.cell == unit.cell
                and not use.chain
                and unit.code <= start < stop <= unit.stop
            ):
                if use.name and not use.mutations:
                    yield use.name

    def uses_of_cell(self, cell: int) -> Sequence[Use]:
        """The reads of a cell in a run."""
        flow = self.facts.flow.cells.get(cell)
        return flow.uses if flow is not None else ()

    def in_body(self, use: Use) -> bool:
        """Whether the group's own code makes a read, itself or by a call."""
        span = use.chain[0].span if use.chain else use.span
        return any(
            unit.cell == span.cell and unit.code <= span.start < unit.stop
            for unit in self.part.body
        )

    @cached_property
    def uses(self) -> dict[str, list[Use]]:
        """The reads that the body makes in a run, by name."""
        found: dict[str, list[Use]] = {}
        for cell in self.part.cells:
            for use in self.uses_of_cell(cell):
                if self.in_body(use):
                    found.setdefault(use.name, []).append(use)
        return found

    @cached_property
    def outside_uses(self) -> dict[str, list[Use]]:
        """The reads elsewhere that may see a binding of the body, by name."""
        found: dict[str, list[Use]] = {}
        for cell in self.facts.flow.order:
            for use in self.uses_of_cell(cell):
                if cell in self.cells and self.in_body(use):
                    continue
                if any(definition.cell in self.cells for definition in use.definitions):
                    found.setdefault(use.name, []).append(use)
        return found

    def is_own_code(self, use: Use) -> bool:
        """Whether a read is in the group's own text, called or not."""
        return any(
            unit.cell == use.span.cell and unit.code <= use.span.start < unit.stop
            for unit in self.part.body
        )

    @cached_property
    def effect(self) -> Assignments:
        """What the body reads from before and binds for sure, whatever the constants are."""
        return effect_of(self.body_statements())

    def body_statements(self) -> list[ast.stmt]:
        """The statements of the body, those of magics included."""
        return [
            statement
            for unit in self.part.body
            for node in unit.nodes
            for statement in _statements(node)
        ]

    def closures(self) -> Iterator[tuple[StatementText, Deferred, bool]]:
        """The functions inside the body's statements, and whether each may outlive its call."""
        for unit in self.part.body:
            for node in unit.nodes:
                eager = eager_arguments(node)
                for one in deferred(node):
                    yield unit, one, id(one.node) not in eager

    def free_reads_of(self, name: str) -> frozenset[str]:
        """What a function of the notebook reads, with the functions that it calls by name."""
        return self.names.shared(FreeReads).of(name)


def _position(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _statements(node: ast.AST) -> list[ast.stmt]:
    if isinstance(node, ast.Module):
        return node.body
    return [node] if isinstance(node, ast.stmt) else []
