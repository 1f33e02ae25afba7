"""Where the functions of a notebook are called, and what the calls give to their parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.flow.types import FunctionFlow
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk

__all__ = ["Mention", "binds", "carrier_of", "definition_of", "is_plain", "mentions_of"]

_SCOPES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


class Mention(NamedTuple):
    """A read of a name: the call of which it is the callee, if any, and the scopes around it.

    The outermost scope comes first.
    """

    cell: int
    call: ast.Call | None
    scopes: tuple[ast.AST, ...]


def mentions_of(name: str, facts: Facts) -> tuple[Mention, ...]:
    """The reads of a name in all cells, those in magics included."""
    return tuple(facts.shared(_mentions).get(name, ()))


def definition_of(name: str, facts: Facts) -> tuple[int, ast.FunctionDef] | None:
    """The `def` that alone defines a name, with its cell; None if there is another or none."""
    made = facts.flow.definitions.get(name, ())
    if len({definition.binding.span for definition in made}) != 1:
        return None
    parsed = facts.parsed[made[0].cell]
    for statement in parsed.tree.body if parsed is not None and parsed.tree is not None else ():
        if isinstance(statement, ast.FunctionDef) and statement.name == name:
            return made[0].cell, statement
    return None


def is_plain(call: ast.Call) -> bool:
    """Whether a call spells all of its arguments, and can be given another one at its end."""
    if len(call.args) == 1 and isinstance(call.args[0], ast.GeneratorExp) and not call.keywords:
        return False
    return not any(keyword.arg is None for keyword in call.keywords) and not any(
        isinstance(argument, ast.Starred) for argument in call.args
    )


def binds(scope: ast.AST, name: str) -> bool:
    """Whether a scope, or one inside, binds a name: it may mean something else there."""
    for node in walk(scope):
        if isinstance(node, ast.Name):
            if node.id == name and not isinstance(node.ctx, ast.Load):
                return True
        elif isinstance(node, ast.arg):
            if node.arg == name:
                return True
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if node is not scope and node.name == name:
                return True
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            if any((alias.asname or alias.name).partition(".")[0] == name for alias in node.names):
                return True
    return False


def carrier_of(function: FunctionFlow, name: str, facts: Facts) -> str | None:
    """The parameter to which every call gives a global that the function reads besides.

    None where there is none, where there is no call, or where the function binds the parameter.
    """
    found = definition_of(function.name, facts)
    if found is None or found[1].decorator_list or found[0] != function.cell:
        return None
    carriers: set[str] | None = None
    for mention in mentions_of(function.name, facts):
        call = mention.call
        if call is None or not is_plain(call):
            return None
        if any(binds(scope, name) for scope in mention.scopes):
            return None
        given = {
            parameter
            for parameter, value in _arguments(call, found[1])
            if isinstance(value, ast.Name) and value.id == name
        }
        carriers = given if carriers is None else carriers & given
    kept = (name for name in sorted(carriers or ()) if not _is_rebound(name, found[1]))
    return next(kept, None)


def _arguments(call: ast.Call, node: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """The parameters of a function, with what a call gives them."""
    positional = [*node.args.posonlyargs, *node.args.args]
    for parameter, value in zip(positional, call.args, strict=False):
        yield parameter.arg, value
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value


def _is_rebound(parameter: str, node: ast.FunctionDef) -> bool:
    """Whether the body of a function binds a parameter, or a function in it has its own."""
    return any(binds(statement, parameter) for statement in node.body)


def _mentions(facts: Facts) -> dict[str, list[Mention]]:
    found: dict[str, list[Mention]] = {}
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None:
            continue
        bodies = (magic.body for magic in parsed.magics if magic.body is not None)
        for root in (parsed.tree, *bodies):
            _note(root, parsed, found)
    return found


def _note(root: ast.AST, parsed: ParsedCell, found: dict[str, list[Mention]]) -> None:
    """Take down the reads of names below a node."""
    waiting: list[tuple[ast.AST, ast.Call | None, tuple[ast.AST, ...]]] = [(root, None, ())]
    while waiting:
        node, call, scopes = waiting.pop()
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                found.setdefault(node.id, []).append(Mention(parsed.cell.index, call, scopes))
            continue
        inner = (*scopes, node) if isinstance(node, _SCOPES) else scopes
        for child in ast.iter_child_nodes(node):
            callee = isinstance(node, ast.Call) and child is node.func
            waiting.append((child, node if callee else None, inner))  # type: ignore[arg-type]
