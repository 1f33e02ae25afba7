"""Additions of what is missing only, of which a second run of the cell adds nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.types import SelfDependence
from nbprod.rules.intended_reruns import statement_at
from nbprod.syntax.names import last_name, mentioned_names
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk

__all__ = ["adds_what_is_missing"]

_KINDS = ("rebinds", "augments", "mutates", "overwrites")
_DEFINING = ("import", "star-import", "function", "class")
_Values = dict[str, list[ast.expr]]


def adds_what_is_missing(reason: SelfDependence, facts: Facts) -> bool:
    """Whether only what is not there is added.

    `new = b[~b.k.isin(a.k)]` and then `a + new`; `missing = set(b) - set(a)` and then
    `a.extend(missing)`, or anything else below `if missing:`.
    """
    statement = statement_at(reason, facts)
    parsed = facts.parsed[reason.span.cell]
    value = getattr(statement, "value", None)
    if not isinstance(value, ast.AST) or reason.kind not in _KINDS or parsed is None:
        return False
    made = _made_in(parsed, statement)
    if _leaves_out(value, reason.name, made):
        return True
    if any(_needs_some(test, reason.name, made) for test in _tests_above(parsed, statement)):
        return True
    added = {
        name
        for name in mentioned_names(value) - {reason.name} - _picked_from(value, reason.name, made)
        if any(
            definition.binding.kind not in _DEFINING
            for definition in facts.flow.definitions.get(name, ())
        )
        or name in made
    }
    return bool(added) and all(_is_anti_join(name, reason.name, made, set()) for name in added)


def _made_in(parsed: ParsedCell, statement: ast.stmt | None) -> _Values:
    """What a cell gives names, those of its loops included."""
    made: _Values = {}
    for node in parsed.live_nodes:
        if isinstance(node, ast.For):
            targets, value = [node.target], node.iter
        elif isinstance(node, ast.Assign) and node is not statement:
            targets, value = node.targets, node.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name):
                made.setdefault(target.id, []).append(value)
    return made


def _tests_above(parsed: ParsedCell, statement: ast.stmt | None) -> Iterator[ast.expr]:
    """The conditions under which a statement runs."""
    for node in parsed.live_nodes_of(ast.If):
        if any(part is statement for inner in node.body for part in walk(inner)):
            yield node.test


def _needs_some(test: ast.expr, table: str, made: _Values) -> bool:
    """Whether a condition is that something is missing: `missing`, `len(missing) > 0`."""
    if isinstance(test, ast.Compare):
        if not isinstance(test.ops[0], (ast.Gt, ast.NotEq)):
            return False
        zero = test.comparators[0]
        if not (isinstance(zero, ast.Constant) and zero.value == 0):
            return False
        test = test.left
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        empty = test.operand
        if not (isinstance(empty, ast.Attribute) and empty.attr == "empty"):
            return False
        test = empty.value
    if isinstance(test, ast.Call) and last_name(test.func) == "len" and test.args:
        test = test.args[0]
    return isinstance(test, ast.Name) and _is_anti_join(test.id, table, made, set())


def _picked_from(value: ast.AST, table: str, made: _Values) -> set[str]:
    """The tables of which only rows are taken that are missing: `new[new.id.isin(missing)]`."""
    picked: set[str] = set()
    for node in walk(value):
        if isinstance(node, ast.Subscript):
            names = mentioned_names(node.slice) - mentioned_names(node.value)
            if any(_is_anti_join(name, table, made, set()) for name in names):
                picked |= mentioned_names(node.value)
    return picked


def _is_anti_join(name: str, table: str, made: _Values, seen: set[str]) -> bool:
    """Whether a name holds rows without those of a table, as the cell works it out."""
    values = made.get(name, [])
    if not values or name in seen:
        return False
    seen.add(name)
    for value in values:
        if not _leaves_out(value, table, made):
            parts = sorted(mentioned_names(value) & made.keys() - {name})
            if not parts or not all(_is_anti_join(part, table, made, seen) for part in parts):
                return False
    return True


def _leaves_out(value: ast.AST, table: str, made: _Values) -> bool:
    """Whether an expression excludes what a table has: by `~isin`, `-` of sets or `not in`."""
    return any(
        table in _sources(removed, made) for node in walk(value) for removed in _removed(node)
    )


def _removed(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        for call in walk(node.operand):
            if isinstance(call, ast.Call) and last_name(call.func) == "isin":
                yield from call.args
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        if _is_set(node.left) or _is_set(node.right):
            yield node.right
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "difference":
            yield from node.args
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotIn):
                yield test.comparators[0]


def _is_set(node: ast.expr) -> bool:
    return isinstance(node, ast.Set) or (
        isinstance(node, ast.Call) and last_name(node.func) in ("set", "frozenset", "keys")
    )


def _sources(node: ast.AST, made: _Values) -> set[str]:
    """The names in an expression, and those in what the cell has made them of."""
    keys = mentioned_names(node)
    return keys | {
        name for key in keys for kept in made.get(key, ()) for name in mentioned_names(kept)
    }
