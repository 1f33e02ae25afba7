"""What a run of the notebook tells of the functions to be: their arguments, their results."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from nbprod.execution.failures import cell_failure
from nbprod.execution.forking import ImportMade, Libraries, libraries_of
from nbprod.execution.kernel import ExecutionError
from nbprod.execution.run import OriginalRuns, RunPlace, code_cells
from nbprod.extract.segments import names_behind
from nbprod.facts import Facts
from nbprod.refactor.plan import Function, Plan
from nbprod.syntax.walk import walk

__all__ = ["Recorded", "Recording", "Seen", "record"]

# A shorter one is a part of many a word.
_SHORTEST_CREDENTIAL = 8
_WHEN = ("before", "after")


class Seen(NamedTuple):
    """One value: its type, a literal that gives it back, a pickle, or why there is none; ``shape``
    has the types of what it holds, ``about`` what a sentence can say of it."""

    type: str
    text: str | None = None
    data: bytes | None = None
    problem: str | None = None
    shape: Sequence[Any] = ()
    about: Mapping[str, Any] = MappingProxyType({})


class Recorded(NamedTuple):
    """The values of one function: ``before`` and ``after`` its cells, by name."""

    before: Mapping[str, Seen]
    after: Mapping[str, Seen]
    local: Mapping[str, Sequence[Any]] = MappingProxyType({})
    """The shapes of the other names that it binds."""


class Recording(NamedTuple):
    """What a run has shown: of the functions to be, and of the ``calls`` of the notebook's own
    functions, by their names with those of their classes."""

    functions: Mapping[str, Recorded]
    calls: Mapping[str, Mapping[str, Mapping[str, Sequence[Any]]]] = MappingProxyType({})
    arguments: Mapping[str, Seen] = MappingProxyType({})
    """Of the notebook's functions, a pickle of what they were first called with, by name."""
    names: Mapping[str, Sequence[Any]] = MappingProxyType({})
    """The shapes of the notebook's names that hold containers in the end."""


def record(plan: Plan, facts: Facts, runs: OriginalRuns) -> Recording:
    """Run the original notebook and write down what each function gets and gives.

    Args:
        plan: the functions.
        facts: the whole notebook.
        runs: its runs.

    Raises:
        ExecutionError: the notebook fails before its end.
        UsageError: the folder is too big.
    """
    cells, sources = code_cells(facts.notebook)
    runs.options.prepare_kernels(_libraries(plan, facts, runs.place))
    result = runs.watched(_watch(plan, facts, cells), names_behind(plan, cells, sources))
    _require_success(result, cells)
    hidden = [value for _, value in runs.options.environment]
    hidden += [value for value in facts.hidden if len(value) >= _SHORTEST_CREDENTIAL]
    found = {one["key"]: one for cell in result["cells"] for one in cell["watched"]}
    blank: dict[str, Any] = {"values": {}, "shapes": {}}
    functions = {}
    for function in plan.functions:
        before, after = (found.get(f"{function.name}-{when}", blank) for when in _WHEN)
        functions[function.name] = Recorded(
            {name: _seen(entry, hidden) for name, entry in before["values"].items()},
            {name: _seen(entry, hidden) for name, entry in after["values"].items()},
            after["shapes"],
        )
    calls = result.get("calls", {})
    given = {
        name: _seen({"type": "builtins.dict", "text": None, **entry}, hidden)
        for name, entry in calls.get("arguments", {}).items()
    }
    return Recording(functions, calls.get("functions", {}), given, calls.get("names", {}))


def _libraries(plan: Plan, facts: Facts, place: RunPlace) -> Libraries:
    """The libraries that a module will import of those that its notebook imports."""
    parsed = [one for one in facts.parsed if one is not None]
    folders = [os.path.join(place.folder, path) for path in (place.start, *place.paths)]
    found = libraries_of(
        [one.tree for one in parsed if one.tree is not None],
        [one.cell.source for one in parsed],
        folders,
    )
    moved = {ImportMade(one.module, one.name or "") for one in plan.imports}
    return found._replace(imports=found.imports & moved)


def _watch(plan: Plan, facts: Facts, cells: Sequence[int]) -> dict[str, Any]:
    """What to look at in each cell, by its place: before the first and after the last statement of
    each function."""
    found: dict[str, Any] = {}
    place_of = {cell: str(place) for place, cell in enumerate(cells)}
    for function in plan.functions:
        given = [variable.name for variable in function.parameters]
        named = [*given, *(variable.name for variable in function.results)]
        local = sorted(_names_bound(function).difference(named))
        ends = (_start(function.cells[0], plan), _end(function.cells[-1], plan))
        for (cell, offset), when, names in zip(ends, _WHEN, (given, named), strict=True):
            parsed = facts.parsed[cell]
            if parsed is None or parsed.tree is None:
                continue
            asked = found.setdefault(place_of[cell], {"count": len(parsed.tree.body), "values": []})
            starts = [facts.span(cell, node).start for node in parsed.tree.body]
            number = None if offset is None else sum(start < offset for start in starts)
            if number == len(starts):
                number = None
            wanted = {"place": number, "key": f"{function.name}-{when}", "names": names}
            asked["values"].append(wanted | ({"local": local} if when == "after" else {}))
    return found


def _names_bound(function: Function) -> set[str]:
    """The names that the statements of a function bind."""
    return {
        part.id
        for unit in function.body
        for node in unit.nodes
        for part in walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def _start(cell: int, plan: Plan) -> tuple[int, int | None]:
    """The whole cell and the offset at which a cell of the plan starts."""
    if plan.cut is None:
        return cell, 0
    piece = plan.cut.pieces[cell]
    return piece.cell, piece.start


def _end(cell: int, plan: Plan) -> tuple[int, int | None]:
    """The whole cell and the offset at which a cell of the plan ends, None at the end of both."""
    if plan.cut is None or plan.cut.pieces[cell].ends:
        return _start(cell, plan)[0], None
    return _start(cell + 1, plan)


def _require_success(result: Mapping[str, Any], cells: Sequence[int]) -> None:
    if "failed" in result:
        raise ExecutionError(f"the notebook could not be run: {result['failed']}")
    for number, cell in enumerate(result["cells"]):
        if "error" in cell:
            raise ExecutionError(cell_failure(cells[number], cell["error"]))


def _seen(entry: Mapping[str, Any], hidden: Sequence[str]) -> Seen:
    text, data, problem = entry["text"], entry.get("data"), entry.get("problem")
    if any(word in (text or "") or word.encode() in (data or b"") for word in hidden):
        text, data, problem = None, None, "it contains a secret"
    about = entry.get("about", {})
    if any(word in json.dumps(about) for word in hidden):
        about = {}
    return Seen(entry["type"], text, data, problem, entry.get("shape", ()), about)
