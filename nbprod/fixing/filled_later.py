"""Containers that start empty in one cell and that others fill: a read wants what is in them."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.flow.types import Definition
from nbprod.libraries.methods import ADDING_METHODS
from nbprod.syntax.names import last_name

__all__ = ["filled_above", "filled_in"]

_EMPTY_CALLS = (
    "list",
    "dict",
    "set",
    "defaultdict",
    "OrderedDict",
    "deque",
    "Counter",
    "DataFrame",
)


def filled_in(made: Definition, reader: int, facts: Facts) -> int | None:
    """The last cell that fills what a definition leaves empty, for a reader that does not."""
    if made.is_unbound or not _is_empty(made, facts):
        return None
    cells = facts.shared(_fillers).get(made.binding.name, set())
    if reader in cells or cells <= {made.cell}:
        return None
    return max(cells)


def filled_above(name: str, reader: int, facts: Facts) -> int | None:
    """The first cell above a reader that adds to what only cells below define, if there is one.

    A move of the reader would leave that cell without the container that it adds to.
    """
    made = {
        one.cell
        for one in facts.flow.definitions.get(name, ())
        if not one.is_unbound and one.binding.kind != "mutation"
    }
    above = {cell for cell in facts.shared(_fillers).get(name, ()) if cell < reader}
    return min(above - made, default=None) if all(cell >= reader for cell in made) else None


def _fillers(facts: Facts) -> dict[str, set[int]]:
    """The cells that add to a container, by its name."""
    found: dict[str, set[int]] = {}
    for index, node in facts.nodes_with((ast.Call, ast.Subscript, ast.AugAssign), "+=", ".", "["):
        place: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            place = node.func.value if node.func.attr in ADDING_METHODS else None
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            place = node.value
        elif isinstance(node, ast.AugAssign):
            place = node.target
        if isinstance(place, ast.Name):
            found.setdefault(place.id, set()).add(index)
    return found


def _is_empty(made: Definition, facts: Facts) -> bool:
    parsed = facts.parsed[made.cell] if made.cell >= 0 else None
    for node in parsed.live_nodes_of(ast.Assign) if parsed is not None else ():
        if node is made.node or any(target is made.node for target in node.targets):
            return _is_empty_value(node.value)
    return False


def _is_empty_value(value: ast.expr) -> bool:
    if isinstance(value, (ast.List, ast.Set, ast.Tuple)):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.keys
    if not isinstance(value, ast.Call) or len(value.args) + len(value.keywords) > 1:
        return False
    name = last_name(value.func)
    return name in _EMPTY_CALLS and (not value.args or name == "defaultdict")
