"""Type hints from values that a run has shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbprod.extract.suite.recording import Recorded, Seen
from nbprod.facts import Facts
from nbprod.refactor.module_level import imports_of
from nbprod.refactor.plan import Function, Import, Plan, Variable
from nbprod.refactor.sentences import CHANGED, words_listed

__all__ = ["with_definition_types", "with_seen_types"]

_PLAIN = frozenset(["int", "float", "str", "bool", "bytes", "complex"])
_NONE = {"NoneType": "None"}
# A `numpy.float64` is a float.
_FLOATS = frozenset(["numpy.float64"])
_SHORT = {"pandas": "pd", "numpy": "np"}
# Classes that are imported for a hint alone; the module imports their package anyway.
_OWN_IMPORTS = frozenset(
    [
        "matplotlib.figure.Figure",
        "matplotlib.axes.Axes",
        "collections.Counter",
        "collections.defaultdict",
        "pathlib.Path",
        "numpy.random.Generator",
    ]
)
_MOST_COLUMNS = 6
_TABLE = 2
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
    "numpy.random._generator.Generator": "numpy.random.Generator",
    "matplotlib.axes._axes.Axes": "matplotlib.axes.Axes",
    "pathlib.PosixPath": "pathlib.Path",
    "pathlib._local.PosixPath": "pathlib.Path",
}


def with_seen_types(plan: Plan, recorded: Mapping[str, Recorded], facts: Facts) -> Plan:
    """The plan with the types that only a run shows, and what can be said of the values."""
    types = _Types(_imports_of(facts), {item.name for item in plan.taken})
    functions: list[Function] = []
    makers: dict[str, str] = {}
    for function in plan.functions:
        seen = recorded.get(function.name)
        if seen is not None:
            given = [types.hinted(variable, seen.before) for variable in function.parameters]
            function = replace(
                function,
                parameters=tuple(
                    _described(variable, seen.before, makers.get(variable.name))
                    for variable in given
                ),
                results=tuple(
                    _described_result(types.hinted(variable, seen.after), seen)
                    for variable in function.results
                ),
            )
        makers |= {variable.name: function.name for variable in function.results}
        functions.append(function)
    every = tuple(dict.fromkeys([*plan.imports, *types.needed]))
    return replace(plan, functions=tuple(functions), imports=every)


def with_definition_types(plan: Plan, types: Mapping[str, Mapping[str, Any]], facts: Facts) -> Plan:
    """The plan with the types of the author's own functions that calls of them have shown.

    Args:
        plan: the plan.
        types: for each function the shapes of its ``parameters``, and of what it ``returns``.
        facts: the notebook.
    """
    known = _Types(_imports_of(facts), {item.name for item in plan.taken})
    found: dict[str, dict[str, str]] = {}
    for name, shapes in types.items():
        hints = {key: known.of_shape(shape) for key, shape in shapes["parameters"].items()}
        hints["return"] = known.of_shape(shapes["returns"])
        found[name] = {
            key: hint for key, hint in hints.items() if "Any" not in hint and hint != "None"
        }
    every = tuple(dict.fromkeys([*plan.imports, *known.needed]))
    return replace(plan, definition_types=found, imports=every)


def _imports_of(facts: Facts) -> dict[str, Import]:
    """The imports of a notebook, by name."""
    return {
        import_.bound: import_
        for cell in facts.parsed
        if cell is not None and cell.tree is not None
        for statement in cell.tree.body
        for import_ in imports_of(statement, cell.cell.index)
    }


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


class _Types:
    """Type hints of values, in the names that the module has or can import."""

    def __init__(self, imports: Mapping[str, Import], own: Collection[str]) -> None:
        self.imports = imports
        self.own = own
        self.needed: list[Import] = []

    def hinted(self, variable: Variable, seen: Mapping[str, Seen]) -> Variable:
        """A variable with the type that was seen, where the code does not tell it."""
        if variable.name not in seen or "Any" not in variable.hint:
            return variable
        value = seen[variable.name]
        hint = self.of_shape(value.shape or [value.type])
        return variable._replace(hint=hint) if hint != "Any" else variable

    def of_shape(self, shape: Sequence[Any]) -> str:
        """The hint of a type and what it holds."""
        if not shape:
            return "Any"
        kind, inner = shape[0], [self.of_shape(part) for part in shape[1:]]
        module, _, name = kind.rpartition(".")
        if module == "builtins":
            if inner:
                return f"{name}[{', '.join(inner)}]"
            return name if name in _PLAIN else _GENERIC.get(name, _NONE.get(name, "Any"))
        if kind in _FLOATS:
            return "float"
        return self._of_class(_PUBLIC.get(kind, kind))

    def _of_class(self, kind: str) -> str:
        package, _, name = kind.rpartition(".")
        if package == "__main__":
            return name if name in self.own else "Any"
        if name.startswith("_"):
            # What a library keeps to itself may not be there under that name.
            return "Any"
        for bound, made in self.imports.items():
            if made.name == name and made.module.partition(".")[0] == package.partition(".")[0]:
                self.needed.append(made)
                return bound
            if made.module == package and made.name is None:
                if made.needs_alias or bound == package:
                    self.needed.append(made)
                    return f"{bound}.{name}"
        short = _SHORT.get(package)
        if short is not None and short not in self.imports:
            self.needed.append(Import(package, None, short, -1, needs_alias=True))
            return f"{short}.{name}"
        if kind in _OWN_IMPORTS and name not in self.imports:
            self.needed.append(Import(package, name, name, -1, needs_alias=False))
            return name
        return "Any"
