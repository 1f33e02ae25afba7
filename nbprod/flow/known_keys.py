"""Reads of keys that a dictionary or data frame cannot have yet, where all its keys are known.

Only what stands at the top level of cells is followed, in the order of the page. A name is given
up when it is passed on, changed in a way that is not followed, or used so in any function.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import children, walk

__all__ = ["EarlyKey", "early_keys"]

Qualify = Callable[[ast.expr], str]

_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_SOMETIMES = (ast.IfExp, ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
    ast.Lambda)  # fmt: skip
_READERS = frozenset(
    """
    print len list sorted str repr type display bool iter enumerate set tuple isinstance id max min
    """.split()
)
_CHANGING = frozenset(
    """
    insert pop popitem update eval setdefault clear columns loc iloc at iat __setitem__ attrs
    rename drop set_axis
    """.split()
)
_DYNAMIC = ("exec", "eval", "globals", "vars", "locals")
_STRAIGHT = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign)


class EarlyKey(NamedTuple):
    """A read of a key: its node, the variable, and the cell that sets it later, if any does."""

    cell: int
    node: ast.expr
    name: str
    key: str
    later: int | None
    is_frame: bool


class _Known:
    """What is known of one variable: its keys, and whether it is a data frame."""

    def __init__(self, keys: set[str], is_frame: bool) -> None:
        self.keys = keys
        self.is_frame = is_frame


def early_keys(parsed: Sequence[ParsedCell | None], qualify: Qualify) -> Iterator[EarlyKey]:
    """Yield the reads that raise a KeyError whenever the cells run from top to bottom."""
    hidden = cache(lambda: _used_in_functions(parsed))
    known: dict[str, _Known] = {}
    for cell in parsed:
        if cell is None:
            continue
        if cell.tree is None or any(magic.opaque_names for magic in cell.magics):
            known.clear()
            continue
        touched = _may_touch(cell.cell.source, known)
        for statement in cell.tree.body:
            failed = False
            for node, name, key in _missing(statement, known) if touched else ():
                later = _set_later(parsed, cell.cell.index, name, key)
                yield EarlyKey(cell.cell.index, node, name, key, later, known[name].is_frame)
                failed = True
            if known and touched:
                _forget(statement, known)
            made = _made(statement, qualify)
            if made is not None and made[0] not in hidden():
                known[made[0]] = made[1]
                touched = True
            if failed:
                # Nothing below it in the cell runs.
                break


def _may_touch(source: str, known: Iterable[str]) -> bool:
    """Whether a cell may use one of some names; Python reads some letters as those of ASCII."""
    words = (*known, *_DYNAMIC)
    return not source.isascii() or any(word in source for word in words)


def _used_in_functions(parsed: Sequence[ParsedCell | None]) -> set[str]:
    return {
        name.id
        for cell in parsed
        if cell is not None
        for node in cell.nodes
        if isinstance(node, _INNER)
        for name in walk(node)
        if isinstance(name, ast.Name)
    }


def _missing(statement: ast.stmt, known: dict[str, _Known]) -> Iterator[tuple[ast.expr, str, str]]:
    """The keys that a statement reads for certain and that are not there."""
    if not isinstance(statement, _STRAIGHT) or not known:
        return
    if isinstance(statement, ast.AugAssign):
        yield from _missing_in(statement.target, known, in_place=True)
    left = [part for part in (getattr(statement, "value", None),) if part is not None]
    while left:
        node = left.pop()
        if isinstance(node, _SOMETIMES):
            continue
        yield from _missing_in(node, known)
        left += children(node)


def _missing_in(
    node: ast.AST, known: dict[str, _Known], in_place: bool = False
) -> Iterator[tuple[ast.expr, str, str]]:
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
        return
    if not in_place and not isinstance(node.ctx, ast.Load):
        return
    name = node.value.id
    found = known.get(name)
    if found is None:
        return
    keys = node.slice.elts if found.is_frame and isinstance(node.slice, ast.List) else [node.slice]
    for key in keys:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            if key.value not in found.keys:
                yield node, name, key.value
                return


def _forget(statement: ast.stmt, known: dict[str, _Known]) -> None:
    """Take in the keys that a statement adds, and forget what it may change otherwise."""
    nodes = walk(statement)
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    if names.isdisjoint(known) and names.isdisjoint(_DYNAMIC):
        return
    for node in nodes:
        # Under a condition a key may be set: from there on it is taken to be there.
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            _store(node, known)
        elif isinstance(node, ast.Name) and node.id in _DYNAMIC:
            known.clear()
    for name in _given_up(nodes):
        known.pop(name, None)


def _made(statement: ast.stmt, qualify: Qualify) -> tuple[str, _Known] | None:
    """The name that a statement binds to something of which all keys are known."""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return None
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return None
    made = _literal(statement.value, qualify)
    return None if made is None else (targets[0].id, made)


def _store(target: ast.Subscript, known: dict[str, _Known]) -> None:
    """`x["key"] = …` adds a key, whatever it is given."""
    if isinstance(target.value, ast.Name):
        found = known.get(target.value.id)
        if found is not None:
            if isinstance(target.slice, ast.Constant):
                found.keys.add(str(target.slice.value))
            else:
                del known[target.value.id]


def _literal(value: ast.expr, qualify: Qualify) -> _Known | None:
    """The keys of `{}`, `dict(a=1)`, `{"a": 1}` and `pd.DataFrame({"a": …})`."""
    if isinstance(value, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
        if all(isinstance(key, str) for key in keys):
            return _Known({str(key) for key in keys}, is_frame=False)
        return None
    if not isinstance(value, ast.Call):
        return None
    if isinstance(value.func, ast.Name) and value.func.id == "dict" and not value.args:
        if all(keyword.arg for keyword in value.keywords):
            return _Known({str(keyword.arg) for keyword in value.keywords}, is_frame=False)
    if qualify(value.func) == "pandas.DataFrame" and len(value.args) == 1:
        columns = _literal(value.args[0], qualify)
        named = {keyword.arg for keyword in value.keywords}
        if columns is not None and columns.keys and named <= {"index"}:
            return _Known(columns.keys, is_frame=True)
    return None


def _given_up(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The names that a statement, with all its nodes, may change by its use of them, or binds."""
    parents = {id(child): (node, child) for node in nodes for child in children(node)}
    for node in nodes:
        if not isinstance(node, ast.Name):
            continue
        parent = parents[id(node)][0] if id(node) in parents else nodes[0]
        if not isinstance(node.ctx, ast.Load) or not _is_read(node, parent, parents):
            yield node.id


def _is_read(node: ast.Name, parent: ast.AST, parents: dict[int, tuple[ast.AST, ast.AST]]) -> bool:
    if isinstance(parent, ast.Subscript) and parent.value is node:
        if isinstance(parent.ctx, ast.Load):
            # What is below a key may be passed on; the keys themselves stay.
            return True
        return isinstance(parent.ctx, ast.Store)
    if isinstance(parent, ast.Attribute):
        call = parents[id(parent)][0] if id(parent) in parents else None
        inplace = isinstance(call, ast.Call) and any(
            keyword.arg in ("inplace", None) for keyword in call.keywords
        )
        return isinstance(parent.ctx, ast.Load) and parent.attr not in _CHANGING and not inplace
    if isinstance(parent, ast.Call):
        return isinstance(parent.func, ast.Name) and parent.func.id in _READERS
    return isinstance(parent, (ast.Compare, ast.Expr, ast.FormattedValue, ast.For))


def _updates(node: ast.AST, name: str, key: str) -> bool:
    """Whether a node is `name.update(key=…)`, `name.update({"key": …})` or `setdefault`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    owner = node.func.value
    if not isinstance(owner, ast.Name) or owner.id != name:
        return False
    if node.func.attr == "setdefault":
        return bool(node.args) and getattr(node.args[0], "value", None) == key
    if node.func.attr != "update":
        return False
    literals = [argument for argument in node.args if isinstance(argument, ast.Dict)]
    keys = [getattr(inner, "value", None) for literal in literals for inner in literal.keys]
    return key in keys or any(keyword.arg == key for keyword in node.keywords)


def _set_later(parsed: Sequence[ParsedCell | None], cell: int, name: str, key: str) -> int | None:
    """The first cell below, or the same, that sets a key at any depth."""
    for other in parsed[cell:]:
        nodes = other.nodes if other is not None else ()
        added = {id(node.target) for node in nodes if isinstance(node, ast.AugAssign)}
        if other is not None and any(_updates(node, name, key) for node in nodes):
            return other.cell.index
        for node in nodes:
            if (
                isinstance(node, ast.Subscript)
                and isinstance(node.ctx, ast.Store)
                and id(node) not in added
                and isinstance(node.value, ast.Name)
                and node.value.id == name
                and isinstance(node.slice, ast.Constant)
                and node.slice.value == key
            ):
                return other.cell.index if other is not None else None
    return None
