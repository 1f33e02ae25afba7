"""Whether a variable of a function may have another name than in the notebook. Pure."""

from __future__ import annotations

import ast
import keyword

from nbprod.extract.plan.settings import is_many
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.names.table import NameTable
from nbprod.refactor.plan import Function, Plan
from nbprod.syntax.walk import walk

__all__ = ["rename_problem"]


def rename_problem(
    function: Function, old: str, new: str, plan: Plan, names: NameTable
) -> str | None:
    """Why a variable cannot have a new name inside of a function; None where it can."""
    if not new.isidentifier() or keyword.iskeyword(new):
        return f"`{new}` is not a name of Python; choose another"
    if new in BUILTIN_NAMES:
        return f"`{new}` is a name of Python already; choose another"
    nodes = [node for unit in function.body for node in unit.nodes]
    used = {part.id for node in nodes for part in walk(node) if isinstance(part, ast.Name)}
    used |= function.own_names
    used |= {item.name for item in plan.taken} | {one.bound for one in plan.imports}
    used |= {other.name for other in plan.functions}
    if new in used or (is_many(function) and new == "settings"):
        return f"`{new}` is a name that the function uses already; choose another"
    nested = {part.arg for node in nodes for part in walk(node) if isinstance(part, ast.arg)}
    if old in nested:
        return f"`{old}` is a parameter of a function inside as well; its name cannot change"
    parts = {id(part) for node in nodes for part in walk(node)}
    read = [name for node in nodes for name in names.loads_of(node) if name.id == old]
    if any(id(name) not in parts for name in read):
        return f"`{old}` is read in a text; its name cannot change"
    return None
