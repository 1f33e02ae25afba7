"""Columns that a cell reads and then takes away, so that a second run raises."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.types import SelfDependence
from nbprod.syntax.walk import walk

__all__ = ["MissingColumns"]

_LONGEST = 50
_TAKING = (".rename(", ".drop(", ".pop(", "del ")


class MissingColumns:
    """Cells that read a column and take it away below: a second run stops at the read."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def stop(self, cell: int) -> SelfDependence | None:
        """The first statement of a cell of which a second run raises, for the column is gone."""
        parsed = self._facts.parsed[cell]
        if parsed is None or parsed.tree is None:
            return None
        if not any(word in parsed.cell.source for word in _TAKING):
            return None
        fresh = _fresh(parsed.tree)
        stops = [statement for block in _blocks(parsed.tree) for statement in _stops(block, fresh)]
        if not stops:
            return None
        spans = {self._facts.span(cell, statement): statement for statement in stops}
        start, statement = min(spans.items(), key=lambda item: item[0])
        span = start._replace(end=start.start)
        name = next(iter(_columns_of(statement, ast.Load)))[0]
        text = " ".join(ast.unparse(statement).split())
        return SelfDependence("fails", name, span, text[:_LONGEST], certain=True)


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    """The statements of a cell, and the bodies of its loops: `for c in words: df.drop(c)`."""
    yield tree.body
    for statement in tree.body:
        if isinstance(statement, ast.For) and isinstance(statement.target, ast.Name):
            yield statement.body


def _fresh(tree: ast.Module) -> set[str]:
    """The names that a cell makes of something else before it does anything with them."""
    fresh: set[str] = set()
    used: set[str] = set()
    for statement in tree.body:
        used |= {
            node.id
            for node in walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        if isinstance(statement, ast.Assign):
            names = {target.id for target in statement.targets if isinstance(target, ast.Name)}
            fresh |= names - used
    return fresh


def _stops(block: list[ast.stmt], fresh: set[str]) -> Iterator[ast.stmt]:
    """The statements that read a column which a statement below takes away."""
    first: dict[tuple[str, str], ast.stmt] = {}
    made: set[tuple[str, str]] = set()
    for statement in block:
        if isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr, ast.Delete)):
            for column in _taken_away(statement):
                if column in first and column[0] not in fresh:
                    yield first[column]
            for column in _columns_of(statement, ast.Load) - made:
                first.setdefault(column, statement)
        made |= _columns_of(statement, ast.Store)


def _columns_of(statement: ast.stmt, context: type[ast.expr_context]) -> set[tuple[str, str]]:
    """The columns that a statement reads, or stores, as (frame, how the column is written)."""
    found = set()
    for node in walk(statement):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, context):
            base, key = node.value, node.slice
            keys = key.elts if isinstance(key, ast.List) else [key]
            if isinstance(base, ast.Name) and all(map(_is_label, keys)):
                found |= {(base.id, ast.unparse(label)) for label in keys}
    return found


def _is_label(node: ast.expr) -> bool:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_text or isinstance(node, ast.Name)


def _taken_away(
    statement: ast.Assign | ast.AugAssign | ast.Expr | ast.Delete,
) -> Iterator[tuple[str, str]]:
    """The columns that `df.rename(columns={…})`, `df.drop(…)` or `del` takes away for good."""
    if isinstance(statement, ast.Delete):
        yield from _columns_of(statement, ast.Del)
        return
    call = statement.value
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return
    if call.func.attr == "pop" and isinstance(call.func.value, ast.Name):
        yield from ((call.func.value.id, ast.unparse(arg)) for arg in call.args if _is_label(arg))
        return
    frame, keywords = call.func.value, {one.arg: one.value for one in call.keywords}
    in_place = keywords.get("inplace")
    kept = isinstance(in_place, ast.Constant) and in_place.value is True
    if isinstance(statement, ast.Assign) and isinstance(frame, ast.Name):
        kept = [ast.unparse(target) for target in statement.targets] == [frame.id]
    if not kept or not isinstance(frame, ast.Name):
        return
    columns = keywords.get("columns")
    if call.func.attr == "rename" and isinstance(columns, ast.Dict):
        new = {ast.unparse(value) for value in columns.values}
        old = [key for key in columns.keys if isinstance(key, ast.Constant)]
        if len(old) == len(columns.keys):
            yield from ((frame.id, ast.unparse(key)) for key in old if ast.unparse(key) not in new)
    elif call.func.attr == "drop" and "errors" not in keywords:
        labels = columns or keywords.get("labels") or next(iter(call.args), None)
        axis = keywords.get("axis") or next(iter(call.args[1:]), None)
        if columns is None and (axis is None or ast.unparse(axis) not in ("1", "'columns'")):
            return
        several = labels.elts if isinstance(labels, (ast.List, ast.Tuple)) else [labels]
        for label in several:
            if label is not None and _is_label(label):
                yield frame.id, ast.unparse(label)
