"""What a statement reads of the scope around it, by Python's own rules of scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.names.scopes import bound_names, scope_of
from nbprod.patterns import lazy_pattern
from nbprod.syntax.walk import children, walk

__all__ = ["Deferred", "all_seeing", "deferred", "global_names", "loads"]

_NO_ARGUMENTS = ast.arguments(
    posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[], vararg=None, kwarg=None
)
_CALLABLES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.GeneratorExp)
# What sees the names of the place that calls it, so that no list of them is complete.
_ALL_SEEING = frozenset(
    ["globals", "locals", "vars", "dir", "exec", "eval", "get_ipython", "execfile", "breakpoint"]
)
_ALL_SEEING_CALLS = frozenset(
    [
        "doctest.testmod", "doctest.run_docstring_examples", "unittest.main", "pd.eval",
        "pandas.eval", "ne.evaluate", "numexpr.evaluate", "sys._getframe", "inspect.currentframe",
        "inspect.stack", "pickle.dump_session", "dill.dump_session", "doctest.run",
    ]
)  # fmt: skip
_AT_NAME = lazy_pattern(r"@([^\W\d]\w*)")


class Deferred(NamedTuple):
    """A function, class or generator expression inside a statement, and what it reads from it."""

    node: ast.AST
    reads: frozenset[str]


def loads(node: ast.AST) -> Iterator[ast.Name]:
    """The reads of names of the scope around a statement, nested scopes included."""
    yield from _loads(node)
    yield from _quoted_loads(node)


def _quoted_loads(node: ast.AST) -> Iterator[ast.Name]:
    """Names inside the text of a query, as in ``df.query("a > @limit")``."""
    for part in walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            if part.func.attr in ("query", "eval"):
                for text in walk(part):
                    if isinstance(text, ast.Constant) and isinstance(text.value, str):
                        for name in _AT_NAME.findall(text.value):
                            yield ast.copy_location(ast.Name(id=name, ctx=ast.Load()), part)


def _loads(node: ast.AST) -> Iterator[ast.Name]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield from _definition_loads(node)
    elif isinstance(node, ast.expr):
        yield from _expression_loads(node)
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target
        yield from _loads(node.value)
    else:
        for child in children(node):
            if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load):
                if isinstance(child.ctx, ast.Del):
                    yield child
                continue
            yield from _loads(child)


def _definition_loads(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
) -> Iterator[ast.Name]:
    for decorator in node.decorator_list:
        yield from _loads(decorator)
    if isinstance(node, ast.ClassDef):
        for part in (*node.bases, *(keyword.value for keyword in node.keywords)):
            yield from _loads(part)
    else:
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                yield from _loads(default)
        for annotation in _annotations(node):
            yield from _loads(annotation)
    yield from scope_of(node, -1).reads
    if isinstance(node, ast.ClassDef):
        yield from _class_loads(node)


def _class_loads(node: ast.ClassDef) -> Iterator[ast.Name]:
    """Reads of a class body that come before it binds the name itself: they look outside."""
    bound: set[str] = set()
    own = scope_of(node, -1).local_names
    for statement in node.body:
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for name in _loads(statement):
                if name.id in own and name.id not in bound:
                    yield name
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) or hasattr(statement, "name"):
            bound |= set(bound_names([statement]))


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for argument in (*every, arguments.vararg, arguments.kwarg):
        if argument is not None and argument.annotation is not None:
            yield argument.annotation
    if node.returns is not None:
        yield node.returns


def _expression_loads(node: ast.expr) -> Iterator[ast.Name]:
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load):
            yield node
        return
    scope = scope_of(ast.Lambda(args=_NO_ARGUMENTS, body=node), -1)
    yield from scope.reads
    if scope.local_names:
        # A walrus makes the name local to the lambda that stands around the expression here.
        for part in walk(node):
            if (
                isinstance(part, ast.Name)
                and isinstance(part.ctx, ast.Load)
                and part.id in scope.local_names
            ):
                yield part


def deferred(node: ast.AST) -> Iterator[Deferred]:
    """The outermost functions, classes and generator expressions of a statement."""
    if isinstance(node, _CALLABLES):
        if isinstance(node, ast.GeneratorExp):
            reads = frozenset(name_node.id for name_node in _expression_loads(node))
        else:
            reads = frozenset(name_node.id for name_node in scope_of(node, -1).reads)
        yield Deferred(node, reads)
        return
    for child in children(node):
        yield from deferred(child)


def global_names(node: ast.AST) -> set[str]:
    """The names that functions in a statement declare ``global``."""
    return {name for part in walk(node) if isinstance(part, ast.Global) for name in part.names}


def all_seeing(node: ast.AST) -> ast.Call | None:
    """A call that sees the names of its caller, or could run any code."""
    for part in walk(node):
        if not isinstance(part, ast.Call):
            continue
        if isinstance(part.func, ast.Name) and part.func.id in _ALL_SEEING:
            if part.func.id in ("vars", "dir") and part.args:
                continue
            return part
        if isinstance(part.func, ast.Attribute) and ast.unparse(part.func) in _ALL_SEEING_CALLS:
            return part
    return None
