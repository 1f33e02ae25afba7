"""What an extraction will do, as data: printed before anything is written."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from nbprod.names.statements import StatementText

if TYPE_CHECKING:
    from nbprod.refactor.pieces import CutNotebook
from nbprod.syntax.installs import Requirement

__all__ = [
    "CellGroup",
    "CellLeft",
    "Constant",
    "DocstringStyle",
    "Function",
    "Import",
    "Installed",
    "ModuleItem",
    "Plan",
    "Refusal",
    "Variable",
]


DocstringStyle = Literal["numpy", "google"]


class CellGroup(NamedTuple):
    """Cells that become one function, in document order. ``name`` is None when it is to be found.
    ``title`` is the heading that they stand under. ``is_asked``: these very cells were asked for,
    so that what only shows something goes into the function as well."""

    cells: tuple[int, ...]
    name: str | None = None
    title: str = ""
    is_asked: bool = False
    is_work: bool = False
    """Its statements are known to do something, those at the end of a cell as well."""
    literals: tuple[int, ...] = ()
    """Cells of literals that only this function reads: they become its parameters and go."""


class Refusal(NamedTuple):
    """Why a cell cannot be extracted: cell and line (from 1 in the cell), reason, what to do."""

    cell: int
    line: int
    reason: str
    advice: str


class CellLeft(NamedTuple):
    """A cell that stays in the notebook as it is, and why."""

    cell: int
    line: int
    reason: str


class Import(NamedTuple):
    """An import of the module: ``module`` and ``name`` (None: the module itself), bound as
    ``bound``; ``cell`` is where the notebook has it."""

    module: str
    name: str | None
    bound: str
    cell: int
    needs_alias: bool
    is_hidden: bool = False
    """Only texts read it, as formulas do: a linter sees no use of it."""

    @property
    def dotted(self) -> str:
        """The dotted name of what is imported."""
        return f"{self.module}.{self.name}" if self.name else self.module


class Installed(NamedTuple):
    """A line of a selected cell that installs by pip: what it asks for, and whether the package's
    dependencies take its place (``moves``) or it stays in the notebook."""

    requirements: tuple[Requirement, ...]
    unit: StatementText
    moves: bool


class ModuleItem(NamedTuple):
    """A statement that moves to the top level of the module: a definition or a constant.

    ``is_copy``: its cell is not extracted, so that the notebook keeps its own.
    """

    name: str
    unit: StatementText
    reason: str
    is_copy: bool = False


class Constant(NamedTuple):
    """A setting of the notebook that becomes a keyword parameter: its name and literal."""

    name: str
    text: str
    unit: StatementText
    meaning: str = ""


class Variable(NamedTuple):
    """A parameter or a returned value: why it is one, and the place that reads or binds it."""

    name: str
    reason: str
    cell: int
    line: int
    hint: str = "Any"
    meaning: str = ""
    is_read: bool = True
    """Whether code that is left reads it; a last outcome is only looked at."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function to be: ``body`` are the statements that go into it in order; a unit in
    ``shown`` is shown by `display` there. ``summary`` is its sentence, ``why`` the evidence of its
    name. ``returned`` is a last expression that the call is to
    show. ``settings`` are the literals that became keyword parameters. ``left_behind`` are names
    that nobody reads and that keep an older value in the notebook."""

    name: str
    cells: tuple[int, ...]
    summary: str
    why: str
    parameters: tuple[Variable, ...]
    results: tuple[Variable, ...]
    body: tuple[StatementText, ...]
    shown: frozenset[StatementText] = frozenset()
    figures_after: frozenset[StatementText] = frozenset()
    returned: StatementText | None = None
    settings: tuple[Constant, ...] = ()
    deleted: tuple[str, ...] = ()
    left_behind: tuple[str, ...] = ()
    figure: str | None = None
    """The expression of the figure that is returned, where the body draws one."""
    shown_names: tuple[tuple[int, str], ...] = ()
    """The cells that end with a call which gives the object that it changes, and the names of these
    objects: the cells show them."""
    value_hint: str = "Any"
    """The type of the last expression's value, where that is returned."""
    same_as: int | None = None
    """The first cell of the function that does the same and is called instead; ``call`` are the
    arguments of the call, ``call_settings`` the keyword arguments with their texts."""
    call: tuple[str, ...] = ()
    call_settings: tuple[tuple[str, str], ...] = ()
    renamed: dict[str, str] = field(default_factory=dict, hash=False)
    """The names that variables of the notebook have inside of the function, where others."""

    @property
    def own_names(self) -> frozenset[str]:
        """The notebook's names of its parameters, settings and results."""
        settings = (constant.name for constant in self.settings)
        values = (variable.name for variable in (*self.parameters, *self.results))
        return frozenset([*settings, *values])

    def inner(self, name: str) -> str:
        """The name that a variable of the notebook has inside of the function."""
        return self.renamed.get(name, name)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that an extraction will do.

    ``exports``: for each extracted cell the names of the module that the notebook needs from
    there on; ``imports_kept``: for each cell the imports that the notebook still needs.
    ``style`` is that of docstrings; with ``logs`` the module logs what the notebook printed.
    """

    groups: tuple[CellGroup, ...]
    imports: tuple[Import, ...] = ()
    taken: tuple[ModuleItem, ...] = ()
    functions: tuple[Function, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    kept: tuple[CellLeft, ...] = ()
    exports: dict[int, tuple[str, ...]] = field(default_factory=dict)
    imports_kept: dict[int, tuple[Import, ...]] = field(default_factory=dict)
    displays: dict[int, StatementText] = field(default_factory=dict)
    shown_names: dict[int, str] = field(default_factory=dict)
    """For each cell the name of the object that it shows at its end, which a function changes."""

    future: tuple[str, ...] = ()
    literals: dict[ast.AST, str] = field(default_factory=dict)
    """The names of parameters that take the place of literals in the functions."""
    definition_types: dict[str, dict[str, str]] = field(default_factory=dict)
    """The types that a run has shown for the author's functions: of each parameter, and under
    ``return`` of the result. Methods are under ``Class.method``."""
    local_types: dict[str, dict[str, str]] = field(default_factory=dict)
    """The types of names that functions bind, and of the attributes of classes."""

    style: DocstringStyle = "numpy"
    logs: bool = False
    installs: tuple[Installed, ...] = ()
    """Only where a package is made: without one, such lines stay as they are."""

    imported_at: int = -1
    """The cell in which the notebook imports the module."""
    cut: CutNotebook | None = None
    """The notebook that the cells are counted in, where it was cut for the plan."""
    notes: tuple[str, ...] = ()
    """What the result does otherwise than the notebook, for the person who asked for it."""

    @property
    def own_functions(self) -> tuple[Function, ...]:
        """The functions of the module: without those that another one stands for."""
        return tuple(function for function in self.functions if function.same_as is None)

    def called(self, function: Function) -> Function:
        """The function that the notebook calls for one."""
        for other in self.functions:
            if function.same_as is not None and other.cells[0] == function.same_as:
                return other
        return function

    def whole_cells(self, cells: tuple[int, ...]) -> tuple[int, ...]:
        """Cells of the plan as cells of the whole notebook."""
        return self.cut.whole(cells) if self.cut is not None else cells

    @property
    def left_behind(self) -> frozenset[str]:
        """Names that nobody reads and that keep an older value in the notebook."""
        return frozenset(name for function in self.functions for name in function.left_behind)
