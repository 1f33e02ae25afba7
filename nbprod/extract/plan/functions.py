"""The function that a group of cells becomes: its name, parameters, results and figure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from nbprod.extract.code.infer_types import Hints
from nbprod.extract.plan.settings import with_meanings
from nbprod.extract.plan.shows import Shows
from nbprod.extract.plan.sorting import SortedUnits, is_module_level
from nbprod.extract.plan.surroundings import comment_of, section_of, text_above
from nbprod.facts import Facts
from nbprod.names.table import NameTable
from nbprod.refactor.display import figure_name, leaves_figure
from nbprod.refactor.evidence import (
    Evidence,
    heading_and_prose,
    with_imperative,
    without_number,
)
from nbprod.refactor.function_names import named
from nbprod.refactor.group_code import Part
from nbprod.refactor.hazards import find_hazards
from nbprod.refactor.liveness import Liveness
from nbprod.refactor.module_level import ModuleLevel
from nbprod.refactor.naming import unique
from nbprod.refactor.plan import CellGroup, Constant, Function, Refusal, Variable
from nbprod.refactor.sentences import CHANGED, columns_read
from nbprod.syntax.names import last_name

__all__ = ["FunctionPlanner"]

_GENERATORS = frozenset(["default_rng", "RandomState", "Random", "Generator"])


class FunctionPlanner:
    """Plans the functions of a notebook's groups.

    Args:
        facts: the notebook.
        names: its table of names.
        modules: the dotted names of what it imports, by name.
        shows: which of its statements only show.
        closure: what the module has.
    """

    def __init__(
        self,
        facts: Facts,
        names: NameTable,
        modules: dict[str, str],
        shows: Shows,
        closure: ModuleLevel,
    ) -> None:
        self.facts = facts
        self.names = names
        self.modules = modules
        self.shows = shows
        self.closure = closure

    def function(
        self, group: CellGroup, parts: SortedUnits, taken: set[str], present: frozenset[str]
    ) -> tuple[Function, list[Refusal]]:
        """The function of a group, and what stands against it.

        Args:
            group: the cells.
            parts: their statements, sorted.
            taken: names that the function must not get.
            present: the names that the rewritten notebook has bound above the call.
        """
        settings = frozenset(constant.name for constant in parts.settings)
        part = Part(group.cells, parts.body, parts.displays, present, settings)
        live = Liveness(self.facts, self.names, self.closure, part)
        # Results come first: what they need beside the values read is also a parameter.
        returned = live.results()
        parameters = live.parameters()
        refusals = [*live.refusals, *find_hazards(live, parameters)]
        changed = live.changed(parameters)
        # Who draws from a generator has it, before and after.
        passed = [one for one in changed if not self._is_generator(one.name)]
        results = self._results(parts, live, (*returned, *passed))
        hints = Hints(self.facts, self.names, self.closure)
        draw = any(self.shows.draws(statement.node) for statement in parts.body)
        figure = self._figure(parts) if not results else None
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
                    meaning=_meaning(variable.name, evidence.nodes, changed),
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
            settings=with_meanings(parts.settings, evidence.nodes),
            deleted=tuple(self._deleted(live, {variable.name for variable in results})),
            left_behind=(*live.left_behind, *live.counters),
            shown_names=parts.shown_names,
        )
        return replace(function, figure=figure), refusals

    def _results(
        self, parts: SortedUnits, live: Liveness, returned: Sequence[Variable]
    ) -> tuple[Variable, ...]:
        """What a function gives back: settings that others read, what it binds or changes, and the
        object that the cell shows."""
        own = [variable for variable in returned if not live.is_module_level(variable.name)]
        every = (*self._setting_results(parts.settings, live), *own)
        # What a notebook calls `_`, nobody reads.
        results = tuple(variable for variable in every if variable.name != "_")
        if self._has_effect(parts, results):
            results = tuple(variable for variable in results if variable.is_read)
        for cell, name in parts.shown_names:
            if name not in {variable.name for variable in results}:
                last = next(unit for unit in reversed(parts.body) if unit.cell == cell)
                results = (*results, Variable(name, "is shown", cell, last.node.lineno))
        return results

    def _has_effect(self, parts: SortedUnits, results: Sequence[Variable]) -> bool:
        """Whether a function does something even without the results that nobody reads."""
        return (
            parts.returned is not None
            or any(variable.is_read for variable in results)
            or any(
                self.shows.draws(unit.node) or self.shows.prints(unit.node) for unit in parts.body
            )
        )

    def _figure(self, parts: SortedUnits) -> str | None:
        """The figure that a body draws by pyplot alone, None if it draws none."""
        made = self.closure.imports.get("plt")
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

    def _is_generator(self, name: str) -> bool:
        """Whether a name only ever holds a generator of random numbers."""
        made = [site.statement for site in self.names.bindings.get(name, ())]
        return bool(made) and all(
            isinstance(statement, ast.Assign)
            and isinstance(statement.value, ast.Call)
            and last_name(statement.value.func) in _GENERATORS
            for statement in made
        )

    def _setting_results(
        self, settings: Sequence[Constant], live: Liveness
    ) -> tuple[Variable, ...]:
        """Settings that other cells read must also be returned."""
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

    @cached_property
    def _passed(self) -> frozenset[int]:
        """The cells that only import, define something or set the session up."""
        return frozenset(
            cell
            for cell, taken in self.names.cells.items()
            if all(unit.is_setting or is_module_level(unit, self.closure) for unit in taken.units)
        )

    def _evidence(
        self,
        group: CellGroup,
        parts: SortedUnits,
        parameters: Sequence[Variable],
        results: Sequence[Variable],
        *,
        draws: bool,
    ) -> Evidence:
        """What is written around a group, and what its statements say."""
        above = text_above(group.cells[0], self.facts, self._passed | {*group.literals})
        heading, prose = heading_and_prose(above)
        return Evidence(
            heading=heading,
            prose=prose,
            comment=with_imperative(without_number(comment_of(parts.body, self.facts))),
            section=section_of(group.cells[0], self.facts),
            nodes=tuple(node for unit in parts.body for node in unit.nodes),
            parameters=tuple(variable.name for variable in parameters),
            results=tuple(variable.name for variable in results),
            draws=draws,
            modules=self.modules,
        )


def _meaning(name: str, nodes: Sequence[ast.AST], changed: Sequence[Variable]) -> str:
    """What the statements of a function say of a parameter."""
    said = columns_read(name, nodes)
    if name in {variable.name for variable in changed}:
        return f"{said} {CHANGED}".strip()
    return said
