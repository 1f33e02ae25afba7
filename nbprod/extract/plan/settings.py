"""Literals that are settings: those with names of their own, and those in calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from nbprod.libraries.hyperparameters import HYPERPARAMETERS
from nbprod.names.statements import StatementText
from nbprod.patterns import lazy_pattern
from nbprod.refactor.naming import identifier, unique
from nbprod.refactor.plan import Constant, Function
from nbprod.refactor.purity import is_immutable
from nbprod.syntax.names import last_name

__all__ = ["InCalls", "class_name", "is_many", "parameter_names", "settings_in_calls"]

# More than this are one parameter: a class of settings.
_MANY = 5
_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.JoinedStr)
_FILES = lazy_pattern(
    r"(?:read|to|load|save|open|from|write)(?:_\w+)?\Z|(?:gen|save|load)?(?:from)?txt\Z|imread\Z|"
    r"savefig\Z|listdir\Z|glob\Z|Path\Z"
)
_PATH = lazy_pattern(r"[\w.\-~:/\\ *]+\.\w{2,8}\Z|(?:[\w.\-~]*/)+[\w.\-*]*\Z|\w+://\S+\Z")


class InCalls(NamedTuple):
    """The settings found, and their names by the literals whose place they take."""

    settings: tuple[Constant, ...]
    names: dict[ast.AST, str]


def settings_in_calls(units: Iterable[StatementText], taken: Container[str]) -> InCalls:
    """Hyperparameters and paths that stand as literals in calls.

    Args:
        units: the statements of a function to be.
        taken: names that the settings must not get.
    """
    found: dict[tuple[str, str], Constant] = {}
    names: dict[ast.AST, str] = {}
    for unit in units:
        for wanted, literal in _literals(unit):
            text = ast.unparse(literal)
            setting = found.get((wanted, text))
            if setting is None:
                used = {constant.name for constant in found.values()}
                name = unique(wanted, _Either(taken, used))
                setting = found[wanted, text] = Constant(name, text, unit)
            names[literal] = setting.name
    return InCalls(tuple(found.values()), names)


class _Either:
    """Names of two collections."""

    def __init__(self, one: Container[str], other: Container[str]) -> None:
        self.one, self.other = one, other

    def __contains__(self, name: object) -> bool:
        return name in self.one or name in self.other


def _literals(unit: StatementText) -> Iterator[tuple[str, ast.expr]]:
    """What would be a setting in a statement: the name it wants and the literal."""
    for node in _run_at_once(unit.node):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg in HYPERPARAMETERS and _is_value(keyword.value):
                yield keyword.arg, keyword.value
        called = last_name(node.func)
        if node.args and _FILES.match(called) and isinstance(node.args[0], ast.Constant):
            value = node.args[0].value
            if isinstance(value, str) and _PATH.match(value):
                stem = identifier(re.split(r"[/\\]", value.rstrip("/\\"))[-1].partition(".")[0], 2)
                yield (f"{stem}_path" if stem else "path"), node.args[0]


def _run_at_once(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement outside of functions, classes and f-strings, which may show the
    text of their expressions."""
    if isinstance(node, _LATER):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _run_at_once(child)


def _is_value(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is not None and not isinstance(node.value, bool)
    return is_immutable(node)


def is_many(function: Function) -> bool:
    """Whether a function's settings are one parameter, of a class of their own."""
    return len(function.settings) > _MANY


def class_name(function: Function) -> str:
    """The name of that class."""
    return "".join(word.capitalize() for word in function.name.split("_")) + "Settings"


def parameter_names(function: Function) -> Sequence[str]:
    """The names of the parameters that settings make."""
    return ["settings"] if is_many(function) else [constant.name for constant in function.settings]
