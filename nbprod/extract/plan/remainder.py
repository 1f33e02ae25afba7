"""The rest of the notebook: where it imports the module, which imports may go, what changes."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Sequence

from nbprod.facts import Facts
from nbprod.libraries.modules import PURE_MODULES
from nbprod.names.table import NameTable
from nbprod.refactor.module_level import ModuleLevel
from nbprod.refactor.plan import CellGroup, Function, Import, ModuleItem

__all__ = ["does_nothing", "future_features", "import_place", "notes_on"]


def import_place(
    groups: Sequence[CellGroup],
    functions: Sequence[Function],
    exports: dict[int, tuple[str, ...]],
    closure: ModuleLevel,
) -> int:
    """The cell in which the notebook imports the module: the first that changes, but after
    what installs packages or writes files for it."""
    needed = [function.cells[0] for function in functions]
    needed += [cell for cell, names in exports.items() if names]
    first = min(needed, default=groups[0].cells[0])
    barrier = max((cell for cell in closure.barriers if cell < first), default=-1)
    return min(group.cells[0] for group in groups if group.cells[0] > barrier)


def notes_on(
    functions: Sequence[Function], taken: Sequence[ModuleItem], facts: Facts, module: str
) -> Iterable[str]:
    """What of the notebook's output the functions cannot repeat."""
    for unit in (unit for function in functions for unit in function.body):
        source = facts.cell(unit.cell).source
        for start, end in unit.cuts:
            magic = source[start:end].split()[0]
            yield f"cell {unit.cell + 1}: `{magic}` is removed; no timing is printed there"
    classes = {item.name for item in taken if isinstance(item.unit.node, ast.ClassDef)}
    for name in sorted(classes):
        for cell in facts.notebook.cells:
            if f"__main__.{name}" in json.dumps(list(cell.outputs or ()), default=str):
                yield (
                    f"cell {cell.index + 1} prints `__main__.{name}`, which becomes"
                    f" `{module or 'the module'}.{name}`"
                )


def future_features(names: NameTable) -> Iterable[str]:
    found = {
        alias.name
        for cell in names.cells
        for statement in names.statements(cell)
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        for alias in statement.names
    }
    return sorted(found)


def does_nothing(import_: Import) -> bool:
    """Whether an import that nobody reads may go: the module does nothing when it is imported."""
    top = import_.module.partition(".")[0]
    known = top in sys.stdlib_module_names or top in PURE_MODULES
    return known and ".experimental" not in import_.module
