"""The types of parameters that a function gives another kind of number."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from nbprod.syntax.walk import walk

__all__ = ["widened_numbers"]


def widened_numbers(node: ast.AST, hints: Mapping[str, str]) -> dict[str, str]:
    """The types of a function's parameters, where one that was given a whole number is given
    another kind of number inside and counts nothing."""
    counting = {
        part.id
        for outer in walk(node)
        if isinstance(outer, ast.Subscript) or _calls(outer, "range")
        for part in walk(outer.slice if isinstance(outer, ast.Subscript) else outer)
        if isinstance(part, ast.Name)
    }
    values = [pair for part in walk(node) for pair in _assigned(part)]
    return {
        name: "float"
        if hint == "int"
        and name not in counting
        and any(target == name and _may_be_fraction(value) for target, value in values)
        else hint
        for name, hint in hints.items()
    }


def _calls(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == name


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement assigns, with their values where these stand opposite."""
    for target in node.targets if isinstance(node, ast.Assign) else ():
        assert isinstance(node, ast.Assign)
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(target.elts, node.value.elts, strict=False))
        yield from ((part.id, value) for part, value in pairs if isinstance(part, ast.Name))


def _may_be_fraction(value: ast.expr) -> bool:
    """Whether an assigned number may be no whole one: a quotient, or another variable."""
    if isinstance(value, ast.Name):
        return True
    return any(
        (isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div))
        or (isinstance(part, ast.Constant) and isinstance(part.value, float))
        for part in walk(value)
    )
