"""What a group of statements needs and what is needed of it: parameters and returned values.

The data flow says which reads see which bindings in a run from top to bottom; the table of names
says what code that does not run could read. Objects that are changed in place need nothing: the
function has the same objects as the notebook. So all that can go wrong is about names, and each
name that may go wrong is a refusal.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from copy import copy

from nbprod.facts import Facts
from nbprod.flow.types import Definition, Use
from nbprod.libraries.modules import BUILTIN_NAMES, is_kernel_name
from nbprod.names.scopes import bound_names
from nbprod.names.statements import StatementText
from nbprod.names.table import NameTable
from nbprod.refactor.group_code import GroupCode, Part
from nbprod.refactor.module_level import ModuleLevel
from nbprod.refactor.plan import Refusal, Variable
from nbprod.secrets.names import kind_of_name
from nbprod.syntax.walk import walk

__all__ = ["Liveness"]


class Liveness(GroupCode):
    """Parameters, results and refusals of one group of statements."""

    def __init__(self, facts: Facts, names: NameTable, closure: ModuleLevel, part: Part) -> None:
        super().__init__(facts, names, part)
        self.closure = closure
        self.refusals: list[Refusal] = []
        self._passed: dict[str, Variable] = {}
        self.left_behind: list[str] = []
        """Names that nobody reads and that keep an older value in the notebook."""
        self.counters: list[str] = []
        """Those of them that loops alone bind: to pass them around would say nothing."""

    def with_present(self, present: frozenset[str]) -> Liveness:
        """The same statements where other names are there when the function is called.

        Nothing that has been asked so far is in it; what is known of the code alone stays.
        """
        other = copy(self)
        other.part = self.part._replace(present=present)
        other.refusals, other.left_behind, other.counters = [], [], []
        other._passed = {}
        return other

    def is_module_level(self, name: str) -> bool:
        """Whether the module has the name itself."""
        return name in self.closure.imports or name in self.closure.taken

    # --- parameters ---------------------------------------------------------------------------

    def parameters(self) -> tuple[Variable, ...]:
        """What the function is given, in order of first use."""
        found = []
        for name, (unit, place) in self.loaded.items():
            if self.is_module_level(name) or name in self.part.settings:
                continue
            parameter = self._passed.get(name) or self._parameter(name, unit, place)
            if parameter is not None:
                found.append(parameter)
        loaded = {variable.name for variable in found}
        found += [variable for name, variable in self._passed.items() if name not in loaded]
        return tuple(found)

    def _parameter(self, name: str, unit: StatementText, place: ast.Name) -> Variable | None:
        uses = [use for use in self.uses.get(name, ()) if self.is_own_code(use)]
        outer = {
            definition for use in uses for definition in use.definitions
            if not definition.is_unbound and definition.cell not in self.cells
        }  # fmt: skip
        line = place.lineno
        if name in self.bound:
            reads_builtin = any(
                name in self.closure.builtin_reads.get(cell, ()) for cell in self.cells
            )
            exposed = name in self.effect.reads and self._is_bound_before(name)
            if not outer and not exposed and not (name in BUILTIN_NAMES and reads_builtin):
                return None
            if exposed and not outer:
                return Variable(name, "is bound above", unit.cell, line)
            reason = (
                "is a builtin here and rebound below" if not outer else _where(outer, self.facts)
            )
            if outer and not self._is_bound_before(name) and _may_be_unbound(uses):
                self._refuse(unit, line, f"`{name}` may be undefined here", _GIVE)
                return None
            return Variable(name, reason, unit.cell, line)
        if name not in self.names.bindings:
            return self._unbound_anywhere(name, unit, line)
        if outer or self._is_bound_before(name):
            if not self._is_bound_before(name) and not _fails_anyway(uses):
                self._refuse(unit, line, f"`{name}` may be undefined here", _GIVE)
                return None
            return Variable(name, _where(outer, self.facts) or "is bound above", unit.cell, line)
        if name in BUILTIN_NAMES:
            return Variable(name, "is a builtin that the notebook reassigns", unit.cell, line)
        self._refuse(unit, line, f"`{name}` has no value yet", "define it in a cell above")
        return None

    def _unbound_anywhere(self, name: str, unit: StatementText, line: int) -> Variable | None:
        if name in BUILTIN_NAMES:
            return None
        if name == "subprocess" and unit.instead:
            return None
        if name in self.facts.program.injected:
            return Variable(name, "is given by the platform", unit.cell, line)
        if name == "display":
            return None
        if self.closure.star_import(name) is not None:
            return None
        if is_kernel_name(name):
            self._refuse(
                unit, line, f"`{name}` is the kernel's own and another in a module",
                "leave the cell in the notebook",
            )  # fmt: skip
        else:
            self._refuse(unit, line, f"`{name}` is bound nowhere", "define it in a cell above")
        return None

    def _is_bound_before(self, name: str) -> bool:
        """Whether a statement above the group binds the name on every path, for good."""
        first = min(self.cells)
        earlier = [site for site in self.names.bindings.get(name, ()) if site.cell < first]
        if any(_deletes(site.statement, name) for site in earlier):
            return False
        return any(
            name in self.names.effects(site.cell)[site.rank].binds
            for site in earlier
            if site.rank >= 0
        )

    # --- results ------------------------------------------------------------------------------

    def results(self) -> tuple[Variable, ...]:
        """What the function returns, in order of first definition."""
        surely = self.effect.binds
        found = []
        for name, (unit, place) in self.bound.items():
            line = getattr(place, "lineno", unit.node.lineno)
            if _is_gone(self.body_statements(), name):
                continue
            reason = self._wanted(name, surely)
            if self._is_caught(name):
                # The end of the handler takes the name away, whatever it was before.
                if reason is not None:
                    self._refuse(unit, line, f"`{name}` is gone after its handler", _OTHER_NAME)
                continue
            if reason is None:
                # Nobody reads it, but the notebook would be left with the value of before.
                if self._is_left_behind(name):
                    if self._is_counter(name):
                        self.counters.append(name)
                    elif name in surely or self._is_bound_before(name):
                        reason = "has a value in the notebook already"
                        found.append(Variable(name, reason, unit.cell, line))
                        if name not in surely:
                            self._passed.setdefault(name, Variable(name, reason, unit.cell, line))
                    else:
                        self.left_behind.append(name)
                continue
            if name not in surely and not self._settle(name, unit, place):
                continue
            found.append(Variable(name, reason, unit.cell, line, is_read=reason != _OUTCOME))
        return tuple(found)

    def changed(self, parameters: Iterable[Variable]) -> tuple[Variable, ...]:
        """Parameters whose objects the body mutates, where later code sees the change.

        The notebook has the same objects, so returning them is for the reader: a change of an
        argument is part of what a function does.
        """
        numbers: dict[str, int] = {}
        for cell in self.facts.flow.order:
            for use in self.uses_of_cell(cell):
                seen = any(definition.cell in self.cells for definition in use.mutations)
                if seen and not (cell in self.cells and self.in_body(use)):
                    numbers.setdefault(use.name, self._number(cell))
        return tuple(
            variable._replace(reason=f"is mutated and read by cell {number}")
            for variable in parameters
            if (number := numbers.get(variable.name)) and variable.name not in self.bound
        )

    def _is_caught(self, name: str) -> bool:
        """Whether the body binds a name by ``except … as`` and not otherwise."""
        own = [site for site in self.names.bindings.get(name, ()) if site.cell in self.cells]
        return bool(own) and all(isinstance(site.node, ast.ExceptHandler) for site in own)

    def _is_left_behind(self, name: str) -> bool:
        last = max(self.cells)
        return name in self.part.present and not any(
            name in effect.binds
            for cell in self.names.cells
            if cell > last
            for effect in self.names.effects(cell)
        )

    def _is_counter(self, name: str) -> bool:
        """Whether loops alone bind a name, in all of the notebook."""
        return all(
            any(
                isinstance(loop, (ast.For, ast.AsyncFor))
                and any(part is site.node for part in walk(loop.target))
                for loop in walk(site.statement)
            )
            for site in self.names.bindings.get(name, ())
        )

    def _wanted(self, name: str, surely: frozenset[str]) -> str | None:
        """Who needs a name that the body binds, None when nobody does."""
        for unit in self.part.displays:
            if any(
                name_node.id == name
                for node in unit.nodes
                for name_node in self.names.loads_of(node)
            ):
                return f"is shown by cell {self._number(unit.cell)}"
        reader = self._reader_below(name)
        if reader is not None:
            return f"is read by cell {self._number(reader)}"
        uses = self.outside_uses.get(name)
        if uses:
            return f"is read by cell {self._number(uses[0].cell)}"
        for cell in self.names.cells:
            if cell not in self.cells:
                if name in self.names.deferred_reads(cell):
                    return f"is read by a function of cell {self._number(cell)}"
                if name in self.names.magic_reads(cell):
                    return f"is read by a magic of cell {self._number(cell)}"
                if name in surely and self.names.sees_all(cell) and cell > min(self.cells):
                    return (
                        f"may be read by `{self.names.sees_all(cell)}` in cell {self._number(cell)}"
                    )
        if name in surely and name not in self.loaded and self._is_outcome(name):
            return _OUTCOME
        return None

    def _reader_below(self, name: str) -> int | None:
        """The first cell below that reads a name before it binds it."""
        last = max(self.cells)
        for cell in sorted(cell for cell in self.names.cells if cell > last):
            for effect in self.names.effects(cell):
                if name in effect.reads:
                    return cell
                if name in effect.binds:
                    return None
        return None

    def _is_outcome(self, name: str) -> bool:
        others = (cell for cell in self.names.cells if cell not in self.cells)
        if name.startswith("_") or any(name in self.names.reads_of(cell) for cell in others):
            return False
        if kind_of_name(name) is not None:
            # A credential is nothing to pass around.
            return False
        unit, place = self.bound[name]
        plain = isinstance(unit.node, (ast.Assign, ast.AnnAssign, ast.AugAssign))
        later = [site for site in self.names.bindings.get(name, ()) if site.cell > max(self.cells)]
        return plain and isinstance(place, ast.Name) and not later

    def _settle(self, name: str, unit: StatementText, place: ast.AST) -> bool:
        """Deal with a name that the body may leave unbound; false when it is not returned."""
        line = getattr(place, "lineno", unit.node.lineno)
        if self._is_bound_before(name):
            reason = "keeps its value where the code does not reassign it"
            self._passed.setdefault(name, Variable(name, reason, unit.cell, line))
            return True
        uses = self.outside_uses.get(name, [])
        own = all(
            definition.cell in self.cells or definition.is_unbound
            for use in uses
            for definition in use.definitions
        )
        earlier = any(site.cell < min(self.cells) for site in self.names.bindings.get(name, ()))
        if uses and own and not earlier and not self._is_read_aside(name):
            if not _may_be_unbound(uses) or (_all_fail(uses) and not self._is_guarded(uses)):
                return True
        self._refuse(unit, line, f"`{name}` may be left without a value", _GIVE)
        return False

    def _is_read_aside(self, name: str) -> bool:
        """Whether code that the data flow does not follow reads a name."""
        others = [cell for cell in self.names.cells if cell not in self.cells]
        return any(
            name in self.names.deferred_reads(cell) or name in self.names.magic_reads(cell)
            for cell in others
        )

    def _is_guarded(self, uses: Iterable[Use]) -> bool:
        """Whether a read that fails may be caught."""
        for use in uses:
            for statement in self.names.statements(use.cell):
                for part in walk(statement):
                    if isinstance(part, (ast.Try, ast.With)):
                        start = self.facts.span(use.cell, part)
                        if start.start <= use.span.start < start.end:
                            return True
        return False

    def _number(self, cell: int) -> int:
        return self.facts.cell(cell).number

    def _refuse(self, unit: StatementText, line: int, reason: str, advice: str) -> None:
        self.refusals.append(Refusal(unit.cell, line, reason, advice))


_OUTCOME = "is not read: an outcome"
_OTHER_NAME = "call the exception something else"
_GIVE = "assign it on every path, or leave the cell in the notebook"


def _deletes(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Del)
        for part in walk(node)
    )


def _is_gone(statements: Sequence[ast.stmt], name: str) -> bool:
    """Whether the body deletes a name for good."""
    gone = False
    for node in statements:
        if isinstance(node, ast.Delete) and _deletes(node, name):
            gone = True
        elif name in bound_names([node]):
            gone = False
    return gone


def _where(definitions: Iterable[Definition], facts: Facts) -> str:
    cells = sorted(
        {facts.cell(definition.cell).number for definition in definitions if definition.cell >= 0}
    )
    if not cells:
        return ""
    listed = ", ".join(str(cell) for cell in cells[:4])
    return f"is bound by cell{'s' if len(cells) > 1 else ''} {listed}"


def _may_be_unbound(uses: Iterable[Use]) -> bool:
    return any(definition.is_unbound for use in uses for definition in use.definitions)


def _fails_anyway(uses: Sequence[Use]) -> bool:
    """Whether the body fails at once in a run that leaves the name unbound."""
    return not _may_be_unbound(uses) or any(use.mandatory and not use.chain for use in uses)


def _all_fail(uses: Iterable[Use]) -> bool:
    return all(
        use.mandatory or not any(each.is_unbound for each in use.definitions) for use in uses
    )
