"""What becomes of the statements of a group: the function's body, the module, the notebook."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple

from nbprod.extract.plan.settings import setting_of_statement
from nbprod.extract.plan.shows import Shows
from nbprod.facts import Facts
from nbprod.names.statements import StatementText, is_future_or_star
from nbprod.names.table import NameTable
from nbprod.refactor.display import draws, is_silent
from nbprod.refactor.module_level import ModuleLevel, imports_of
from nbprod.refactor.plan import CellGroup, Constant
from nbprod.refactor.purity import is_immutable

__all__ = ["SortedUnits", "Sorter", "is_module_level"]


class SortedUnits(NamedTuple):
    """The units of a group by what becomes of them."""

    body: tuple[StatementText, ...]
    displays: tuple[StatementText, ...]
    shown: frozenset[StatementText]
    figures_after: frozenset[StatementText]
    returned: StatementText | None
    settings: tuple[Constant, ...]
    kept: tuple[StatementText, ...]
    shown_names: tuple[tuple[int, str], ...] = ()
    """The cells that show the object which their last expression changes, with its name."""


class Sorter:
    """Sorts the statements of a notebook's groups.

    Args:
        facts: the notebook.
        names: its table of names.
        modules: the dotted names of what it imports, by name.
        shows: which of its statements only show.
        inner: cells that are pieces of others and show nothing at their end.
        parameters: whether literals with names are settings.
    """

    def __init__(
        self,
        facts: Facts,
        names: NameTable,
        modules: Mapping[str, str],
        shows: Shows,
        inner: Container[int],
        *,
        parameters: bool,
    ) -> None:
        self.facts = facts
        self.names = names
        self.modules = modules
        self.shows = shows
        self.inner = inner
        self.parameters = parameters

    def sort(self, group: CellGroup, closure: ModuleLevel) -> SortedUnits:
        """The statements of a group by what becomes of them."""
        body: list[StatementText] = []
        displays: list[StatementText] = []
        kept: list[StatementText] = []
        settings: list[Constant] = []
        shown: set[StatementText] = set()
        figures: set[StatementText] = set()
        returned: StatementText | None = None
        shown_names: list[tuple[int, str]] = []
        cells = [cell for cell in group.cells if self.names.cells[cell].units]
        settings += [
            constant
            for cell in group.literals
            for unit in self.names.cells[cell].units
            if (constant := setting_of_statement(unit, self.facts)) is not None
        ]
        modules = {name: one[0].dotted for name, one in closure.imports.items()}
        lists = frozenset(name for name in self.names.bindings if self._is_list(name))
        read = self._reads(cells)
        for cell in cells:
            units = self.names.cells[cell]
            before = len(body)
            for unit in units.units:
                setting = self._setting(unit, closure, read) if self.parameters else None
                if unit.is_setting or is_future_or_star(unit):
                    kept.append(unit)
                elif setting is not None:
                    settings.append(setting)
                elif not is_module_level(unit, closure):
                    body.append(unit)
            last = units.units[-1]
            if units.shows and isinstance(last.node, ast.Expr) and body and body[-1] is last:
                own = self.names.bindings.keys() - modules
                if is_silent(last.node.value, lists, own) or self.shows.gives_none(last.node.value):
                    pass
                elif name := self.shows.gives_itself(last.node.value):
                    shown_names.append((cell, name))
                elif cell == cells[-1] and not last.cuts and not self._only_shows(last, group):
                    returned = last
                elif cell == cells[-1]:
                    displays.append(body.pop())
                else:
                    shown.add(last)
            if (
                cell != cells[-1]
                and cell not in self.inner
                and any(draws(statement.node, modules) for statement in body[before:])
            ):
                figures.add(body[-1])
        if group.is_asked and not body and displays:
            body, displays, returned = displays, [], displays[-1]
        return SortedUnits(
            tuple(body), tuple(displays), frozenset(shown), frozenset(figures), returned,
            tuple(settings), tuple(kept), tuple(shown_names),
        )  # fmt: skip

    def _reads(self, cells: Iterable[int]) -> set[str]:
        return {
            name.id
            for cell in cells
            for unit in self.names.cells[cell].units
            for node in unit.nodes
            for name in self.names.loads_of(node)
        }

    def _only_shows(self, unit: StatementText, group: CellGroup) -> bool:
        return not group.is_work and self.shows.only_shows(unit.node, is_last=True)

    def _is_list(self, name: str) -> bool:
        bindings = self.names.bindings[name]
        return all(
            isinstance(site.statement, ast.Assign)
            and site.is_plain
            and isinstance(site.statement.value, (ast.List, ast.ListComp))
            for site in bindings
        )

    def _setting(
        self, unit: StatementText, closure: ModuleLevel, read: Container[str]
    ) -> Constant | None:
        node = unit.node
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            return None
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if not isinstance(target, ast.Name) or not is_immutable(node.value):
            return None
        if target.id not in read:
            return None
        if not self.names.is_single(target.id) or target.id in closure.taken:
            return None
        return setting_of_statement(unit, self.facts)


def is_module_level(unit: StatementText, closure: ModuleLevel) -> bool:
    """Whether the module has what a statement defines or imports."""
    if unit.kind == "import":
        return all(import_.bound in closure.imports for import_ in imports_of(unit.node, unit.cell))
    return id(unit.node) in closure.taken_units
