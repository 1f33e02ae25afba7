"""Groups of cells to a plan: what goes where, and what is refused."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from nbprod.extract.code.imports_needed import needed_imports
from nbprod.extract.plan.cutting import MOST_PARAMETERS, Prices
from nbprod.extract.plan.functions import FunctionPlanner
from nbprod.extract.plan.installs import installed_by
from nbprod.extract.plan.refusals import (
    refusals_of_cells,
    refusals_of_definitions,
    refusals_of_notebook,
)
from nbprod.extract.plan.remainder import (
    does_nothing,
    future_features,
    import_place,
    notes_on,
)
from nbprod.extract.plan.settings import settings_in_calls
from nbprod.extract.plan.shows import Shows
from nbprod.extract.plan.sorting import SortedUnits, Sorter, is_module_level
from nbprod.facts import Facts
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.names.statements import StatementText
from nbprod.names.table import NameTable
from nbprod.patterns import lazy_pattern
from nbprod.refactor.module_level import ModuleLevel, imports_of
from nbprod.refactor.plan import (
    CellGroup,
    CellLeft,
    DocstringStyle,
    Function,
    Import,
    Plan,
    Refusal,
)

__all__ = ["PlanOptions", "Planner"]


# What IPython puts into a line of a magic: `{sys.executable}`, `$name`.
_EXPANDED = lazy_pattern(r"\{(\w+)|\$(\w+)")


class PlanOptions(NamedTuple):
    """``parameters``: literals that are settings become keyword parameters. ``avoid``: names that
    functions must not get. ``module``: what calls into it is extracted already. ``style`` and
    ``logs`` are the plan's. ``shell``: shell lines become calls of `subprocess`. ``package``: the
    module is in a package whose dependencies take the place of install lines, as far as those that
    are ``declared`` already (None: all will be) have them."""

    parameters: bool = False
    avoid: frozenset[str] = frozenset()
    module: str = ""
    style: DocstringStyle = "numpy"
    logs: bool = False
    shell: bool = False
    package: bool = False
    declared: frozenset[str] | None = None
    prices: Prices = Prices()
    nested: bool = False
    """Definitions that cannot be in the module may be in a function."""


class Planner:
    """Makes plans for one notebook; several are tried when some cells turn out not to go."""

    def __init__(
        self,
        facts: Facts,
        options: PlanOptions = PlanOptions(),
        inner: frozenset[int] = frozenset(),
    ) -> None:
        """``inner`` are cells that are pieces of others and show nothing at their end."""
        self.facts = facts
        self.options = options
        self.inner = inner
        every = range(len(facts.parsed))
        self.names = NameTable(facts.parsed, shell=every if options.shell else ())
        for cell in inner & self.names.cells.keys():
            self.names.cells[cell] = self.names.cells[cell]._replace(shows=False)

    @cached_property
    def modules(self) -> dict[str, str]:
        """The dotted names of what the notebook imports, by the names that it has there."""
        return {
            import_.bound: import_.dotted
            for cell in self.names.cells
            for statement in self.names.statements(cell)
            for import_ in imports_of(statement, cell)
        }

    @cached_property
    def shows(self) -> Shows:
        """Which statements only show, print or draw."""
        return Shows(self.names, self.modules)

    def plan(self, groups: Sequence[CellGroup], kept: Iterable[CellLeft] = ()) -> Plan:
        """The plan for some groups; what cannot be done is among its refusals."""
        refusals = [*refusals_of_notebook(groups, self.facts, self.names)]
        usable = [group for group in groups if group.cells]
        selected = [cell for group in usable for cell in group.cells]
        if refusals or not selected:
            return Plan(tuple(usable), refusals=tuple(refusals), kept=tuple(kept))
        closure = ModuleLevel(self.facts, self.names, selected, settings=self.options.parameters)
        sorter = Sorter(
            self.facts,
            self.names,
            self.modules,
            self.shows,
            self.inner,
            parameters=self.options.parameters,
        )
        planner = FunctionPlanner(self.facts, self.names, self.modules, self.shows, closure)
        functions: list[Function] = []
        literals: dict[ast.AST, str] = {}
        sorted_groups: list[SortedUnits] = []
        taken_names = {*self.names.bindings, *BUILTIN_NAMES, *self.options.avoid}
        for group in usable:
            problems = [*refusals_of_cells(group, self.facts, self.names)]
            if problems:
                refusals += problems
                continue
            parts = sorter.sort(group, closure)
            if not self.options.nested:
                refusals += refusals_of_definitions(parts, closure)
            sorted_groups.append(parts)
            if not parts.body and not parts.settings:
                continue
            present = self._present(group.cells[0], frozenset(selected), functions)
            function, found = planner.function(group, parts, taken_names, present)
            refusals += [*found, *_modules_returned(function)]
            taken_names.add(function.name)
            functions.append(self._with_settings_of_calls(function, literals))
        if refusals:
            return Plan(tuple(usable), refusals=_ordered(refusals), kept=tuple(kept))
        plan = self._finished(usable, functions, sorted_groups, closure, kept)
        return replace(plan, literals=literals)

    def _with_settings_of_calls(self, function: Function, literals: dict[ast.AST, str]) -> Function:
        """A function whose literals in calls are also settings; ``literals`` gets their names."""
        taken = {*self.names.bindings, *BUILTIN_NAMES, "settings", *self.options.avoid}
        only_files = not self.options.parameters
        found = settings_in_calls(function.body, taken, only_files=only_files)
        given = len(function.parameters) + len(function.settings) + len(found.settings)
        if only_files and given > MOST_PARAMETERS:
            return function
        literals.update(found.names)
        return replace(function, settings=(*function.settings, *found.settings))

    def _present(
        self, first: int, selected: frozenset[int], functions: Sequence[Function]
    ) -> frozenset[str]:
        """The names that the rewritten notebook has bound above a cell."""
        found = {variable.name for function in functions for variable in function.results}
        for name, bindings in self.names.bindings.items():
            if any(site.cell < first and site.cell not in selected for site in bindings):
                found.add(name)
        return frozenset(found)

    # --- the rest of the notebook -------------------------------------------------------------

    def _finished(
        self,
        groups: Sequence[CellGroup],
        functions: Sequence[Function],
        parts: Sequence[SortedUnits],
        closure: ModuleLevel,
        kept: Iterable[CellLeft],
    ) -> Plan:
        selected = {cell for group in groups for cell in group.cells}
        options = self.options
        lines = [unit for part in parts for unit in part.kept] if options.package else []
        installs = tuple(installed_by(lines, self.facts, options.declared))
        gone = {installed.unit for installed in installs if installed.moves}
        remaining, sees_all = self._remaining_reads(selected, parts, gone)
        taken = tuple(closure.taken.values())
        imports = needed_imports(functions, taken, closure, self.names)
        used = {import_.bound for import_ in imports}
        exports: dict[int, tuple[str, ...]] = {}
        imports_kept: dict[int, tuple[Import, ...]] = {}
        for group in groups:
            exports[group.cells[0]] = tuple(
                item.name
                for item in taken
                if item.unit.cell in group.cells and (sees_all or item.name in remaining)
            )
            for cell in group.cells:
                imports_kept[cell] = tuple(
                    import_
                    for unit in self.names.cells[cell].units
                    if unit.kind == "import" and is_module_level(unit, closure)
                    for import_ in imports_of(unit.node, cell)
                    if sees_all
                    or import_.bound in remaining
                    or (import_.bound not in used and not does_nothing(import_))
                )
        displays = {unit.cell: unit for part in parts for unit in part.displays}
        shown_names = {cell: name for part in parts for cell, name in part.shown_names}
        return Plan(
            tuple(groups), imports, taken, tuple(functions), (), tuple(kept), exports,
            imports_kept, displays, shown_names, tuple(future_features(self.names)),
            style=self.options.style, logs=self.options.logs, installs=installs,
            notes=tuple(notes_on(functions, taken, self.facts, self.options.module)),
            imported_at=import_place(groups, functions, exports, closure),
        )  # fmt: skip

    def _remaining_reads(
        self, selected: set[int], parts: Sequence[SortedUnits], gone: set[StatementText]
    ) -> tuple[set[str], bool]:
        remaining: set[str] = set()
        sees_all = False
        for cell in self.names.cells:
            if cell not in selected:
                remaining |= self.names.reads_of(cell)
                sees_all = sees_all or self.names.sees_all(cell) is not None
        for part in parts:
            for unit in part.displays:
                remaining |= {name.id for node in unit.nodes for name in self.names.loads_of(node)}
            for unit in set(part.kept) - gone:
                text = self.facts.cell(unit.cell).source[unit.code : unit.stop]
                remaining |= {first or second for first, second in _EXPANDED.findall(text)}
        return remaining, sees_all


def _ordered(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    return tuple(sorted(dict.fromkeys(refusals), key=lambda refusal: (refusal.cell, refusal.line)))


def _modules_returned(function: Function) -> Iterator[Refusal]:
    """The imports in a function whose names it would return: the notebook imports by itself."""
    results = {variable.name for variable in function.results}
    for unit in function.body:
        made = imports_of(unit.node, unit.cell) if unit.kind == "import" else ()
        names = [import_.bound for import_ in made if import_.bound in results]
        if names:
            reason = f"a function would return what it imports: `{names[0]}`"
            yield Refusal(unit.cell, unit.node.lineno, reason, "leave the import in the notebook")
