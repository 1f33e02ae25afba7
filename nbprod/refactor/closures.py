"""Functions that outlive the statement that makes them, and the names that lead to them.

A lambda in a list, a generator, a callback: it reads the notebook's names when it is called, so a
function that has such a name for its own must not be the one that calls it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.libraries.functions import EAGER_NAMES, LAZY_BUILTINS, PLAIN_RESULTS
from nbprod.libraries.methods import ADDING_METHODS
from nbprod.names.loads import deferred
from nbprod.names.scopes import bound_names
from nbprod.names.table import NameTable
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["KeptClosure", "callable_name", "eager_arguments", "kept_closures", "shared_objects"]

_IMPORTS = (ast.Import, ast.ImportFrom)


class KeptClosure(NamedTuple):
    """A function made inside a statement: what it is called, what it reads of the notebook when it
    runs, and the names through which other code reaches it."""

    cell: int
    statement: ast.stmt
    what: str
    reads: frozenset[str]
    holders: frozenset[str]


def kept_closures(names: NameTable) -> list[KeptClosure]:
    """The functions of a notebook that outlive their statement, in document order."""
    statements = [(cell, statement) for cell in names.cells for statement in names.statements(cell)]
    own = _own_names(names)
    touching = [_Touched(statement, names, own) for _, statement in statements]
    holding = _holding(touching)
    found = []
    for (cell, statement), touched in zip(statements, touching, strict=True):
        eager = eager_arguments(statement)
        for inner in deferred(statement):
            if id(inner.node) in eager or not inner.reads:
                continue
            holders = _spread(touched.around(inner.node), holding)
            found.append(
                KeptClosure(cell, statement, callable_name(inner.node), inner.reads, holders)
            )
    return found


class _Touched:
    """The names of one statement: read, bound, and those whose objects it may change."""

    def __init__(self, statement: ast.stmt, names: NameTable, own: set[str]) -> None:
        self.statement = statement
        self.own = own
        self.loads = {name.id for name in names.loads_of(statement)} & self.own
        self.changes = (set(bound_names([statement])) | set(_roots(statement))) & self.own

    def around(self, closure: ast.AST) -> set[str]:
        """The names beside a closure: its container, what is called with it, what is bound."""
        return set(_names_outside(self.statement, closure)) & self.own | self.changes


def _own_names(names: NameTable) -> set[str]:
    """The names of the notebook that are no imported modules."""
    return {
        name
        for name, sites in names.bindings.items()
        if not all(isinstance(site.statement, _IMPORTS) for site in sites)
    }


def _holding(touching: list[_Touched]) -> dict[str, set[str]]:
    """For each name, those whose objects may hold its own: bound from it, or changed with it."""
    found: dict[str, set[str]] = {}
    for touched in touching:
        for name in touched.loads:
            found.setdefault(name, set()).update(touched.changes)
    return found


def _spread(holders: set[str], holding: dict[str, set[str]]) -> frozenset[str]:
    """Holders, and what gets to hold them, over any number of steps."""
    found: set[str] = set()
    pending = [*holders]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += holding.get(name, set()) - found
    return frozenset(found)


def _names_outside(node: ast.AST, closure: ast.AST) -> Iterator[str]:
    if node is closure:
        return
    if isinstance(node, ast.Name):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _names_outside(child, closure)


def _roots(statement: ast.stmt) -> Iterator[str]:
    """The names whose objects a statement may change: receivers of methods, targets of stores."""
    for part in walk(statement):
        target: ast.AST | None = None
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            target = part.func.value
        elif isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.ctx, ast.Store):
            target = part.value
        while isinstance(target, (ast.Attribute, ast.Subscript, ast.Call)):
            target = target.func if isinstance(target, ast.Call) else target.value
        if isinstance(target, ast.Name):
            yield target.id


def eager_arguments(node: ast.AST) -> set[int]:
    """The identities of functions that are only passed to calls which use them up at once."""
    found: set[int] = set()
    for part in walk(node):
        if not isinstance(part, ast.Call):
            continue
        func = part.func
        name = last_name(func)
        if name in EAGER_NAMES and not (isinstance(func, ast.Name) and name in LAZY_BUILTINS):
            found |= {id(expression) for expression in part.args}
            found |= {id(keyword.value) for keyword in part.keywords}
    return found


def callable_name(node: ast.AST) -> str:
    """What a message calls a function that may have no name."""
    name = getattr(node, "name", None)
    if name is not None:
        return f"`{name}`"
    return "a generator" if isinstance(node, ast.GeneratorExp) else "a lambda"


def shared_objects(names: NameTable) -> dict[str, set[str]]:
    """For each name, the other names of its object and of the containers that hold it.

    Numbers and texts are left out: nobody can tell two of the same apart.
    """
    found: dict[str, set[str]] = {}
    for cell in names.cells:
        for statement in names.statements(cell):
            for holder, held in _held(statement):
                if not _is_plain_value(held, names):
                    found.setdefault(holder, set()).add(held)
                    found.setdefault(held, set()).add(holder)
    return found


def _held(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """Pairs of a name and one whose object it shares or holds after a statement."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        root = statement.targets[0]
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        if isinstance(root, ast.Name):
            for held in _elements(statement.value):
                yield root.id, held
    for part in walk(statement):
        if (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Attribute)
            and part.func.attr in ADDING_METHODS
            and isinstance(part.func.value, ast.Name)
        ):
            for argument in part.args:
                for held in _elements(argument):
                    yield part.func.value.id, held


def _elements(value: ast.expr) -> Iterator[str]:
    """The names whose objects a literal holds, or that a bare name is."""
    if isinstance(value, ast.Name):
        yield value.id
    elif isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        for element in value.elts:
            yield from _elements(element)
    elif isinstance(value, ast.Dict):
        for element in value.values:
            yield from _elements(element)


def _is_plain_value(name: str, names: NameTable) -> bool:
    """Whether every binding of a name gives it a number, a text, or something imported."""
    return all(_gives_plain(site.statement) for site in names.bindings.get(name, ()))


def _gives_plain(statement: ast.stmt) -> bool:
    if isinstance(statement, (*_IMPORTS, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return True
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in PLAIN_RESULTS
    return isinstance(value, (ast.Constant, ast.JoinedStr, ast.Compare, ast.UnaryOp))
