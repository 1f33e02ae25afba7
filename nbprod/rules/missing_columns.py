"""Columns that a cell reads and then removes, so that a second run raises."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from nbprod.facts import Facts
from nbprod.flow.types import SelfDependence
from nbprod.syntax.walk import walk

__all__ = ["MissingColumns"]

_LONGEST = 50
_Column = tuple[str, str]
# Methods that read columns, with the word for their first argument.
_KEYED = {
    "groupby": "by", "set_index": "keys", "sort_values": "by", "drop_duplicates": "subset",
    "explode": "column", "pivot_table": "index", "pivot": "index",
}  # fmt: skip
# What may give a frame columns that it did not have.
_GROWING = frozenset(
    "merge join assign concat get_dummies apply pivot pivot_table reset_index insert".split()
)
_TAKING = (".rename(", ".drop(", ".pop(", "del ")


class MissingColumns:
    """Cells that read a column and take it away below: a second run stops at the read."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._texts: dict[str, str | None] | None = None

    def _spelled(self, column: _Column) -> _Column:
        """A column with its label as a text, where a name holds it: `key = "id"`."""
        frame, label = column
        if not label.isidentifier():
            return column
        if self._texts is None:
            self._texts = {}
            for _, node in self._facts.nodes_with(ast.Assign, "="):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        value = node.value
                        is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
                        text = ast.unparse(value) if is_text else None
                        known = self._texts.setdefault(target.id, text)
                        self._texts[target.id] = text if known == text else None
        return frame, self._texts.get(label) or label

    def stop(self, cell: int) -> SelfDependence | None:
        """The first statement of a cell of which a second run raises, for the column is gone."""
        parsed = self._facts.parsed[cell]
        if parsed is None or parsed.tree is None:
            return None
        if not any(word in parsed.cell.source for word in _TAKING):
            return None
        fresh = _fresh(parsed.tree)
        stops = [
            stopped
            for block in _blocks(parsed.tree)
            for stopped in _stops(block, fresh, self._spelled)
        ]
        if not stops:
            return None
        spans = {self._facts.span(cell, statement): (statement, name) for statement, name in stops}
        start, (statement, name) = min(spans.items(), key=lambda item: item[0])
        span = start._replace(end=start.start)
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


def _stops(
    block: list[ast.stmt], fresh: set[str], spelled: Callable[[_Column], _Column]
) -> Iterator[tuple[ast.stmt, str]]:
    """The statements that read a column which a statement below removes, with the frame."""
    first: dict[_Column, ast.stmt] = {}
    made: set[_Column] = set()
    grown: set[str] = set()
    for statement in block:
        if isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr, ast.Delete)):
            for column in map(spelled, _taken_away(statement)):
                if column in first and column[0] not in fresh:
                    yield first[column], column[0]
            for column in (_columns_of(statement, ast.Load) | _keys_of(statement)) - made:
                # What a merge has brought it brings again.
                if column[0] not in grown:
                    first.setdefault(spelled(column), statement)
            grown |= _grown(statement)
        made |= _columns_of(statement, ast.Store)


def _grown(statement: ast.stmt) -> set[str]:
    """The frames that a statement replaces by ones which may have more columns."""
    if not isinstance(statement, ast.Assign) or not any(
        isinstance(part, ast.Attribute) and part.attr in _GROWING for part in walk(statement.value)
    ):
        return set()
    return {target.id for target in statement.targets if isinstance(target, ast.Name)}


def _keys_of(statement: ast.stmt) -> set[_Column]:
    """The columns by which a statement merges, groups or sorts, as (frame, how it is written)."""
    found: set[_Column] = set()
    for node in walk(statement):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        words = {keyword.arg: keyword.value for keyword in node.keywords}
        if node.func.attr == "merge":
            frames = [*node.args[:2]]
            if len(frames) < 2:
                frames = [node.func.value, *frames]
            for frame, own in zip(frames, ("left_on", "right_on"), strict=False):
                found |= _labels(frame, words.get("on")) | _labels(frame, words.get(own))
        elif node.func.attr in _KEYED:
            keys = [words.get(_KEYED[node.func.attr]), *node.args[:1]]
            for key in keys:
                found |= _labels(node.func.value, key)
    return found


def _labels(frame: ast.expr, keys: ast.expr | None) -> set[_Column]:
    """The columns of a frame that a label or a list of labels names."""
    parts = keys.elts if isinstance(keys, (ast.List, ast.Tuple)) else [keys]
    if not isinstance(frame, ast.Name):
        return set()
    return {(frame.id, ast.unparse(part)) for part in parts if part is not None and _is_label(part)}


def _columns_of(statement: ast.stmt, context: type[ast.expr_context]) -> set[_Column]:
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
) -> Iterator[_Column]:
    """The columns that `df.rename(columns={…})`, `df.drop(…)` or `del` removes for good."""
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
