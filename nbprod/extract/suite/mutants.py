"""Changed modules: one small fault each, which good tests notice. Pure."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.syntax.walk import children, walk

__all__ = ["Mutant", "mutants_of", "statement_lines"]

_SEED = 0
_OPPOSITES: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Functions of functions have their own turn; the parts of strings have no places in older versions
# of Python; defaults are no statements.
_SKIPPED = (*_FUNCTIONS, ast.ClassDef, ast.JoinedStr, ast.arguments)


class Mutant(NamedTuple):
    """A module with one fault: its ``line``, what was there and what is there now, and the text."""

    line: int
    old: str
    new: str
    text: str


def mutants_of(text: str, most: int) -> list[Mutant]:
    """At most so many mutants of a module's functions, the same ones each time."""
    data = text.encode()
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = [*_faults(ast.parse(text))]
    random.Random(_SEED).shuffle(found)
    made: list[Mutant] = []
    seen = {text}
    for node, new in found:
        if len(made) == most:
            break
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        replaced = (data[:start] + new.encode() + data[end:]).decode()
        if replaced not in seen and _compiles(replaced):
            seen.add(replaced)
            made.append(Mutant(node.lineno, data[start:end].decode(), new, replaced))
    return made


def _compiles(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _faults(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """What could be put in the place of which node of the functions."""
    for node in walk(tree):
        if isinstance(node, _FUNCTIONS):
            for statement in node.body:
                if not _is_docstring(statement):
                    yield from _in_statement(statement)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _in_statement(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    if isinstance(node, _SKIPPED):
        return
    if isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield from _in_statement(node.value)
        return
    if isinstance(node, (ast.Expr, ast.AugAssign, ast.Delete)) and not _is_docstring(node):
        yield node, "pass"
    if isinstance(node, ast.Return) and node.value is not None:
        yield node.value, "None"
    if isinstance(node, ast.expr):
        yield from ((node, new) for new in _changed(node))
    for child in children(node):
        yield from _in_statement(child)


def _changed(node: ast.expr) -> Iterator[str]:
    """Expressions with a small fault in the place of one."""
    if isinstance(node, ast.Constant):
        new = _constant(node.value)
        if new is not None:
            yield repr(new)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _OPPOSITES:
        other = copy.deepcopy(node)
        other.ops[0] = _OPPOSITES[type(node.ops[0])]()  # type: ignore[call-overload]
        yield f"({ast.unparse(other)})"
    elif isinstance(node, (ast.BinOp, ast.BoolOp)) and type(node.op) in _OPPOSITES:
        swapped = copy.deepcopy(node)
        swapped.op = _OPPOSITES[type(node.op)]()  # type: ignore[assignment]
        yield f"({ast.unparse(swapped)})"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.Call) and node.keywords:
        shorter = copy.deepcopy(node)
        shorter.keywords.pop()
        yield ast.unparse(shorter)


def _constant(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 2 if value else 1.0
    return f"{value}x" if isinstance(value, str) and value.strip() else None


def statement_lines(text: str) -> list[range]:
    """The lines of each statement of a module, of a compound one those of its head."""
    found = []
    for node in walk(ast.parse(text)):
        if not isinstance(node, ast.stmt) or _is_docstring(node):
            continue
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            continue
        last = node.end_lineno or node.lineno
        body = getattr(node, "body", None)
        if body:
            last = max(node.lineno, body[0].lineno - 1)
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        found.append(range(first, last + 1))
    return found
