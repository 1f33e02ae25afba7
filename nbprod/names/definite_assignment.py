"""What statements read from before themselves, and what they bind for sure: by syntax alone.

The data flow folds what it knows, so that a branch which the present constants skip is no branch
to it. A module outlives the present constants; so its signatures rest on this as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nbprod.names.loads import loads
from nbprod.names.scopes import bound_names
from nbprod.syntax.walk import walk

__all__ = ["Assignments", "effect_of"]


class Assignments(NamedTuple):
    """``reads`` are names whose value from before may be read; ``binds`` are bound on every
    path."""

    reads: frozenset[str]
    binds: frozenset[str]


def effect_of(statements: Iterable[ast.stmt], bound: frozenset[str] = frozenset()) -> Assignments:
    """The effect of statements one after another, where ``bound`` is bound already."""
    reads: set[str] = set()
    binds = set(bound)
    for statement in statements:
        effect = _one(statement)
        reads |= effect.reads - binds
        binds |= effect.binds
        if isinstance(statement, ast.Delete):
            binds -= {
                expression.id
                for expression in statement.targets
                if isinstance(expression, ast.Name)
            }
    return Assignments(frozenset(reads), frozenset(binds))


def _one(node: ast.stmt) -> Assignments:
    if isinstance(node, ast.If):
        body, other = effect_of(node.body), effect_of(node.orelse)
        return Assignments(_reads(node.test) | body.reads | other.reads, body.binds & other.binds)
    if isinstance(node, (ast.For, ast.AsyncFor)):
        targets = _targets([node.target])
        body, other = effect_of(node.body, targets), effect_of(node.orelse)
        reads = _reads(node.iter) | _reads(node.target) | body.reads | other.reads
        if not _turns(node.iter):
            return Assignments(reads, frozenset())
        leaves = any(isinstance(child, (ast.Break, ast.Continue)) for child in walk(node))
        return Assignments(reads, targets if leaves else body.binds)
    if isinstance(node, ast.While):
        reads = _reads(node.test) | effect_of(node.body).reads | effect_of(node.orelse).reads
        return Assignments(reads, frozenset())
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return _with(node)
    if isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
        return _try(node)  # type: ignore[arg-type]
    if isinstance(node, ast.Match):
        reads = _reads(node.subject)
        for case in node.cases:
            captured = frozenset(bound_names([ast.Match(subject=node.subject, cases=[
                ast.match_case(pattern=case.pattern, guard=None, body=[])
            ])]))  # fmt: skip
            patterns = frozenset(name_node.id for name_node in loads(case.pattern))
            guard = _reads(case.guard) if case.guard else frozenset()
            reads |= patterns | (guard - captured) | effect_of(case.body, captured).reads
        return Assignments(reads, frozenset())
    return _simple(node)


def _turns(node: ast.expr) -> bool:
    """Whether a loop over this has a turn for sure."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return any(not isinstance(expression, ast.Starred) for expression in node.elts)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        bounds = [
            part.value
            for part in node.args
            if isinstance(part, ast.Constant) and isinstance(part.value, int)
        ]
        if len(bounds) != len(node.args):
            return False
        try:
            return len(range(*bounds)) > 0
        except (TypeError, ValueError, OverflowError):
            return False
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)


def _simple(node: ast.stmt) -> Assignments:
    reads = frozenset(name_node.id for name_node in loads(node))
    if isinstance(node, ast.Delete):
        return Assignments(reads, frozenset())
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return Assignments(reads, frozenset())
    # A walrus may be in a part that is not evaluated.
    walrus = {
        part.target.id
        for part in walk(node)
        if isinstance(part, ast.NamedExpr) and isinstance(part.target, ast.Name)
    }
    return Assignments(reads, frozenset(bound_names([node])) - walrus)


def _with(node: ast.With | ast.AsyncWith) -> Assignments:
    reads: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    for item in node.items:
        reads |= _reads(item.context_expr) - binds
        if item.optional_vars is not None:
            reads |= _reads(item.optional_vars) - binds
            binds |= _targets([item.optional_vars])
    body = effect_of(node.body, binds)
    texts = " ".join(ast.unparse(item.context_expr) for item in node.items)
    may_stop = "suppress" in texts or "raises" in texts
    return Assignments(reads | body.reads, binds if may_stop else body.binds)


def _try(node: ast.Try) -> Assignments:
    body = effect_of(node.body)
    whole = effect_of(node.orelse, body.binds)
    reads = body.reads | whole.reads
    binds = whole.binds
    for handler in node.handlers:
        inside = effect_of(handler.body, frozenset([handler.name] if handler.name else []))
        reads |= inside.reads | (_reads(handler.type) if handler.type else frozenset())
        binds &= inside.binds - {handler.name or ""}
    final = effect_of(node.finalbody)
    return Assignments(reads | final.reads, binds | final.binds)


def _reads(node: ast.expr) -> frozenset[str]:
    return frozenset(name_node.id for name_node in loads(node))


def _targets(nodes: Sequence[ast.expr]) -> frozenset[str]:
    assignment = ast.Assign(targets=list(nodes), value=ast.Constant(value=None))
    return frozenset(bound_names([assignment]))
