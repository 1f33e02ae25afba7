"""An edited plan, read back: units as they are wanted, names, types and sentences. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from nbprod.errors import NbprodError, UsageError
from nbprod.extract.plan.choices import Choices, UnitChoice
from nbprod.extract.plan.new_names import rename_problem
from nbprod.extract.plan.plan_document import PlanDocument
from nbprod.extract.plan.plan_text import PLAN_VERSION, code_hash
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.patterns import lazy_pattern
from nbprod.refactor.module_level import imports_of
from nbprod.refactor.plan import Function, Import, Plan, Variable
from nbprod.syntax.walk import walk

__all__ = ["PlanEdits", "PlanRefused"]

_RANGE = lazy_pattern(r"(\d+)(?::(\d+)(?:-(\d+))?)?\Z")
_FIELDS = {
    "": {"version", "notebook", "output", "code", "unit", "module", "keep"},
    "unit": {"name", "cells", "summary", "why", "parameter", "setting", "result"},
    "parameter": {"name", "variable", "type", "meaning", "why"},
    "result": {"name", "variable", "type", "meaning", "why"},
    "setting": {"name", "variable", "type", "default", "why"},
}
# What every module can name in a type.
_TYPING = frozenset(["Any"])
_Path = tuple[Any, ...]


class PlanRefused(NbprodError):
    """A unit of an edited plan cannot be a function."""

    exit_code = 1


class PlanEdits:
    """The content of a plan's file, checked against the notebook as far as no plan is needed."""

    def __init__(self, path: str, text: str, choices: Choices) -> None:
        """Read the ``text`` of the file at a ``path``.

        Raises:
            UsageError: something in it cannot be read; the message has the line.
            PlanRefused: a unit cannot be a function.
        """
        self.document = PlanDocument(path, text)
        self.choices, self.content = choices, self.document.content
        self._check_fields()
        self.names: list[str] = []
        self.notes: list[str] = []
        self.units = [self._unit(place, unit) for place, unit in self._tables("unit")]
        self._check_overlap()

    def plan(self) -> Plan:
        """The plan of the units, before types and sentences.

        Raises:
            PlanRefused: something of a unit cannot be extracted.
        """
        plan = self.choices.plan_of(sorted(self.units))
        for refusal in plan.refusals:
            place = next(
                (
                    place
                    for place, unit in enumerate(self.units)
                    if any(self.choices.atoms.all[one].cell == refusal.cell for one in unit.places)
                ),
                0,
            )
            reason = f"cell {refusal.cell + 1}, line {refusal.line}: {refusal.reason}"
            raise PlanRefused(self._at(("unit", place), f"{reason}; {refusal.advice}"))
        return plan

    def applied(self, plan: Plan) -> Plan:
        """The plan with the types and sentences of the file.

        Raises:
            UsageError: it says something of a value that the function does not have, or a type
                that the module cannot name.
        """
        needed: list[Import] = []
        functions = []
        places = {unit.name: place for place, unit in enumerate(self.units)}
        for function in plan.functions:
            place = places[function.name]
            functions.append(self._changed(function, place, plan, needed))
        every = tuple(dict.fromkeys([*plan.imports, *needed]))
        notes = tuple(dict.fromkeys([*plan.notes, *self.notes]))
        return replace(plan, functions=tuple(functions), imports=every, notes=notes)

    # --- errors ---------------------------------------------------------------------------------

    def _at(self, where: _Path, message: str) -> str:
        return self.document.at(where, message)

    def _wrong(self, where: _Path, message: str) -> UsageError:
        return self.document.wrong(where, message)

    # --- reading --------------------------------------------------------------------------------

    def _tables(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        yield from enumerate(self.content.get(name, ()))

    def _check_fields(self) -> None:
        content = self.content
        if content.get("version") != PLAN_VERSION:
            text = f"version {content.get('version')!r} is not {PLAN_VERSION}"
            raise self._wrong(("version",), f"{text}; remove the file to write it again")
        self._check_keys((), content, "")
        if content.get("code", "") != code_hash(self.choices.planner.facts):
            advice = "remove the file to write it again, or check the cells and remove this line"
            if "code" in content:
                text = f"the notebook's code has changed since the plan was written; {advice}"
                raise self._wrong(("code",), text)
        for kind in ("unit", "module", "keep"):
            if not isinstance(content.get(kind, []), list):
                raise self._wrong((kind,), f"`{kind}` is a list of tables; write [[{kind}]]")
        if not content.get("unit") and not content.get("module"):
            raise self._wrong((), "the plan has no [[unit]]; remove the file to write it again")
        for place, unit in self._tables("unit"):
            self._check_keys(("unit", place), unit, "unit")
            for kind in ("parameter", "setting", "result"):
                for number, one in enumerate(unit.get(kind, ())):
                    self._check_keys(("unit", place, kind, number), one, kind)

    def _check_keys(self, where: _Path, table: Any, kind: str) -> None:
        if not isinstance(table, dict):
            raise self._wrong(where, f"`{kind}` is a table; write [[{kind}]]")
        for key, value in table.items():
            if key not in _FIELDS[kind]:
                known = ", ".join(sorted(_FIELDS[kind]))
                raise self._wrong((*where, key), f"unknown key `{key}`; known are {known}")
            if key in ("name", "variable", "type", "meaning", "summary", "default") and not (
                isinstance(value, str)
            ):
                raise self._wrong((*where, key), f'`{key}` has to be a string, as in {key} = "x"')
        if kind and "name" not in table:
            raise self._wrong(where, f"a {kind} needs a `name`")

    def _unit(self, place: int, table: Mapping[str, Any]) -> UnitChoice:
        where = ("unit", place)
        name = table["name"]
        problem = self.choices.name_problem(name, self.names)
        if problem is not None:
            raise self._wrong((*where, "name"), problem)
        self.names.append(name)
        cells = table.get("cells")
        if not isinstance(cells, list) or not cells:
            text = f'`{name}` needs its cells, as in cells = [4, "5:1-3"]'
            raise self._wrong((*where, "cells"), text)
        places = sorted({one for word in cells for one in self._places(word, (*where, "cells"))})
        unit = UnitChoice(tuple(places), name)
        mixed = self.choices.problem(unit)
        if mixed is not None:
            cell, line, reason = mixed
            text = f"`{name}` cannot be one function: cell {cell + 1}, line {line}: {reason}"
            raise PlanRefused(self._at((*where, "cells"), text))
        return unit

    def _places(self, word: object, where: _Path) -> Iterator[int]:
        """The statements that a number of a cell or a stretch of its lines means."""
        match = _RANGE.match(str(word)) if isinstance(word, (int, str)) else None
        if match is None:
            raise self._wrong(where, f'`{word}` is not a cell; write 4, or "4:2-5" for lines of it')
        cell = int(match[1]) - 1
        cells = self.choices.planner.facts.notebook.cells
        if not 0 <= cell < len(cells):
            raise self._wrong(where, f"unknown cell {cell + 1}; the notebook has {len(cells)}")
        work = self.choices.work_of(cell)
        if match[2] is None:
            if not work:
                text = f"cell {cell + 1} has nothing that could be in a function; remove it"
                raise self._wrong(where, text)
            yield from (atom.place for atom in work)
            return
        first, last = int(match[2]), int(match[3] or match[2])
        found = False
        for atom in work:
            begins = self.choices.line_of(atom)[1]
            ends = self.choices.line_of(atom, last=True)[1]
            if first <= begins and ends <= last:
                found = True
                yield atom.place
            elif begins <= last and first <= ends:
                text = f"`{word}` ends inside of a statement, which has the lines {begins}-{ends}"
                raise self._wrong(where, f"{text}; take it whole or not at all")
        if not found:
            text = f"lines {first}-{last} of cell {cell + 1} have nothing for a function"
            raise self._wrong(where, f"{text}; remove them")

    def _check_overlap(self) -> None:
        owners: dict[int, UnitChoice] = {}
        for place, unit in enumerate(self.units):
            for one in unit.places:
                if one in owners:
                    cell, line = self.choices.line_of(self.choices.atoms.all[one])
                    text = f"line {line} of cell {cell + 1} is in `{owners[one].name}` as well"
                    raise self._wrong(("unit", place, "cells"), f"{text}; remove it from one")
                owners[one] = unit

    # --- types and sentences --------------------------------------------------------------------

    def _changed(
        self, function: Function, place: int, plan: Plan, needed: list[Import]
    ) -> Function:
        table: Mapping[str, Any] = self.content["unit"][place]
        where = ("unit", place)
        summary = " ".join(table.get("summary", "").split()) or function.summary
        for number, one in enumerate(table.get("setting", ())):
            own = {setting.name: setting.text for setting in function.settings}
            name = _variable_of(one)
            if not self._is_known((*where, "setting", number), name, own, function):
                continue
            if one.get("default", own[name]) != own[name]:
                text = f"the default is what the notebook has, {own[name]}"
                at = (*where, "setting", number, "default")
                raise self._wrong(at, f"{text}; change it in the notebook")
        return replace(
            function,
            summary=summary,
            renamed={**function.renamed, **self._renamed(function, where, plan)},
            parameters=self._variables(function, "parameter", where, plan, needed),
            results=self._variables(function, "result", where, plan, needed),
        )

    def _variables(
        self, function: Function, kind: str, where: _Path, plan: Plan, needed: list[Import]
    ) -> tuple[Variable, ...]:
        own = function.parameters if kind == "parameter" else function.results
        found = {variable.name: variable for variable in own}
        for number, one in enumerate(self.content["unit"][where[1]].get(kind, ())):
            at = (*where, kind, number)
            name = _variable_of(one)
            if not self._is_known(at, name, found, function):
                continue
            variable = found[name]
            hint = one.get("type", "Any").strip()
            if hint not in ("Any", variable.hint):
                self._check_type(hint, (*at, "type"), plan, needed)
                variable = variable._replace(hint=hint)
            meaning = " ".join(one.get("meaning", "").split())
            found[name] = variable._replace(meaning=meaning or variable.meaning)
        return tuple(found.values())

    def _renamed(self, function: Function, where: _Path, plan: Plan) -> dict[str, str]:
        """The names that the file gives variables inside of a function.

        Raises:
            UsageError: a name cannot be, or a variable cannot have another one.
        """
        found: dict[str, str] = {}
        for kind in ("parameter", "setting", "result"):
            for number, one in enumerate(self.content["unit"][where[1]].get(kind, ())):
                old, new = _variable_of(one), one["name"]
                if old not in function.own_names or new == found.get(old, old):
                    continue
                at = (*where, kind, number, "name")
                problem = rename_problem(function, old, new, plan, self.choices.planner.names)
                if problem is None and old in found:
                    problem = f"`{old}` is `{found[old]}` above; a variable has one name"
                if problem is None and new in found.values():
                    problem = f"`{new}` is the name of another value; choose another"
                if problem is not None:
                    raise self._wrong(at, problem)
                found[old] = new
        return found

    def _is_known(
        self, at: _Path, name: str, known: Mapping[str, object], function: Function
    ) -> bool:
        """Whether a function has a value; one that it had before its cells were changed is noted.

        Raises:
            UsageError: the notebook does not even have it.
        """
        if name in known:
            return True
        kind = at[2]
        said = ", ".join(f"`{one}`" for one in known) or "none"
        text = f"`{function.name}` has no {kind} `{name}`; it has {said}"
        if name not in self.choices.planner.names.bindings:
            advice = "the flow of data decides which there are"
            raise self._wrong((*at, "variable"), f"{text}: {advice}")
        self.notes.append(self._at((*at, "variable"), text))
        return False

    def _check_type(self, hint: str, at: _Path, plan: Plan, needed: list[Import]) -> None:
        """Make sure that the module can name a type; what it has to import for it is noted."""
        try:
            tree = ast.parse(hint, mode="eval")
        except (SyntaxError, ValueError):
            raise self._wrong(at, f"`{hint}` is not a Python type") from None
        known = {*BUILTIN_NAMES, *_TYPING, *(item.name for item in plan.taken)}
        known |= {import_.bound for import_ in plan.imports}
        names = self.choices.planner.names
        imports = {
            import_.bound: import_
            for cell in names.cells
            for statement in names.statements(cell)
            for import_ in imports_of(statement, cell)
        }
        for node in walk(tree):
            if isinstance(node, ast.Name) and node.id not in known:
                if node.id not in imports:
                    text = f"the type `{hint}` needs `{node.id}`; import it in the notebook"
                    raise self._wrong(at, text)
                needed.append(imports[node.id])


def _variable_of(table: Mapping[str, Any]) -> str:
    """The name in the notebook of what a table is about."""
    return str(table.get("variable", table["name"]))
