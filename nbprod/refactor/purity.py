"""Expressions that give the same whenever they are evaluated, so that they may move to an import.

A definition's decorators, defaults and class body, and the value of a constant, are evaluated
when the module is imported instead of when their cell runs. That is the same only where nothing
that happens in between can matter.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from nbprod.libraries.functions import TIMELESS_BUILTINS, WORLDLY_NAMES
from nbprod.libraries.modules import TIMELESS_MODULES

__all__ = ["definition_time", "is_immutable", "is_timeless"]

_NEVER = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)


def definition_time(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
) -> Iterator[ast.expr]:
    """The expressions that run when a definition does, those of class bodies included."""
    yield from node.decorator_list
    if isinstance(node, ast.ClassDef):
        yield from node.bases
        for keyword in node.keywords:
            yield keyword.value
        for statement in node.body:
            yield from _class_body(statement)
        return
    for default in (*node.args.defaults, *node.args.kw_defaults):
        if default is not None:
            yield default


def _class_body(statement: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield from definition_time(statement)
    elif isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr)):
        if statement.value is not None:
            yield statement.value
    elif not isinstance(statement, ast.Pass):
        # Loops and branches in a class body: nobody can say what they depend on.
        yield ast.Await(value=ast.Constant(value=None))


def is_timeless(node: ast.expr, is_pure_name: Callable[[str], str | bool]) -> bool:
    """Whether an expression gives the same at import as in its place.

    ``is_pure_name`` says of a name what it stands for: the dotted name of something imported,
    True for something that may be called (a decorator of the notebook that only wraps, a builtin),
    False for anything else.
    """
    for part in _evaluated(node):
        if isinstance(part, _NEVER):
            return False
        if isinstance(part, ast.Call) and not _is_pure_call(part.func, is_pure_name):
            return False
        if isinstance(part, ast.Attribute) and part.attr in WORLDLY_NAMES:
            return False
    return True


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, ast.Lambda):
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                yield from _evaluated(default)
        return
    for child in ast.iter_child_nodes(node):
        yield from _evaluated(child)


def _is_pure_call(func: ast.expr, is_pure_name: Callable[[str], str | bool]) -> bool:
    parts: list[str] = []
    while isinstance(func, ast.Attribute):
        parts.append(func.attr)
        func = func.value
    if isinstance(func, (ast.Constant, ast.JoinedStr)):
        return True
    if isinstance(func, ast.Call):
        return _is_pure_call(func.func, is_pure_name)
    if not isinstance(func, ast.Name):
        return False
    known = is_pure_name(func.id)
    if isinstance(known, bool):
        return known or (not parts and func.id in TIMELESS_BUILTINS)
    dotted = [*known.split("."), *reversed(parts)]
    return dotted[0] in TIMELESS_MODULES and not WORLDLY_NAMES.intersection(dotted)


def is_immutable(node: ast.expr) -> bool:
    """Whether an expression is a literal of which two copies are the same."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Tuple):
        return all(is_immutable(expression) for expression in node.elts)
    if isinstance(node, ast.UnaryOp):
        return is_immutable(node.operand)
    if isinstance(node, ast.BinOp):
        return is_immutable(node.left) and is_immutable(node.right)
    return False
