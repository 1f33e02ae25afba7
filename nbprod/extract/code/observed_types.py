"""Type hints from values that a run has shown."""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from nbprod.extract.code.local_types import names_of_none
from nbprod.extract.code.parameter_types import widened_numbers
from nbprod.extract.code.type_names import ObservedTypes
from nbprod.extract.suite.recording import Recorded, Seen
from nbprod.facts import Facts
from nbprod.refactor.module_level import imports_of
from nbprod.refactor.plan import Function, Import, Plan, Variable
from nbprod.refactor.sentences import CHANGED
from nbprod.report.wording import words_listed
from nbprod.syntax.walk import walk

__all__ = ["observed_types_of", "with_definition_types", "with_seen_types"]

_MOST_COLUMNS = 6
_TABLE = 2
_MEASURES = frozenset("mean std var median average percentile quantile norm nanmean nanstd".split())
_NUMBERS = ("bool", "int", "float", "complex")


def with_seen_types(plan: Plan, recorded: Mapping[str, Recorded], facts: Facts) -> Plan:
    """The plan with the types that only a run shows, and what can be said of the values."""
    types = observed_types_of(plan, facts)
    local: dict[str, dict[str, str]] = {}
    functions: list[Function] = []
    makers: dict[str, str] = {}
    for function in plan.functions:
        seen = recorded.get(function.name)
        if seen is not None:
            body = [node for unit in function.body for node in unit.nodes]
            empty = names_of_none(
                ast.Module([node for node in body if isinstance(node, ast.stmt)], [])
            )
            floating = _numbers_of_numpy(body, facts)
            given = [_hinted(variable, seen.before, types) for variable in function.parameters]
            function = replace(
                function,
                parameters=tuple(
                    _described(variable, seen.before, makers.get(variable.name))
                    for variable in given
                ),
                results=tuple(
                    _described_result(_optional(_hinted(variable, seen.after, types), empty), seen)
                    for variable in function.results
                ),
            )
            function = replace(
                function,
                results=tuple(
                    variable._replace(hint=floating.get(variable.name, variable.hint))
                    if variable.hint == "float"
                    else variable
                    for variable in function.results
                ),
            )
            local[function.name] = types.of_shapes(seen.local)
        makers |= {variable.name: function.name for variable in function.results}
        functions.append(function)
    every = tuple(dict.fromkeys([*plan.imports, *types.needed]))
    return replace(plan, functions=tuple(functions), local_types=local, imports=every)


def with_definition_types(
    plan: Plan,
    calls: Mapping[str, Mapping[str, Mapping[str, Sequence[Any]]]],
    facts: Facts,
    names: Mapping[str, Sequence[Any]] = MappingProxyType({}),
) -> Plan:
    """The plan with the types of the author's own functions that calls of them have shown.

    Args:
        plan: the plan.
        calls: for each function the shapes of its ``parameters``, of what it ``returns`` or
            ``yields``, of its ``locals`` and of its object's ``attributes``.
        facts: the notebook.
        names: the shapes of the names that hold containers in the end, as constants do.
    """
    known = observed_types_of(plan, facts)
    taken = {item.name for item in plan.taken}
    hints: dict[str, dict[str, str]] = {}
    nodes = {item.name: item.unit.node for item in plan.taken}
    own = {name: shape for name, shape in names.items() if name in taken}
    local = {**plan.local_types, "": known.of_shapes(own)}
    attributes: dict[str, dict[str, list[Sequence[Any]]]] = {}
    for name, shapes in calls.items():
        owner, _, _ = name.rpartition(".")
        if (owner or name) not in taken:
            continue
        hints[name] = known.of_shapes(shapes.get("parameters", {}))
        if name in nodes:
            hints[name] = widened_numbers(nodes[name], hints[name])
        result = shapes.get("yields", shapes.get("returns", {}))
        hint = known.of_shape(result.get("", []))
        if "yields" in shapes:
            hint = known.iterator(hint)
        if hint not in ("Any", "None"):
            hints[name]["return"] = hint
        local[name] = known.of_shapes(shapes.get("locals", {}))
        for key, shape in shapes.get("attributes", {}).items():
            attributes.setdefault(owner, {}).setdefault(key, []).append(shape)
    for owner, found in attributes.items():
        local[owner] = {key: known.of_all(shapes) for key, shapes in found.items()}
    every = tuple(dict.fromkeys([*plan.imports, *known.needed]))
    return replace(plan, definition_types=hints, local_types=local, imports=every)


def observed_types_of(plan: Plan, facts: Facts) -> ObservedTypes:
    """What turns shapes into hints in the names that a module has or can import."""
    imports: dict[str, Import] = {}
    names: set[str] = set()
    for cell in facts.parsed:
        if cell is None or cell.tree is None:
            continue
        for statement in cell.tree.body:
            imports |= {made.bound: made for made in imports_of(statement, cell.cell.index)}
        names |= {part.id for part in walk(cell.tree) if isinstance(part, ast.Name)}
    return ObservedTypes(imports, {item.name for item in plan.taken}, names)


def _numbers_of_numpy(body: Sequence[ast.AST], facts: Facts) -> dict[str, str]:
    """The names that get a number of NumPy's, which the library does not call a `float`: each with
    its type."""
    found: dict[str, str] = {}
    for node in body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        called = facts.qualified(node.value.func)
        if called.startswith("numpy.") and called.rpartition(".")[2] in _MEASURES:
            alias = ast.unparse(node.value.func).partition(".")[0]
            if facts.imported.get(alias) == "numpy":
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                found |= dict.fromkeys(names, f"{alias}.floating")
    return found


def _hinted(variable: Variable, seen: Mapping[str, Seen], types: ObservedTypes) -> Variable:
    """A variable with the type that was seen, where the code does not show it, or shows one that it
    has at another place."""
    if variable.name not in seen:
        return variable
    value = seen[variable.name]
    shown = types.of_shape(value.shape or [value.type])
    if "Any" in variable.hint:
        return variable._replace(hint=shown) if shown != "Any" else variable
    if variable.hint == "np.ndarray" and shown in _NUMBERS:
        # Many functions of the library give a number for a number.
        return variable._replace(hint=shown)
    is_library = "." in variable.hint or "Any" in shown or shown == "None"
    if is_library or {shown, variable.hint} <= {"int", "float"}:
        return variable
    return variable._replace(hint=shown)


def _optional(variable: Variable, empty: Container[str]) -> Variable:
    """A variable that the code may give None, with a type that says so."""
    says = variable.hint == "Any" or "None" in variable.hint.split(" | ")
    is_open = variable.name in empty and not says
    return variable._replace(hint=f"{variable.hint} | None") if is_open else variable


def _described(one: Variable, seen: Mapping[str, Seen], maker: str | None = None) -> Variable:
    """A variable with a sentence on its value, where there is none yet."""
    if one.meaning not in ("", CHANGED) or one.name not in seen:
        return one
    said = _sentence(seen[one.name].about)
    if seen[one.name].type.endswith((".Generator", ".RandomState", "random.Random")):
        return one._replace(meaning="Source of the random numbers.")
    if not said and maker is not None:
        said = f"As returned by `{maker}`."
    example = seen[one.name].about.get("example")
    if not said and example is not None and "`" not in example:
        said = f"For example `{example}`."
    return one._replace(meaning=f"{said} {one.meaning}".strip())


def _described_result(variable: Variable, seen: Recorded) -> Variable:
    """A result with a sentence on its value, of an argument on what is new of it."""
    value, before = seen.after.get(variable.name), seen.before.get(variable.name)
    if value is None or variable.meaning:
        return variable
    said = _sentence(value.about)
    if before is not None and before.about.get("columns"):
        old = before.about["columns"]
        new = [name for name in value.about.get("columns", ()) if name not in old]
        if new and value.about["many"] == before.about["many"] + len(new):
            about = {"columns": new, "many": len(new)}
            said = _sentence(about).replace("With the column", "With the new column", 1)
    return variable._replace(meaning=said)


def _sentence(about: Mapping[str, Any]) -> str:
    columns = [column for column in about.get("columns", ()) if "`" not in column]
    if columns:
        shown = [f"`{column}`" for column in columns[:_MOST_COLUMNS]]
        shown += ["others"] if about["many"] > len(shown) else []
        return f"With the column{'s' if len(shown) > 1 else ''} {words_listed(shown)}."
    if "name" in about and "`" not in about["name"]:
        return f"The column `{about['name']}`."
    dimensions = about.get("dimensions", ())
    if len(dimensions) == _TABLE:
        return f"With {dimensions[1]} column{'s' if dimensions[1] != 1 else ''}."
    return "Fitted." if about.get("fitted") else ""
