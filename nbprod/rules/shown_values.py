"""Whether a literal is only looked at: printed, displayed, searched by a regular expression."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.syntax.dotted import dotted_name
from nbprod.syntax.types import ParsedCell

__all__ = ["is_only_shown"]

_SHOWN_BY = frozenset("print display pprint repr len type str ascii".split())
_Parents = dict[ast.AST, ast.AST]


def is_only_shown(node: ast.expr, cell: int, facts: Facts) -> bool:
    """Whether nothing is done with a literal but to show it, by a name or directly."""
    parsed = facts.parsed[cell]
    if parsed is None:
        return False
    parents = _parents(parsed)
    parent = parents.get(node)
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target = parent.targets[0]
        return isinstance(target, ast.Name) and _is_name_shown(target, cell, facts)
    return _is_shown(node, parents)


def _is_shown(node: ast.expr, parents: _Parents) -> bool:
    parent = parents.get(node)
    while isinstance(parent, (ast.FormattedValue, ast.JoinedStr, ast.BinOp, ast.Tuple)):
        parent = parents.get(parent)
    if isinstance(parent, ast.Expr):
        return True
    if not isinstance(parent, ast.Call) or node is parent.func:
        return False
    name = dotted_name(parent.func) or ""
    return name in _SHOWN_BY or name.startswith(("re.", "regex."))


def _is_name_shown(target: ast.Name, cell: int, facts: Facts) -> bool:
    """Whether all reads of a name up to its next assignment show it, and there is one."""
    uses = [
        (facts.span(parsed.cell.index, node), node, parsed)
        for parsed in facts.cells_with(target.id)
        for node in parsed.live_nodes
        if isinstance(node, ast.Name) and node.id == target.id
    ]
    uses.sort(key=lambda use: use[0])
    start = facts.span(cell, target)
    reads = 0
    for span, node, parsed in uses:
        if span <= start:
            continue
        if not isinstance(node.ctx, ast.Load):
            break
        if not _is_shown(node, _parents(parsed)):
            return False
        reads += 1
    return reads > 0


def _parents(parsed: ParsedCell) -> _Parents:
    return {child: node for node in parsed.live_nodes for child in ast.iter_child_nodes(node)}
