"""A plan in words, and what would be written as differences. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from nbprod.extract.code.render import import_text
from nbprod.facts import Facts
from nbprod.refactor.plan import Function, Import, Plan, Variable

__all__ = ["differences", "explained", "explained_function", "reason_of"]


def explained(plan: Plan, facts: Facts) -> Iterator[str]:
    """The plan, line by line, each thing with its reason and place."""
    for function in plan.functions:
        yield from explained_function(function, facts)
    for taken in plan.taken:
        copied = "; the notebook keeps its own" if taken.is_copy else ""
        yield f"{taken.name}: cell {facts.cell(taken.unit.cell).number}, {taken.reason}{copied}"
    for import_ in plan.imports:
        where = (
            f"cell {facts.cell(import_.cell).number}"
            if import_.cell >= 0
            else "needed by the module"
        )
        yield f"{import_text(import_)}: {where}"
    for line in plan.installs:
        for required in line.requirements:
            stays = "" if line.moves else "; the line also stays in the notebook"
            where = f"cell {facts.cell(line.unit.cell).number}, line {line.unit.node.lineno}"
            yield f"{required.text}: {where}, is a dependency of the package{stays}"
    for kept in plan.kept:
        yield f"cell {kept.cell + 1} stays in the notebook: line {kept.line}, {kept.reason}"


def explained_function(function: Function, facts: Facts) -> Iterator[str]:
    """One function of a plan, line by line."""
    numbers = list(dict.fromkeys(facts.cell(cell).number for cell in function.cells))
    cells = ", ".join(map(str, numbers))
    yield f"{function.name}: cell{'s' if len(numbers) > 1 else ''} {cells}"
    for variable in function.parameters:
        yield f"  takes {variable.name}: {variable.hint}: {reason_of(variable, facts)}"
    for setting in function.settings:
        number = facts.cell(setting.unit.cell).number
        yield f"  takes {setting.name}={setting.text}: a setting of cell {number}"
    for variable in function.results:
        yield f"  returns {variable.name}: {variable.hint}: {reason_of(variable, facts)}"
    for name in function.deleted:
        yield f"  deletes {name}: the notebook does so after the call"


def _source(one: Import, facts: Facts) -> str:
    return f"cell {facts.cell(one.cell).number}" if one.cell >= 0 else "needed by the module"


def reason_of(one: Variable, facts: Facts) -> str:
    cell = facts.cell(one.cell)
    return f"cell {cell.number}, line {cell.lines_above + one.line}, {one.reason}"


def differences(
    before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Unified differences of texts by name; what is not there before is new."""
    for name, lines in after.items():
        old = before.get(name)
        label = name if old is not None else "/dev/null"
        yield from difflib.unified_diff(list(old or ()), list(lines), label, name)
