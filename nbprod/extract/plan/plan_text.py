"""A plan as a TOML file for people to read and edit. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

from nbprod.extract.code.literal_types import hint_of_literal
from nbprod.extract.plan.choices import Choices, UnitChoice
from nbprod.extract.plan.explain import reason_of
from nbprod.facts import Facts
from nbprod.refactor.plan import Function, Plan, Variable

__all__ = ["PLAN_VERSION", "code_hash", "plan_text"]

PLAN_VERSION = 1
_HEAD = """\
# Each unit becomes a function. Its name, its summary, and the names, types and meanings of its
# values may be changed; `variable` is a value's name in the notebook, which stays. `cells` are its
# statements: 4 for what does something in cell 4, "4:2-5" for lines 2 to 5 of it. A unit that is
# removed stays in the notebook; one with the cells of two joins them.
# `why` is the reason for each choice; it is not read back, and neither are `module` and `keep`.
"""


def plan_text(plan: Plan, choices: Choices, facts: Facts, command: str, module: str) -> str:
    """The text of a plan's file.

    Args:
        plan: what is extracted.
        choices: the statements of the notebook.
        facts: the notebook that the plan's cells are in.
        command: what to run again after an edit.
        module: the path of the module.
    """
    whole = choices.planner.facts
    name = whole.notebook.path.replace("\\", "/").rpartition("/")[2]
    lines = [f"# {command}", _HEAD]
    lines += [f"version = {PLAN_VERSION}", f"notebook = {_string(name)}"]
    lines += [f"output = {_string(module)}", f"code = {_string(code_hash(whole))}"]
    for function, unit in zip(plan.functions, choices.of_plan(plan), strict=True):
        lines += ["", *_unit(function, unit, choices, facts)]
    for item in plan.taken:
        cell = facts.cell(item.unit.cell)
        lines += ["", "[[module]]", f"name = {_string(item.name)}", f"cell = {cell.number}"]
        lines.append(f"why = {_string(item.reason)}")
    for left in plan.kept:
        lines += ["", "[[keep]]", f"cell = {left.cell + 1}", f"line = {left.line}"]
        lines.append(f"why = {_string(left.reason)}")
    return "\n".join(lines) + "\n"


def code_hash(facts: Facts) -> str:
    """A short digest of a notebook's code, by which a plan knows what it was made for."""
    sources = [cell.source for cell in facts.notebook.cells if cell.kind == "code"]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()[:16]


def _unit(function: Function, unit: UnitChoice, choices: Choices, facts: Facts) -> Iterator[str]:
    yield "[[unit]]"
    yield f"name = {_string(function.name)}"
    yield f"cells = [{', '.join(_cells(unit.places, choices))}]"
    yield f"summary = {_string(function.summary)}"
    if function.why:
        yield f"why = {_string(function.why)}"
    for variable in function.parameters:
        yield from ("", "[[unit.parameter]]", *_variable(variable, function, facts))
    for setting in function.settings:
        yield from ("", "[[unit.setting]]", f"name = {_string(function.inner(setting.name))}")
        yield f"type = {_string(hint_of_literal(setting.text))}"
        yield f"default = {_string(setting.text)}"
        yield f"variable = {_string(setting.name)}"
    for variable in function.results:
        yield from ("", "[[unit.result]]", *_variable(variable, function, facts))


def _variable(variable: Variable, function: Function, facts: Facts) -> Iterator[str]:
    yield f"name = {_string(function.inner(variable.name))}"
    yield f"type = {_string(variable.hint)}"
    yield f"meaning = {_string(variable.meaning)}"
    yield f"variable = {_string(variable.name)}"
    yield f"why = {_string(reason_of(variable, facts))}"


def _cells(places: Sequence[int], choices: Choices) -> Iterator[str]:
    """The statements of a unit: whole cells by number, parts of cells by lines."""
    atoms = [choices.atoms.all[place] for place in places]
    for cell in dict.fromkeys(atom.cell for atom in atoms):
        own = [atom for atom in atoms if atom.cell == cell]
        if [atom.place for atom in own] == [atom.place for atom in choices.work_of(cell)]:
            yield str(cell + 1)
            continue
        for run in _runs([atom.place for atom in own]):
            first = choices.line_of(choices.atoms.all[run[0]])[1]
            last = choices.line_of(choices.atoms.all[run[-1]], last=True)[1]
            yield _string(f"{cell + 1}:{first}" if first == last else f"{cell + 1}:{first}-{last}")


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Places in stretches without a gap."""
    found: list[list[int]] = []
    for place in places:
        if found and found[-1][-1] == place - 1:
            found[-1].append(place)
        else:
            found.append([place])
    return found


def _string(text: str) -> str:
    """A TOML string: what JSON escapes is what TOML reads, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
