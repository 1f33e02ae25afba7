"""Columns that become an index, or an index a column, until the same cell takes it back."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.flow.repeated_resets import takes_index_back
from nbprod.flow.types import SelfDependence
from nbprod.rules.intended_reruns import statement_at
from nbprod.syntax.walk import walk

__all__ = ["is_taken_back"]


def is_taken_back(reason: SelfDependence, facts: Facts) -> bool:
    """Whether the cell makes the column of a `reset_index` the index again, or deletes it.

    And the other way round: a `reset_index` below a `set_index`.
    """
    statement = statement_at(reason, facts)
    parsed = facts.parsed[reason.span.cell]
    calls = [node for node in walk(statement) if isinstance(node, ast.Call)] if statement else []
    if statement is None or parsed is None or len(calls) != 1:
        # What else the statement does stays.
        return False
    others = [
        node
        for node in parsed.live_nodes_of((ast.Assign, ast.Expr, ast.Delete))
        if node is not statement
    ]
    later = [node for node in others if node.lineno > statement.lineno]
    if _is_method(calls[0], reason.name, "reset_index"):
        return any(_takes_back(node, reason.name) for node in later)
    # Whether the column is there, before or after: `reset_index(drop=True)` has none.
    return _is_method(calls[0], reason.name, "set_index") and any(
        _is_method(part, reason.name, "reset_index")
        and not any(option.arg == "drop" for option in part.keywords)
        for node in others
        for part in walk(node)
        if isinstance(part, ast.Call)
    )


def _is_method(call: ast.Call, name: str, method: str) -> bool:
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == method
        and ast.unparse(function.value) == name
    )


def _takes_back(statement: ast.stmt, name: str) -> bool:
    """Whether it is `del df["index"]`, or `df = df.set_index("index")` with or without `df =`."""
    if isinstance(statement, ast.Delete):
        return any(
            isinstance(target, ast.Subscript)
            and ast.unparse(target.value) == name
            and isinstance(target.slice, ast.Constant)
            for target in statement.targets
        )
    if isinstance(statement, ast.Assign):
        if [ast.unparse(target) for target in statement.targets] != [name]:
            return False
    elif not isinstance(statement, ast.Expr):
        return False
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value).startswith(name)
        and takes_index_back(node)
        for node in walk(statement.value)
    )
