"""Whether what a definition makes can be what a read of the name expects."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.flow.types import Definition
from nbprod.model import Span
from nbprod.syntax.walk import walk

__all__ = ["statement_of", "would_do"]

_TYPES: dict[type[ast.AST], type] = {
    ast.List: list, ast.ListComp: list, ast.Dict: dict, ast.DictComp: dict, ast.Set: set,
    ast.SetComp: set, ast.Tuple: tuple, ast.JoinedStr: str,
}  # fmt: skip


def would_do(definition: Definition, read: Span, facts: Facts) -> bool:
    """Whether a read could use the value: it is not made of itself, and has what is read of it."""
    node = statement_of(definition, facts)
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return not isinstance(node, ast.AugAssign)
    name = definition.binding.name
    if any(isinstance(part, ast.Name) and part.id == name for part in walk(node.value)):
        return False
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if not isinstance(target, ast.Name):
        return True
    kind = _TYPES.get(type(node.value))
    if isinstance(node.value, ast.Constant):
        kind = type(node.value.value)
    return kind is None or all(wanted in dir(kind) for wanted in _wanted(name, read, facts))


def statement_of(definition: Definition, facts: Facts) -> ast.AST | None:
    """The statement that makes a definition, which may only be known by its target."""
    if not isinstance(definition.node, ast.Name):
        return definition.node
    parsed = facts.parsed[definition.cell]
    for node in parsed.live_nodes_of((ast.Assign, ast.AnnAssign)) if parsed is not None else ():
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        if any(target is definition.node for target in targets):
            return node
    return definition.node


def _wanted(name: str, read: Span, facts: Facts) -> list[str]:
    """The attribute, or special method, that the read takes of the value."""
    parsed = facts.parsed[read.cell]
    kinds = (ast.Attribute, ast.Subscript, ast.Call)
    for node in parsed.live_nodes_of(kinds) if parsed is not None else ():
        value: ast.expr | None = None
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            value = node.value
        elif isinstance(node, ast.Call):
            value = node.func
        if (
            isinstance(value, ast.Name)
            and value.id == name
            and facts.span(read.cell, value) == read
        ):
            if isinstance(node, ast.Attribute):
                return [node.attr]
            return ["__call__" if isinstance(node, ast.Call) else "__getitem__"]
    return []
