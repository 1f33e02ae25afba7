"""Lists of what is drawn: a second run shows an entry twice, and computes nothing with it."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.flow.types import SelfDependence
from nbprod.patterns import lazy_pattern
from nbprod.refactor.display import draws
from nbprod.syntax.names import last_name, mentioned_names
from nbprod.syntax.walk import walk

__all__ = ["is_only_drawn"]

_DRAWING = lazy_pattern(r"(?i)legend|plot|draw|show|display|scatter|annotate|label|handles|patch")


def is_only_drawn(reason: SelfDependence, facts: Facts) -> bool:
    """Whether the list that a cell adds to is read by nothing but statements that draw."""
    if reason.kind not in ("augments", "mutates") or not reason.name.isidentifier():
        return False
    drawn = False
    for statement in facts.shared(_by_mention).get(reason.name, ()):
        if _only_adds(statement, reason.name):
            continue
        if not isinstance(statement, ast.Expr) or not _draws(statement, facts):
            return False
        drawn = True
    return drawn


def _by_mention(facts: Facts) -> dict[str, list[ast.stmt]]:
    """The top-level statements of all cells by the names in them."""
    found: dict[str, list[ast.stmt]] = {}
    for parsed in facts.parsed:
        for statement in parsed.tree.body if parsed is not None and parsed.tree else ():
            for name in mentioned_names(statement):
                found.setdefault(name, []).append(statement)
    return found


def _only_adds(statement: ast.stmt, name: str) -> bool:
    """Whether the list is made or added to, and read for nothing else."""
    if isinstance(statement, ast.Assign):
        made = any(
            isinstance(target, ast.Name) and target.id == name for target in statement.targets
        )
        return made and name not in mentioned_names(statement.value)
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.target, ast.Name) and statement.target.id == name
    call = statement.value if isinstance(statement, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == name
        and call.func.attr in ("append", "extend")
    )


def _draws(statement: ast.Expr, facts: Facts) -> bool:
    return draws(statement, facts.imported) or any(
        isinstance(part, ast.Call) and _DRAWING.search(last_name(part.func)) is not None
        for part in walk(statement)
    )
