"""Changes of columns of a table that a reader of other columns does not see."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.flow.order import OrderChange
from nbprod.syntax.types import ParsedCell

__all__ = ["is_of_other_columns"]


def is_of_other_columns(change: OrderChange, facts: Facts) -> bool:
    """Whether only columns are set that the reading cell does not read."""
    made = {
        definition.binding.span
        for definition in facts.flow.definitions.get(change.name, ())
        if definition.binding.kind != "mutation"
    }
    written: set[str] = set()
    for definition in set(change.recorded) ^ set(change.document):
        if len(made) == 1 and definition.binding.span in made:
            # Bound once, it is the same table in either order.
            continue
        columns = _written(definition.node, change.name)
        if columns is None or definition.binding.kind != "mutation":
            return False
        written |= columns
    parsed = facts.parsed[change.span.cell]
    read = _read(parsed, change.name) if parsed is not None else None
    return bool(written) and read is not None and not written & read


def _written(node: ast.AST | None, name: str) -> set[str] | None:
    """The columns that an assignment sets, None where it does anything else to the table."""
    if not isinstance(node, (ast.Assign, ast.AugAssign)):
        return None
    found: set[str] = set()
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        columns = _columns(target, name)
        if columns is None:
            return None
        found |= columns
    return found


def _columns(node: ast.AST, name: str) -> set[str] | None:
    """The columns of `table["a"]` or `table[["a", "b"]]`, None for all else."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
        return None
    keys = node.slice.elts if isinstance(node.slice, ast.List) else [node.slice]
    texts = [
        key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]
    return set(texts) if node.value.id == name and len(texts) == len(keys) else None


def _read(parsed: ParsedCell, name: str) -> set[str] | None:
    """The columns of a table that a cell reads or sets, None where it uses the whole table."""
    nodes = [node for node in parsed.live_nodes_of(ast.Name) if node.id == name]
    picked = [
        (node.value, columns)
        for node in parsed.live_nodes_of(ast.Subscript)
        if (columns := _columns(node, name)) is not None
    ]
    inner = {id(value) for value, _ in picked}
    if not nodes or any(id(node) not in inner for node in nodes):
        return None
    return {column for _, columns in picked for column in columns}
