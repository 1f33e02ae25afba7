"""Which statements draw: by a plotting library, on what it gave, or on what is called axes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from nbprod.facts import Facts
from nbprod.refactor.display import draws
from nbprod.syntax.names import mentioned_names
from nbprod.syntax.walk import walk

__all__ = ["drawing_statements", "makes_one_figure"]

_DRAWN = frozenset("ax axs axes fig figure ax1 ax2".split())
_BEGINNING = ("figure", "subplots", "show", "subplot_mosaic", "savefig")


def drawing_statements(statements: Iterable[ast.stmt], facts: Facts) -> list[ast.stmt]:
    """The statements that draw, in their order."""
    drawn = set(_DRAWN)
    found = []
    for statement in statements:
        used = mentioned_names(statement)
        if used & drawn or draws(statement, facts.imported):
            found.append(statement)
            if isinstance(statement, ast.Assign):
                drawn |= {
                    part.id
                    for target in statement.targets
                    for part in walk(target)
                    if isinstance(part, ast.Name)
                }
    return found


def makes_one_figure(body: Sequence[ast.stmt]) -> bool:
    """Whether a cell begins, shows and saves one figure at most, and none in a loop."""
    calls = [
        part.func.attr
        for statement in body
        for part in walk(statement)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute)
    ]
    return all(calls.count(name) <= 1 for name in _BEGINNING)
