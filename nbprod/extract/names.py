"""Who binds and who reads each name of a notebook, statement by statement.

This is the syntactic side, which says what *could* happen; what does happen in a run from top to
bottom is the data flow's to say. Extraction needs both: a name in code that never runs must still
be there for the module to be sound.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from nbprod.extract.units import CellUnits, Unit, units_of
from nbprod.flow.scopes import bound_names, scope_of
from nbprod.syntax.types import ParsedCell

__all__ = ["Binding", "Deferred", "Names", "deferred", "global_names", "loads"]

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
_ALL_SEEING_MAGICS = frozenset(
    "who whos who_ls store reset reset_selective xdel run debug pylab edit rerun recall "
    "psearch macro save".split()
)


_AT_NAME = re.compile(r"@([^\W\d]\w*)")


class Binding(NamedTuple):
    """A statement that binds (or deletes) a name; ``is_plain``: it does nothing else and always
    does it."""

    name: str
    cell: int
    rank: int
    node: ast.AST
    statement: ast.stmt
    is_plain: bool


class Deferred(NamedTuple):
    """A function, class or generator expression inside a statement, and what it reads from it."""

    node: ast.AST
    reads: frozenset[str]


def loads(node: ast.AST) -> Iterator[ast.Name]:
    """The reads of names of the scope that a statement stands in, nested scopes included."""
    yield from _loads(node)
    yield from _quoted_loads(node)


def _quoted_loads(node: ast.AST) -> Iterator[ast.Name]:
    """Names inside the text of a query, as in ``df.query("a > @limit")``."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            if part.func.attr in ("query", "eval"):
                for text in ast.walk(part):
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
        for child in ast.iter_child_nodes(node):
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


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for one in (*every, arguments.vararg, arguments.kwarg):
        if one is not None and one.annotation is not None:
            yield one.annotation
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
        for part in ast.walk(node):
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
            reads = frozenset(one.id for one in _expression_loads(node))
        else:
            reads = frozenset(one.id for one in scope_of(node, -1).reads)
        yield Deferred(node, reads)
        return
    for child in ast.iter_child_nodes(node):
        yield from deferred(child)


def global_names(node: ast.AST) -> set[str]:
    """The names that functions in a statement declare ``global``."""
    return {
        name for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names
    }


class Names:
    """The table of a notebook's names. ``cells`` are its Python cells taken apart, by index."""

    def __init__(self, parsed: Sequence[ParsedCell | None]) -> None:
        self.parsed = parsed
        self.cells: dict[int, CellUnits] = {
            one.cell.index: units_of(one) for one in parsed if one is not None
        }

    @cached_property
    def bindings(self) -> dict[str, list[Binding]]:
        """Every statement that binds each name, in document order, magics included."""
        found: dict[str, list[Binding]] = {}
        for one in self._all_bindings():
            found.setdefault(one.name, []).append(one)
        return found

    def _all_bindings(self) -> Iterator[Binding]:
        for parsed in self.parsed:
            if parsed is None:
                continue
            index = parsed.cell.index
            for rank, statement in enumerate(self._statements(parsed)):
                for name, node in bound_names([statement]).items():
                    yield Binding(
                        name, index, rank, node, statement, _is_plain(statement, node, name)
                    )
                for name in global_names(statement):
                    yield Binding(name, index, rank, statement, statement, False)
            for magic in parsed.magics:
                for bound in magic.binds:
                    anywhere = ast.Pass(lineno=1, col_offset=0)
                    yield Binding(bound.name, index, -1, anywhere, anywhere, False)

    def _statements(self, parsed: ParsedCell) -> Iterable[ast.stmt]:
        """The statements of a cell: its units, or what there is of a cell that has none."""
        units = self.cells[parsed.cell.index]
        if units.problem is None:
            for unit in units.units:
                for node in unit.nodes:
                    if isinstance(node, ast.stmt):
                        yield node
                    elif isinstance(node, ast.Module):
                        yield from node.body
            return
        if parsed.tree is not None:
            yield from parsed.tree.body
        for magic in parsed.magics:
            if magic.body is not None:
                yield from magic.body.body

    def statements(self, cell: int) -> list[ast.stmt]:
        """The statements of a cell, magics' arguments included."""
        parsed = self.parsed[cell]
        return [] if parsed is None else [*self._statements(parsed)]

    @cached_property
    def global_writers(self) -> frozenset[str]:
        """The names that some function binds through ``global``."""
        found: set[str] = set()
        for index in self.cells:
            for statement in self.statements(index):
                found |= global_names(statement)
        return frozenset(found)

    def is_single(self, name: str) -> bool:
        """Whether one plain statement binds the name, and nothing else ever does."""
        bindings = self.bindings.get(name, ())
        return len(bindings) == 1 and bindings[0].is_plain and name not in self.global_writers

    def reads_of(self, cell: int) -> set[str]:
        """All names that a cell could read: its code, its magics, shell lines."""
        parsed = self.parsed[cell]
        if parsed is None:
            return set()
        found = {one.id for one in self._loads(parsed)}
        for magic in parsed.magics:
            found |= {one.name for one in (*magic.reads, *magic.interpolates)}
        return found

    def _loads(self, parsed: ParsedCell) -> Iterator[ast.Name]:
        for statement in self._statements(parsed):
            yield from loads(statement)

    def sees_all(self, cell: int) -> str | None:
        """What in a cell may read any name (``globals()``, ``%run``), None when nothing does."""
        parsed = self.parsed[cell]
        if parsed is None:
            return None
        for magic in parsed.magics:
            if magic.opaque_names or magic.name in _ALL_SEEING_MAGICS:
                return magic.text.splitlines()[0]
        for statement in self._statements(parsed):
            found = all_seeing(statement)
            if found is not None:
                return ast.unparse(found)
        return None

    def unit(self, binding: Binding) -> Unit | None:
        """The unit of a binding, None in a cell that could not be taken apart."""
        for unit in self.cells[binding.cell].units:
            if binding.statement is unit.node:
                return unit
        return None


def all_seeing(node: ast.AST) -> ast.Call | None:
    """A call that sees the names of its caller, or could run any code."""
    for part in ast.walk(node):
        if not isinstance(part, ast.Call):
            continue
        if isinstance(part.func, ast.Name) and part.func.id in _ALL_SEEING:
            if part.func.id in ("vars", "dir") and part.args:
                continue
            return part
        if isinstance(part.func, ast.Attribute) and ast.unparse(part.func) in _ALL_SEEING_CALLS:
            return part
    return None


def _is_plain(statement: ast.stmt, node: ast.AST, name: str) -> bool:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return statement.name == name
    if isinstance(statement, ast.Assign):
        return len(statement.targets) == 1 and statement.targets[0] is node
    if isinstance(statement, ast.AnnAssign):
        return statement.target is node and statement.value is not None
    return False
