"""Which names a function, lambda or class owns, by Python's own rules.

Source of the rules: the language reference, "Execution model"; `symtable` is the oracle in the
tests. One walk over each body, made when the definition is first met.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from nbprod.syntax.walk import CHILDREN, walk

__all__ = ["DEFINING", "Callable_", "Scope", "bound_names", "scope_of"]

Callable_ = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
DEFINING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
"""The statements that bind modules, functions and classes: no function needs to be given those."""
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_LEAVES = frozenset((ast.Load, ast.Store, ast.Del, ast.Constant, str, int, type(None)))
_BINDERS = frozenset(
    (
        ast.Import,
        ast.ImportFrom,
        ast.Global,
        ast.Nonlocal,
        ast.Yield,
        ast.YieldFrom,
        ast.ExceptHandler,
        ast.MatchAs,
        ast.MatchStar,
        ast.MatchMapping,
    )
)


class Scope:
    """The names of one function, lambda or class body.

    ``reads`` are the loads of names that are not its own, nested scopes included, in source
    order; ``global_stores`` the places that bind a name declared ``global``.
    """

    __slots__ = (
        "global_names",
        "global_stores",
        "identity",
        "is_generator",
        "local_names",
        "node",
        "nonlocal_names",
        "parameters",
        "reads",
    )

    def __init__(self, node: ast.AST, identity: int) -> None:
        self.node = node
        self.identity = identity
        self.parameters: tuple[str, ...] = ()
        self.local_names: set[str] = set()
        self.global_names: set[str] = set()
        self.nonlocal_names: set[str] = set()
        self.global_stores: list[tuple[str, ast.AST]] = []
        self.reads: list[ast.Name] = []
        self.is_generator = False


def scope_of(node: Callable_ | ast.ClassDef, identity: int) -> Scope:
    """The scope that a definition opens. ``identity`` names it among those of the notebook."""
    scope = Scope(node, identity)
    collector = _Collector(scope)
    if isinstance(node, ast.ClassDef):
        collector.body(node.body)
    else:
        scope.parameters = tuple(argument.arg for argument in iter_parameters(node.args))
        scope.local_names.update(scope.parameters)
        if isinstance(node, ast.Lambda):
            collector.visit(node.body)
        else:
            collector.body(node.body)
    scope.local_names |= {
        parameter.name for parameter in getattr(node, "type_params", ()) if parameter.name
    }
    scope.local_names -= scope.global_names | scope.nonlocal_names
    scope.global_stores = [store for store in collector.stores if store[0] in scope.global_names]
    own = scope.local_names
    scope.reads = [read for read in collector.loads if read.id not in own]
    return scope


def iter_parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    """Every parameter of a function, in the order of its signature."""
    yield from arguments.posonlyargs
    yield from arguments.args
    if arguments.vararg:
        yield arguments.vararg
    yield from arguments.kwonlyargs
    if arguments.kwarg:
        yield arguments.kwarg


def bound_names(body: list[ast.stmt]) -> dict[str, ast.AST]:
    """The names that statements bind in their own scope, with the first place of each."""
    scope = Scope(ast.Module(body=body, type_ignores=[]), 0)
    collector = _Collector(scope)
    collector.body(body)
    return dict(reversed(collector.stores))


class _Collector:
    """Walks one body; goes into nested scopes only for the names that they read from here."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.loads: list[ast.Name] = []
        self.stores: list[tuple[str, ast.AST]] = []
        self.hidden: list[set[str]] = []

    def body(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.visit(statement)

    def bind(self, name: str, node: ast.AST) -> None:
        self.scope.local_names.add(name)
        self.stores.append((name, node))

    def visit(self, node: ast.AST) -> None:
        kind = type(node)
        special = _SPECIAL.get(kind)
        if special is not None:
            special(self, node)
            return
        if kind in _BINDERS:
            self.declare(node)
        for field in CHILDREN[kind]:
            value = getattr(node, field, None)
            if type(value) is list:
                for item in value:
                    if item.__class__ not in _LEAVES:
                        self.visit(item)
            elif value is not None and type(value) not in _LEAVES:
                self.visit(value)

    def name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            if not self.hidden or not any(node.id in names for names in self.hidden):
                self.loads.append(node)
        elif not (self.hidden and node.id in self.hidden[-1]):
            self.bind(node.id, node)

    def declare(self, node: ast.AST) -> None:
        """Statements and patterns that bind a name which is not an `ast.Name`."""
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if alias.name != "*":
                    self.bind(alias.asname or alias.name.partition(".")[0], alias)
        elif isinstance(node, ast.Global):
            self.scope.global_names.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            self.scope.nonlocal_names.update(node.names)
        elif isinstance(node, (ast.Yield, ast.YieldFrom)):
            self.scope.is_generator = True
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            if node.name:
                self.bind(node.name, node)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            self.bind(node.rest, node)

    def function(self, node: Callable_) -> None:
        if not isinstance(node, ast.Lambda):
            self.bind(node.name, node)
            for decorator in node.decorator_list:
                self.visit(decorator)
        for default in (*node.args.defaults, *(d for d in node.args.kw_defaults if d)):
            self.visit(default)
        self.nested(scope_of(node, -1))

    def class_(self, node: ast.ClassDef) -> None:
        self.bind(node.name, node)
        for part in (*node.decorator_list, *node.bases, *(k.value for k in node.keywords)):
            self.visit(part)
        # A class body reads a name of its own before it binds it from outside; that is rare
        # and only loses a read here.
        self.nested(scope_of(node, -1))

    def nested(self, inner: Scope) -> None:
        hidden = set().union(*self.hidden) if self.hidden else set()
        self.loads.extend(read for read in inner.reads if read.id not in hidden)
        self.scope.local_names.update(inner.nonlocal_names & self.scope.local_names)

    def comprehension(self, node: ast.AST) -> None:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        targets: set[str] = set()
        self.visit(generators[0].iter)
        for generator in generators:
            for part in walk(generator.target):
                if isinstance(part, ast.Name):
                    targets.add(part.id)
        self.hidden.append(targets)
        for index, generator in enumerate(generators):
            self.visit(generator.target)
            if index:
                self.visit(generator.iter)
            for condition in generator.ifs:
                self.visit(condition)
        if isinstance(node, ast.DictComp):
            self.visit(node.key)
            self.visit(node.value)
        else:
            self.visit(node.elt)  # type: ignore[attr-defined]
        self.hidden.pop()


_SPECIAL: dict[type, Callable[[_Collector, Any], None]] = {
    ast.Name: _Collector.name,
    ast.ClassDef: _Collector.class_,
    **dict.fromkeys(_FUNCTIONS, _Collector.function),
    **dict.fromkeys(_COMPREHENSIONS, _Collector.comprehension),
}
