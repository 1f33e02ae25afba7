"""Whether cells compute with the value of a name, or only look at it."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable

from nbprod.facts import Facts
from nbprod.syntax.names import last_name, root_of
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk

__all__ = ["is_computed_with"]

_SHOWS = frozenset("print display pprint type len id write info debug warning".split())
_DRAWS = ("matplotlib", "seaborn", "plotly")


def is_computed_with(name: str, facts: Facts, without: Container[int] = ()) -> bool:
    """Whether something is computed with a value: it is not only shown, drawn, changed anew.

    ``without``: cells whose reads do not count.
    """
    reads = harmless = 0
    for parsed in facts.shared(_ReadingCells).of(name):
        if parsed.cell.index in without:
            continue
        for node in parsed.nodes:
            if isinstance(node, ast.Name):
                reads += _reads(name, node)
            elif isinstance(node, ast.stmt) and _is_harmless(node, name, facts):
                harmless += _reads(name, node)
    return reads != harmless


class _ReadingCells:
    """The cells that read each name, found in one reading of a notebook."""

    def __init__(self, facts: Facts) -> None:
        self._cells: dict[str, dict[int, ParsedCell]] = {}
        for parsed in facts.parsed:
            for node in parsed.nodes if parsed is not None else ():
                if parsed is not None and isinstance(node, ast.Name):
                    self._cells.setdefault(node.id, {})[parsed.cell.index] = parsed

    def of(self, name: str) -> Iterable[ParsedCell]:
        """The cells that have a name, in document order."""
        return self._cells.get(name, {}).values()


def _is_harmless(node: ast.stmt, name: str, facts: Facts) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
    if isinstance(node, ast.AugAssign):
        return isinstance(node.target, ast.Name) and node.target.id == name
    if isinstance(node, ast.Delete):
        return all(root_of(target)[0] == name for target in node.targets)
    return isinstance(node, ast.Expr) and _shows(node.value, name, facts)


def _shows(node: ast.expr, name: str, facts: Facts) -> bool:
    """Whether an expression that stands alone only shows: it calls nothing that could do more."""
    for part in walk(node):
        if isinstance(part, ast.Call) and last_name(part.func) not in _SHOWS:
            root, _ = root_of(part.func)
            if root != name and not facts.qualified(part.func).startswith(_DRAWS):
                return False
    return True


def _reads(name: str, tree: ast.AST) -> int:
    return sum(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for node in walk(tree)
    )
