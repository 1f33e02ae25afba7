"""Type hints from values that a run has shown."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from nbprod.extract.code.literal_types import hint_of
from nbprod.extract.suite.recording import Recorded, Seen
from nbprod.facts import Facts
from nbprod.refactor.module_level import imports_of
from nbprod.refactor.plan import Import, Plan, Variable

__all__ = ["with_seen_types"]

_PLAIN = frozenset(["int", "float", "str", "bool", "bytes", "complex"])
_GENERIC = {
    "list": "list[Any]",
    "dict": "dict[Any, Any]",
    "set": "set[Any]",
    "tuple": "tuple[Any, ...]",
}
# Where a type that a run shows is to be had from; its own module is often a private one.
_PUBLIC = {
    "pandas.core.frame.DataFrame": "pandas.DataFrame",
    "pandas.core.series.Series": "pandas.Series",
    "pandas.DataFrame": "pandas.DataFrame",
    "pandas.Series": "pandas.Series",
    "numpy.ndarray": "numpy.ndarray",
}


def with_seen_types(plan: Plan, recorded: Mapping[str, Recorded], facts: Facts) -> Plan:
    """The plan with hints where only a run knows the type."""
    imports = {
        import_.bound: import_
        for cell in facts.parsed
        if cell is not None and cell.tree is not None
        for statement in cell.tree.body
        for import_ in imports_of(statement, cell.cell.index)
    }
    needed: list[Import] = []
    functions = []
    for function in plan.functions:
        seen = recorded.get(function.name)
        if seen is None:
            functions.append(function)
            continue
        given = [
            _hinted(variable, seen.before, imports, needed) for variable in function.parameters
        ]
        results = [_hinted(variable, seen.after, imports, needed) for variable in function.results]
        functions.append(replace(function, parameters=tuple(given), results=tuple(results)))
    every = tuple(dict.fromkeys([*plan.imports, *needed]))
    return replace(plan, functions=tuple(functions), imports=every)


def _of_literal(text: str | None) -> str:
    """The type of a container by its literal, empty where that does not tell."""
    try:
        node = ast.parse(text or "", mode="eval").body
    except SyntaxError:
        return ""
    hint = hint_of(node, {}, frozenset())
    return "" if "Any" in hint else hint


def _hinted(
    one: Variable, seen: Mapping[str, Seen], imports: Mapping[str, Import], needed: list[Import]
) -> Variable:
    if one.hint != "Any" or one.name not in seen:
        return one
    kind = seen[one.name].type
    module, _, name = kind.rpartition(".")
    if module == "builtins":
        text = seen[one.name].text
        hint = name if name in _PLAIN else _of_literal(text) or _GENERIC.get(name, "Any")
        return one._replace(hint=hint)
    if kind == "numpy.float64":
        # It is a float.
        return one._replace(hint="float")
    public = _PUBLIC.get(kind, kind)
    package, _, name = public.rpartition(".")
    for bound, made in imports.items():
        if made.name == name and made.module.partition(".")[0] == package.partition(".")[0]:
            needed.append(made)
            return one._replace(hint=bound)
        if made.module == package and made.name is None and (made.needs_alias or bound == package):
            needed.append(made)
            return one._replace(hint=f"{bound}.{name}")
    return one
