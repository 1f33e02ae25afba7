"""Who binds and who reads each name of a notebook, statement by statement.

This is the syntactic side, which says what *could* happen; what does happen in a run from top to
bottom is the data flow's to say. Extraction needs both: a name in code that never runs must still
be there for the module to be sound.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from nbprod.names.definite_assignment import Assignments, effect_of
from nbprod.names.loads import all_seeing, deferred, global_names, loads
from nbprod.names.scopes import bound_names
from nbprod.names.statements import CellUnits, StatementText, units_of
from nbprod.patterns import lazy_pattern
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk

__all__ = ["BindingSite", "NameTable"]

_ALL_SEEING_MAGICS = frozenset(
    [
        "who",
        "whos",
        "who_ls",
        "store",
        "reset",
        "reset_selective",
        "xdel",
        "run",
        "debug",
        "pylab",
        "edit",
        "rerun",
        "recall",
        "psearch",
        "macro",
        "save",
    ]
)


# Two sides of words, numbers and operators: no path, no sentence.
_FORMULA = lazy_pattern(r"\s*[\w.()\[\]'\"{}* +:^/,-]*~[\w.()\[\]'\"{}* +:^/,=|-]+\s*\Z")
_WORD = lazy_pattern(r"(?<![\w.'\"])[^\W\d]\w*")


_T = TypeVar("_T")


class BindingSite(NamedTuple):
    """A statement that binds (or deletes) a name; ``is_plain``: it does nothing else and always
    does it."""

    name: str
    cell: int
    rank: int
    node: ast.AST
    statement: ast.stmt
    is_plain: bool


class NameTable:
    """The table of a notebook's names. ``cells`` are its Python cells taken apart, by index."""

    def __init__(self, parsed: Sequence[ParsedCell | None], *, shell: Container[int] = ()) -> None:
        self.parsed = parsed
        self.cells: dict[int, CellUnits] = {
            parsed.cell.index: units_of(parsed, shell=parsed.cell.index in shell)
            for parsed in parsed
            if parsed is not None
        }
        self._loaded: dict[int, tuple[ast.Name, ...]] = {}
        self._reads: dict[int, frozenset[str]] = {}
        self._deferred: dict[int, frozenset[str]] = {}
        self._effects: dict[int, list[Assignments]] = {}
        self._seeing: dict[int, str | None] = {}
        self._statements_of: dict[int, list[ast.stmt]] = {}
        self._shared: dict[Callable[[NameTable], Any], Any] = {}

    def shared(self, make: Callable[[NameTable], _T]) -> _T:
        """What a function makes of the whole table, worked out once for all who ask."""
        if make not in self._shared:
            self._shared[make] = make(self)
        found: _T = self._shared[make]
        return found

    @cached_property
    def bindings(self) -> dict[str, list[BindingSite]]:
        """Every statement that binds each name, in document order, magics included."""
        found: dict[str, list[BindingSite]] = {}
        for site in self._all_bindings():
            found.setdefault(site.name, []).append(site)
        return found

    def _all_bindings(self) -> Iterator[BindingSite]:
        for parsed in self.parsed:
            if parsed is None:
                continue
            index = parsed.cell.index
            for rank, statement in enumerate(self._statements(parsed)):
                for name, node in bound_names([statement]).items():
                    yield BindingSite(
                        name, index, rank, node, statement, _is_plain(statement, node, name)
                    )
                for name in global_names(statement):
                    yield BindingSite(name, index, rank, statement, statement, False)
            for magic in parsed.magics:
                for bound in magic.binds:
                    anywhere = ast.Pass(lineno=1, col_offset=0)
                    yield BindingSite(bound.name, index, -1, anywhere, anywhere, False)

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
        found = self._statements_of.get(cell)
        if found is None:
            parsed = self.parsed[cell]
            found = [] if parsed is None else [*self._statements(parsed)]
            self._statements_of[cell] = found
        return found

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

    def loads_of(self, node: ast.AST) -> tuple[ast.Name, ...]:
        """`loads` of a node of the notebook, worked out once."""
        found = self._loaded.get(id(node))
        if found is None:
            found = self._loaded[id(node)] = (*loads(node), *self.formula_loads(node))
        return found

    def formula_loads(self, node: ast.AST) -> Iterator[ast.Name]:
        """Names of the notebook in the text of a formula, as in ``ols("y ~ np.log(x)", df)``: the
        library looks them up where it is called."""
        for part in walk(node):
            if isinstance(part, ast.Call):
                for argument in (*part.args, *(keyword.value for keyword in part.keywords)):
                    text = argument.value if isinstance(argument, ast.Constant) else None
                    if isinstance(text, str) and _FORMULA.match(text):
                        for word in dict.fromkeys(_WORD.findall(text)):
                            if word in self.bindings:
                                yield ast.copy_location(ast.Name(id=word, ctx=ast.Load()), part)

    def reads_of(self, cell: int) -> frozenset[str]:
        """All names that a cell could read: its code, its magics, shell lines."""
        found = self._reads.get(cell)
        if found is None:
            statements = self.statements(cell)
            own = {
                name_node.id for statement in statements for name_node in self.loads_of(statement)
            }
            found = self._reads[cell] = frozenset(own | self.magic_reads(cell))
        return found

    def magic_reads(self, cell: int) -> set[str]:
        """The names that magics and shell lines of a cell read or interpolate."""
        parsed = self.parsed[cell]
        if parsed is None:
            return set()
        return {
            magic_name.name
            for magic in parsed.magics
            for magic_name in (*magic.reads, *magic.interpolates)
        }

    def deferred_reads(self, cell: int) -> frozenset[str]:
        """The names that functions inside a cell read when they are called."""
        found = self._deferred.get(cell)
        if found is None:
            found = self._deferred[cell] = frozenset(
                name
                for statement in self.statements(cell)
                for one in deferred(statement)
                for name in one.reads
            )
        return found

    def effects(self, cell: int) -> list[Assignments]:
        """What each statement of a cell reads from before, and what it binds for sure."""
        found = self._effects.get(cell)
        if found is None:
            statements = self.statements(cell)
            found = self._effects[cell] = [effect_of([statement]) for statement in statements]
        return found

    @cached_property
    def attribute_stores(self) -> frozenset[str]:
        """The names to whose attributes something is assigned."""
        return frozenset(
            part.value.id
            for cell in self.cells
            for statement in self.statements(cell)
            for part in walk(statement)
            if isinstance(part, ast.Attribute)
            and isinstance(part.value, ast.Name)
            and not isinstance(part.ctx, ast.Load)
        )

    def sees_all(self, cell: int) -> str | None:
        """What in a cell may read any name (``globals()``, ``%run``), None when nothing does."""
        if cell not in self._seeing:
            self._seeing[cell] = self._sees_all(cell)
        return self._seeing[cell]

    def _sees_all(self, cell: int) -> str | None:
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

    def unit(self, binding: BindingSite) -> StatementText | None:
        """The unit of a binding, None in a cell that could not be taken apart."""
        for unit in self.cells[binding.cell].units:
            if binding.statement is unit.node:
                return unit
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
