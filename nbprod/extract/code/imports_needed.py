"""The imports that a module needs, and no more."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from nbprod.names.table import NameTable
from nbprod.refactor.module_level import ModuleLevel
from nbprod.refactor.plan import Function, Import, ModuleItem
from nbprod.syntax.names import mentioned_names
from nbprod.syntax.walk import walk

__all__ = ["needed_imports"]


def needed_imports(
    functions: Sequence[Function],
    taken: Sequence[ModuleItem],
    closure: ModuleLevel,
    names: NameTable,
) -> tuple[Import, ...]:
    """The imports of a module.

    Args:
        functions: its functions.
        taken: what else it has.
        closure: what the notebook imports.
        names: the names of the notebook.
    """
    units = [item.unit for item in taken] + [
        unit for function in functions for unit in function.body
    ]
    needed: dict[str, None] = {}
    hidden = {
        name.id for unit in units for node in unit.nodes for name in names.formula_loads(node)
    }
    dotted: set[str] = set()
    for unit in units:
        for node in unit.nodes:
            for name_node in names.loads_of(node):
                needed.setdefault(name_node.id)
            hidden -= mentioned_names(node)
            dotted |= {ast.unparse(part) for part in walk(node) if isinstance(part, ast.Attribute)}
    for function in functions:
        for hinted in (*function.parameters, *function.results):
            for name in _names_of_hint(hinted.hint):
                needed.setdefault(name)
        if _shows_figures(function):
            needed.setdefault("plt")
    found: list[Import] = []
    own = {*names.bindings, *closure.facts.program.injected}
    for name in needed:
        if name in closure.imports:
            made = closure.imports[name]
            wanted = [import_ for import_ in made if import_.name or import_.module in dotted]
            chosen = wanted if len(made) > 1 and wanted else made
            found += [import_._replace(is_hidden=name in hidden) for import_ in chosen]
        elif name == "plt" and name not in own:
            # Seaborn and pandas draw without it; what ends a figure between two cells needs it.
            found.append(Import("matplotlib.pyplot", None, "plt", -1, True))
        elif name == "subprocess" and any(unit.instead for unit in units):
            found.append(Import("subprocess", None, "subprocess", -1, False))
        elif name == "display" and name not in own:
            found.append(Import("IPython.display", "display", "display", -1, False))
        else:
            star = closure.star_import(name)
            if star is not None:
                found.append(star)
    shows = any(function.shown for function in functions)
    if shows and not any(import_.bound == "display" for import_ in found):
        found.append(Import("IPython.display", "display", "display", -1, False))
    return tuple(dict.fromkeys(found))


def _shows_figures(function: Function) -> bool:
    """Whether its code is given a `plt` that the notebook may not have."""
    return bool(function.figures_after) or (function.figure or "").startswith("plt.")


def _names_of_hint(hint: str) -> Iterable[str]:
    tree = ast.parse(hint, mode="eval")
    return [part.id for part in walk(tree) if isinstance(part, ast.Name)]
