"""Tests of what functions refuse: checks of an argument that raise are read off their code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.refactor.plan import Plan

__all__ = ["refused_arguments"]

_BUILTIN = ("ValueError", "TypeError", "KeyError", "IndexError", "ZeroDivisionError")


def refused_arguments(plan: Plan) -> Iterator[str]:
    """A test for each check of a number at the head of a definition, as text.

    Only functions that need no other argument are called; what a check means is only read where it
    compares the argument with a number.
    """
    for taken in plan.taken:
        node = taken.unit.node
        if not isinstance(node, ast.FunctionDef) or node.decorator_list:
            continue
        name = _only_argument(node)
        if name is None:
            continue
        for number, (value, error) in enumerate(_checks(node, name), 1):
            yield (
                f"def test_{node.name.lower()}_refuses_{number}() -> None:\n"
                f'    """The function refuses this argument."""\n'
                f"    with pytest.raises({error}):\n        {node.name}({value})\n"
            )


def _only_argument(node: ast.FunctionDef) -> str | None:
    """The one parameter that has to be given."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    needed = positional[: len(positional) - len(arguments.defaults)]
    if len(needed) != 1 or any(expression is None for expression in arguments.kw_defaults):
        return None
    return needed[0].arg


def _checks(node: ast.FunctionDef, name: str) -> Iterator[tuple[str, str]]:
    """Values that the head of a function refuses, with what it raises."""
    for statement in node.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if not isinstance(statement, ast.If) or len(statement.body) != 1:
            return
        raised = statement.body[0]
        error = _error(raised)
        value = _refused(statement.test, name)
        if error is None or value is None or statement.orelse:
            return
        yield value, error


def _error(node: ast.stmt) -> str | None:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return None
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    known = isinstance(raised, ast.Name) and raised.id in _BUILTIN
    return ast.unparse(raised) if known else None


def _refused(test: ast.expr, name: str) -> str | None:
    """A number for which a comparison with the argument holds."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    left, right = test.left, test.comparators[0]
    if not (isinstance(left, ast.Name) and left.id == name):
        return None
    bound = ast.literal_eval(right) if _is_number(right) else None
    if not isinstance(bound, (int, float)) or isinstance(bound, bool):
        return None
    kind = type(test.ops[0])
    by = {ast.Lt: -1, ast.Gt: 1, ast.LtE: 0, ast.GtE: 0, ast.Eq: 0, ast.NotEq: 1}
    return repr(bound + by[kind]) if kind in by else None


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant) and isinstance(inner.value, (int, float))
