"""A function that `extract` would make, as the function of a task.

A task computes and prints; what a cell only displays is no part of it. Its settings are what a file
of configuration can hold: numbers, texts, and lists of them.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from nbprod.extract.plan.shows import Shows
from nbprod.names.statements import StatementText
from nbprod.refactor.plan import Constant, Function
from nbprod.syntax.names import last_name

__all__ = ["as_task", "setting_value"]

# Methods and functions of libraries that print what they have to say.
_PRINTING = frozenset(["info", "summary", "pprint", "help", "write"])
_PLAIN = (bool, int, float, str)


def as_task(function: Function, shows: Shows) -> Function:
    """The function of a task: it displays nothing, and its settings are plain values."""
    settings = tuple(setting for setting in function.settings if setting_value(setting) is not None)
    back = [
        setting.unit
        for setting in function.settings
        if setting not in settings and _is_assignment(setting)
    ]
    body = sorted((*function.body, *back), key=lambda unit: (unit.cell, unit.start))
    return replace(
        function,
        body=tuple(unit for unit in body if not _only_displays(unit, shows)),
        settings=settings,
        returned=None,
        shown=frozenset(),
        shown_names=(),
        figure=None,
    )


def setting_value(constant: Constant) -> Any:
    """The value of a setting, None where a file of configuration cannot hold it."""
    try:
        value = ast.literal_eval(constant.text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list) and value and all(isinstance(item, _PLAIN) for item in value):
        return value
    return None


def _is_assignment(constant: Constant) -> bool:
    """Whether a setting was a statement of its own, not a literal in a call."""
    node = constant.unit.node
    if isinstance(node, ast.Assign):
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    else:
        return False
    return isinstance(target, ast.Name) and target.id == constant.name


def _only_displays(unit: StatementText, shows: Shows) -> bool:
    node = unit.node
    if not isinstance(node, ast.Expr) or _writes_text(node.value):
        return False
    if shows.prints(node) and not _displays(node.value):
        return False
    return shows.only_shows(node, is_last=True) and not shows.draws(node) and not _finishes(node)


def _writes_text(value: ast.expr) -> bool:
    """Whether an expression is a call of a method that prints."""
    return isinstance(value, ast.Call) and last_name(value.func) in _PRINTING


def _displays(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "display"


def _finishes(node: ast.Expr) -> bool:
    return isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "plt.show"
