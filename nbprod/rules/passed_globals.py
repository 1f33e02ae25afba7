"""What a function can read instead of a global: a parameter, or an attribute of its object."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.fixing.callers import carrier_of
from nbprod.flow.types import FunctionFlow
from nbprod.model import Span
from nbprod.report.wording import words_listed
from nbprod.syntax.walk import walk

__all__ = ["Method", "how_to_pass", "listed_names", "method_of"]

_MOST = 3

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Method(NamedTuple):
    """A method of a class, or a function in one.

    ``receiver`` is the name of its first parameter. ``is_called_by_others``: Python or the class
    that it extends calls it, so that its parameters are given.
    """

    receiver: str
    attributes: frozenset[str]
    is_called_by_others: bool


def method_of(function: FunctionFlow, facts: Facts) -> Method | None:
    """The method that a function of the notebook is, or is in; None if it is of no class."""
    parsed = facts.parsed[function.cell] if function.cell >= 0 else None
    if parsed is None:
        return None
    for made in parsed.live_nodes_of(ast.ClassDef):
        for statement in made.body:
            if isinstance(statement, _Function):
                if _is_inside(function.span, facts.span(function.cell, statement)):
                    return _method(made, statement)
    return None


def how_to_pass(names: Sequence[str], function: FunctionFlow, facts: Facts) -> str:
    """What to read instead of globals: what is there already, or else parameters.

    That is an attribute of the class, or a parameter to which every call gives the global.
    """
    carriers = {name: carrier_of(function, name, facts) for name in names}
    carried = [
        f"use parameter `{carrier}`, which every call gives `{name}`"
        for name, carrier in carriers.items()
        if carrier is not None
    ]
    names = [name for name in names if carriers[name] is None]
    method = method_of(function, facts)
    known = method.attributes if method is not None else frozenset[str]()
    there = [f"`{method.receiver}.{name}`" for name in names if method and name in known]
    rest = [f"`{name}`" for name in names if name not in known]
    parts = [*carried, *([f"use {listed_names(there)}"] if there else ())]
    if rest and method is not None and method.is_called_by_others:
        kept = "it in an attribute" if len(rest) == 1 else "them in attributes"
        parts.append(f"pass {listed_names(rest)} to `__init__` and keep {kept}")
    elif rest:
        passed = "a parameter" if len(rest) == 1 else "parameters"
        parts.append(f"pass {listed_names(rest)} as {passed}")
    return "; ".join(parts)


def listed_names(names: Sequence[str]) -> str:
    """Some names with commas and `and`, and how many more there are."""
    if len(names) > _MOST:
        names = [*names[:_MOST], f"{len(names) - _MOST} more"]
    return words_listed(names)


def _method(made: ast.ClassDef, function: _Function) -> Method | None:
    receiver = _receiver(function)
    if receiver is None:
        return None
    name = function.name
    is_special = name.startswith("__") and name.endswith("__") and name != "__init__"
    is_extension = bool(made.bases) and name != "__init__"
    return Method(receiver, frozenset(_attributes(made)), is_special or is_extension)


def _receiver(function: _Function) -> str | None:
    """The name that a method gives its object; None of a static or class method."""
    decorators = {getattr(decorator, "id", "") for decorator in function.decorator_list}
    arguments = [*function.args.posonlyargs, *function.args.args]
    is_bound = arguments and not decorators & {"staticmethod", "classmethod"}
    return arguments[0].arg if is_bound else None


def _attributes(made: ast.ClassDef) -> set[str]:
    """The fields that a class lists, and what its methods set on their object."""
    found: set[str] = set()
    for statement in made.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            found.update(target.id for target in targets if isinstance(target, ast.Name))
        elif isinstance(statement, _Function):
            receiver = _receiver(statement)
            found.update(
                part.attr
                for part in walk(statement)
                if isinstance(part, ast.Attribute)
                and isinstance(part.ctx, ast.Store)
                and isinstance(part.value, ast.Name)
                and part.value.id == receiver
            )
    return found


def _is_inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
