"""Groups of cells to a plan: what goes where, and what is refused."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from nbprod.extract.code.imports_needed import needed_imports
from nbprod.extract.code.infer_types import Hints
from nbprod.extract.plan.cutting import Prices
from nbprod.extract.plan.installs import installed_by
from nbprod.extract.plan.remainder import (
    does_nothing,
    future_features,
    import_place,
    notes_on,
)
from nbprod.extract.plan.settings import settings_in_calls
from nbprod.extract.plan.shows import Shows
from nbprod.extract.plan.surroundings import comment_of, section_of, text_above
from nbprod.facts import Facts
from nbprod.libraries.modules import BUILTIN_NAMES, HISTORY_NAMES
from nbprod.libraries.purposes import RETURN_SELF
from nbprod.names.statements import StatementText, is_future_or_star
from nbprod.names.table import NameTable
from nbprod.patterns import lazy_pattern
from nbprod.refactor.display import draws, figure_name, is_silent, leaves_figure
from nbprod.refactor.evidence import Evidence, heading_and_prose
from nbprod.refactor.function_names import named
from nbprod.refactor.hazards import find_hazards
from nbprod.refactor.liveness import Liveness, Part
from nbprod.refactor.module_level import ModuleLevel, imports_of
from nbprod.refactor.naming import unique
from nbprod.refactor.plan import (
    CellGroup,
    CellLeft,
    Constant,
    DocstringStyle,
    Function,
    Import,
    Plan,
    Refusal,
    Variable,
)
from nbprod.refactor.purity import is_immutable
from nbprod.refactor.sentences import columns_read
from nbprod.syntax.names import last_name

__all__ = ["PlanOptions", "Planner"]


_LAST_SHOWN = ("_", "__", "___")
# What IPython puts into a line of a magic: `{sys.executable}`, `$name`.
_EXPANDED = lazy_pattern(r"\{(\w+)|\$(\w+)")
_NUMBERED = lazy_pattern(r"_i?\d+\Z")
# Packages whose `fit` gives the estimator.
_ESTIMATORS = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "imblearn.")


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
    """Definitions that cannot be in the module may stand in a function."""


class _Sorted(NamedTuple):
    """The units of a group by what becomes of them."""

    body: tuple[StatementText, ...]
    displays: tuple[StatementText, ...]
    shown: frozenset[StatementText]
    figures_after: frozenset[StatementText]
    returned: StatementText | None
    settings: tuple[Constant, ...]
    kept: tuple[StatementText, ...]
    itself: str | None = None
    """The name of the object that the last expression changes and shows."""


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

    def plan(self, groups: Sequence[CellGroup], kept: Iterable[CellLeft] = ()) -> Plan:
        """The plan for some groups; what cannot be done is among its refusals."""
        refusals = [*self._whole_notebook(groups)]
        usable = [group for group in groups if group.cells]
        selected = [cell for group in usable for cell in group.cells]
        if refusals or not selected:
            return Plan(tuple(usable), refusals=tuple(refusals), kept=tuple(kept))
        closure = ModuleLevel(self.facts, self.names, selected, settings=self.options.parameters)
        functions: list[Function] = []
        literals: dict[ast.AST, str] = {}
        sorted_groups: list[_Sorted] = []
        taken_names = {*self.names.bindings, *BUILTIN_NAMES, *self.options.avoid}
        for group in usable:
            problems = [*self._cell_problems(group)]
            if problems:
                refusals += problems
                continue
            parts = self._sort(group, closure)
            if not self.options.nested:
                refusals += self._nested(parts, closure)
            sorted_groups.append(parts)
            if not parts.body and not parts.settings:
                continue
            present = self._present(group.cells[0], frozenset(selected), functions)
            function, found = self._function(group, parts, closure, taken_names, present)
            refusals += found
            taken_names.add(function.name)
            functions.append(self._with_settings_of_calls(function, literals))
        if refusals:
            return Plan(tuple(usable), refusals=_ordered(refusals), kept=tuple(kept))
        plan = self._finished(usable, functions, sorted_groups, closure, kept)
        return replace(plan, literals=literals)

    # --- what stands against it ---------------------------------------------------------------

    def _whole_notebook(self, groups: Sequence[CellGroup]) -> Iterable[Refusal]:
        if not any(group.cells for group in groups):
            return
        chosen = {cell for group in groups for cell in group.cells}
        is_all = not any(group.is_asked or group.name for group in groups)
        for cell, name, span in self.facts.flow.history_reads:
            if name not in HISTORY_NAMES and not _NUMBERED.match(name):
                continue
            if name in _LAST_SHOWN and is_all and cell not in chosen:
                # Every cell still ends with what it showed: for a cell that stays it is the same.
                continue
            yield Refusal(
                cell, self.facts.line(span),
                f"`{name}` reads the kernel's history, which another number of cells changes",
                "give the value a name where it is made",
            )  # fmt: skip
        for cell in self.names.cells:
            if "ast_node_interactivity" in self.facts.cell(cell).source:
                yield Refusal(
                    cell, 1, "makes every expression of a cell show its value",
                    "take the setting out and write `display(...)`",
                )  # fmt: skip

    def _cell_problems(self, group: CellGroup) -> Iterable[Refusal]:
        for cell in group.cells:
            units = self.names.cells.get(cell)
            if units is None:
                yield Refusal(cell, 1, "is no Python cell", "leave it out")
                continue
            if units.problem is not None:
                line = self.facts.index(cell).position(units.problem.offset)[0]
                yield Refusal(cell, line, units.problem.reason, units.problem.advice)
            if self.facts.is_parameters(cell):
                yield Refusal(
                    cell, 1, "holds the notebook's parameters", "leave the cell in the notebook"
                )
            if units.must_keep_header and len(group.cells) > 1:
                yield Refusal(
                    cell, 1, "`%%capture` is about this cell alone", "extract it on its own"
                )

    def _nested(self, parts: _Sorted, closure: ModuleLevel) -> Iterable[Refusal]:
        """Definitions that cannot be at the top level of the module."""
        for unit in parts.body:
            node = unit.node
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                reason = closure.why_not.get(node.name, "is no definition of the module")
                yield Refusal(
                    unit.cell, node.lineno,
                    f"`{node.name}` cannot be defined in the module: it {reason}",
                    "make it depend on its arguments only, or leave the cell in the notebook",
                )  # fmt: skip

    # --- what goes where ----------------------------------------------------------------------

    def _sort(self, group: CellGroup, closure: ModuleLevel) -> _Sorted:
        body: list[StatementText] = []
        displays: list[StatementText] = []
        kept: list[StatementText] = []
        settings: list[Constant] = []
        shown: set[StatementText] = set()
        figures: set[StatementText] = set()
        returned: StatementText | None = None
        itself: ast.expr | None = None
        cells = [cell for cell in group.cells if self.names.cells[cell].units]
        modules = {name: one[0].dotted for name, one in closure.imports.items()}
        lists = frozenset(name for name in self.names.bindings if self._is_list(name))
        read = {
            name.id
            for cell in cells
            for unit in self.names.cells[cell].units
            for node in unit.nodes
            for name in self.names.loads_of(node)
        }
        for cell in cells:
            units = self.names.cells[cell]
            before = len(body)
            for unit in units.units:
                setting = self._setting(unit, closure, read) if self.options.parameters else None
                if unit.is_setting or is_future_or_star(unit):
                    kept.append(unit)
                elif setting is not None:
                    settings.append(setting)
                elif not self._is_module_level(unit, closure):
                    body.append(unit)
            last = units.units[-1]
            if units.shows and isinstance(last.node, ast.Expr) and body and body[-1] is last:
                own = self.names.bindings.keys() - modules
                if is_silent(last.node.value, lists, own) or self.shows.gives_none(last.node.value):
                    pass
                elif cell == cells[-1] and self._gives_itself(last.node.value):
                    itself = last.node.value
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
        return _Sorted(
            tuple(body), tuple(displays), frozenset(shown), frozenset(figures), returned,
            tuple(settings), tuple(kept), _receiver(itself),
        )  # fmt: skip

    @cached_property
    def shows(self) -> Shows:
        """Which statements only show, print or draw."""
        return Shows(self.names, self.modules)

    def _only_shows(self, unit: StatementText, group: CellGroup) -> bool:
        return not group.is_work and self.shows.only_shows(unit.node, is_last=True)

    def _gives_itself(self, value: ast.expr) -> bool:
        """Whether a call gives the object that it changes, as ``fit`` of scikit-learn does."""
        name = _receiver(value)
        if name is None or not isinstance(value, ast.Call):
            return False
        if last_name(value.func) not in RETURN_SELF:
            return False
        made = [site.statement for site in self.names.bindings.get(name, ())]
        return bool(made) and all(
            isinstance(statement, ast.Assign)
            and isinstance(statement.value, ast.Call)
            and self._dotted(statement.value.func).startswith(_ESTIMATORS)
            for statement in made
        )

    def _dotted(self, func: ast.expr) -> str:
        root, _, rest = ast.unparse(func).partition(".")
        module = self.modules.get(root, "")
        return f"{module}.{rest}" if rest else module

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
        return Constant(target.id, ast.unparse(node.value), unit)

    def _is_module_level(self, unit: StatementText, closure: ModuleLevel) -> bool:
        if unit.kind == "import":
            return all(
                import_.bound in closure.imports for import_ in imports_of(unit.node, unit.cell)
            )
        return id(unit.node) in closure.taken_units

    # --- one function -------------------------------------------------------------------------

    def _function(
        self,
        group: CellGroup,
        parts: _Sorted,
        closure: ModuleLevel,
        taken: set[str],
        present: frozenset[str],
    ) -> tuple[Function, list[Refusal]]:
        settings = frozenset(constant.name for constant in parts.settings)
        part = Part(group.cells, parts.body, parts.displays, present, settings)
        live = Liveness(self.facts, self.names, closure, part)
        results = tuple(
            variable for variable in live.results() if not live.is_module_level(variable.name)
        )
        parameters = live.parameters()
        refusals = [*live.refusals, *find_hazards(live, parameters)]
        changed = live.changed(parameters)
        results = (*self._setting_results(parts.settings, live), *results, *changed)
        if self._has_effect(parts, results):
            results = tuple(variable for variable in results if variable.is_read)
        if parts.itself and parts.itself not in {variable.name for variable in results}:
            line = parts.body[-1].node.lineno
            shown = Variable(parts.itself, "is shown", parts.body[-1].cell, line)
            results = (*results, shown)
        hints = Hints(self.facts, self.names, closure)
        draw = any(self.shows.draws(statement.node) for statement in parts.body)
        figure = self._figure(parts, closure) if not results else None
        evidence = self._evidence(group, parts, parameters, results, draws=draw)
        found = named(evidence, taken)
        name = unique(group.name, taken) if group.name else found.name
        function = Function(
            name=name,
            cells=group.cells,
            summary=found.summary,
            why=found.why,
            parameters=tuple(
                variable._replace(
                    hint=hints.of_parameter(variable.name, live),
                    meaning=columns_read(variable.name, evidence.nodes),
                )
                for variable in parameters
            ),
            results=tuple(
                variable._replace(
                    hint=hints.of_parameter(variable.name, live)
                    if variable in changed
                    else hints.of_result(variable.name, live)
                )
                for variable in results
            ),
            body=parts.body,
            shown=parts.shown,
            figures_after=parts.figures_after,
            returned=parts.returned,
            settings=parts.settings,
            deleted=tuple(self._deleted(live, {variable.name for variable in results})),
            left_behind=tuple(live.left_behind),
            itself=parts.itself,
        )
        return replace(function, figure=figure), refusals

    def _has_effect(self, parts: _Sorted, results: Sequence[Variable]) -> bool:
        """Whether a function does something even without the results that nobody reads."""
        return (
            parts.returned is not None
            or any(variable.is_read for variable in results)
            or any(
                self.shows.draws(unit.node) or self.shows.prints(unit.node) for unit in parts.body
            )
        )

    def _figure(self, parts: _Sorted, closure: ModuleLevel) -> str | None:
        """The figure that a body draws by pyplot alone, None if it draws none."""
        made = closure.imports.get("plt")
        if made is None or made[0].module != "matplotlib.pyplot":
            return None
        if (
            parts.shown
            or parts.returned
            or parts.figures_after
            or not leaves_figure([statement.node for statement in parts.body])
        ):
            return None
        return figure_name([unit.node for unit in parts.body]) or "plt.gcf()"

    def _with_settings_of_calls(self, function: Function, literals: dict[ast.AST, str]) -> Function:
        """A function whose literals in calls are settings too; ``literals`` gets their names."""
        if not self.options.parameters:
            return function
        taken = {*self.names.bindings, *BUILTIN_NAMES, "settings", *self.options.avoid}
        found = settings_in_calls(function.body, taken)
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

    def _setting_results(
        self, settings: Sequence[Constant], live: Liveness
    ) -> tuple[Variable, ...]:
        """Settings that other cells read have to come back too."""
        found = []
        for constant in settings:
            others = [
                cell for cell in self.names.cells
                if cell != constant.unit.cell and constant.name in self.names.reads_of(cell)
                and cell not in live.cells
            ]  # fmt: skip
            shown = any(
                name.id == constant.name
                for unit in live.part.displays
                for name in self.names.loads_of(unit.node)
            )
            if others or shown:
                reason = f"is read by cell {others[0] + 1}" if others else "is shown"
                line = constant.unit.node.lineno
                found.append(Variable(constant.name, reason, constant.unit.cell, line))
        return tuple(found)

    def _deleted(self, live: Liveness, results: set[str]) -> Iterable[str]:
        """Names of the notebook that the body deletes for good."""
        for unit in live.part.body:
            if isinstance(unit.node, ast.Delete):
                for target in unit.node.targets:
                    if isinstance(target, ast.Name) and target.id not in results:
                        bindings = self.names.bindings.get(target.id, ())
                        if any(site.cell < min(live.cells) for site in bindings):
                            yield target.id

    def _evidence(
        self,
        group: CellGroup,
        parts: _Sorted,
        parameters: Sequence[Variable],
        results: Sequence[Variable],
        *,
        draws: bool,
    ) -> Evidence:
        """What is written around a group, and what its statements say."""
        above = text_above(group.cells[0], self.facts)
        heading, prose = heading_and_prose(above)
        return Evidence(
            heading=heading,
            prose=prose,
            comment=comment_of(parts.body, self.facts),
            section=section_of(group.cells[0], self.facts),
            nodes=tuple(node for unit in parts.body for node in unit.nodes),
            parameters=tuple(variable.name for variable in parameters),
            results=tuple(variable.name for variable in results),
            draws=draws,
            modules=self.modules,
        )

    # --- the rest of the notebook -------------------------------------------------------------

    def _finished(
        self,
        groups: Sequence[CellGroup],
        functions: Sequence[Function],
        parts: Sequence[_Sorted],
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
                    if unit.kind == "import" and self._is_module_level(unit, closure)
                    for import_ in imports_of(unit.node, cell)
                    if sees_all
                    or import_.bound in remaining
                    or (import_.bound not in used and not does_nothing(import_))
                )
        displays = {unit.cell: unit for part in parts for unit in part.displays}
        return Plan(
            tuple(groups), imports, taken, tuple(functions), (), tuple(kept), exports,
            imports_kept, displays, tuple(future_features(self.names)), style=self.options.style,
            logs=self.options.logs, installs=installs,
            notes=tuple(notes_on(functions, taken, self.facts, self.options.module)),
            imported_at=import_place(groups, functions, exports, closure),
        )  # fmt: skip

    def _remaining_reads(
        self, selected: set[int], parts: Sequence[_Sorted], gone: set[StatementText]
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


def _receiver(value: ast.expr | None) -> str | None:
    """The name whose method an expression calls."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if isinstance(value.func.value, ast.Name):
            return value.func.value.id
    return None


def _ordered(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    return tuple(sorted(dict.fromkeys(refusals), key=lambda refusal: (refusal.cell, refusal.line)))
