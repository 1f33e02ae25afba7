"""The statements of a notebook as atoms of a plan: what each is for, reads, makes and shows."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from nbprod.extract.plan.shapes import FEWEST_STATEMENTS, shape_of
from nbprod.extract.plan.shows import Shows
from nbprod.facts import Facts
from nbprod.flow.types import Definition, Use
from nbprod.libraries.purposes import Purpose, is_transformer, purpose_of_call
from nbprod.names.scopes import bound_names
from nbprod.names.statements import StatementText, is_future_or_star
from nbprod.names.table import NameTable
from nbprod.refactor.evidence import heading_and_prose
from nbprod.refactor.module_level import ModuleLevel, imports_of
from nbprod.refactor.purity import is_immutable
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["Atom", "Atoms", "Role"]

Role = Literal["work", "show", "drawing", "module", "setting", "literal", "hard"]
"""``work`` may go into a function; ``literal`` gives a name the only value that it ever has, and
may become a parameter; ``show`` stays after the call, and so does a ``drawing``, a cell of one or
two statements that only draw, unless it is asked for; ``module`` goes to the top of the module;
``setting`` stays where it is; ``hard`` stays and ends a stretch."""

_SESSION = frozenset(
    """
    set_theme set_style set_context set_palette set_option filterwarnings simplefilter basicConfig
    use style seed set_seed manual_seed notebook set_printoptions init_notebook_mode set
    """.split()
)
_SESSION_ROOTS = frozenset(
    ["sns", "seaborn", "warnings", "pd", "plt", "np", "mpl", "logging", "matplotlib"]
)
# Bindings of names that live inside of one expression or function.
_INNER = ("comprehension", "parameter")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(eq=False)
class Atom:
    """One statement: its place, role and purpose; ``size`` counts nested statements, ``section`` is
    the markdown cell of the heading above it."""

    unit: StatementText
    place: int
    role: Role
    size: int = 1
    purpose: Purpose | None = None
    draws: bool = False
    prints: bool = False
    is_last: bool = False
    shows_value: bool = False
    """Its cell ends with it and shows what it gives."""
    shown_name: str | None = None
    """The name of what it gives, where that is an object which it changes."""
    shares_line: bool = False
    """Another statement begins the line that it is on."""
    section: int = -1
    sources: dict[str, set[int]] = field(default_factory=dict)
    """For each name that it reads, the atoms whose values or changes it may see."""
    binds: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()

    @property
    def cell(self) -> int:
        """Its cell."""
        return self.unit.cell


class Atoms:
    """All atoms of a notebook in document order, with the edges of its data flow."""

    def __init__(
        self,
        facts: Facts,
        names: NameTable,
        modules: dict[str, str],
        closure: ModuleLevel,
        extracted: Collection[int] = (),
        *,
        moves_settings: bool = False,
        lifts_literals: bool = False,
    ) -> None:
        """``extracted`` are the identities of statements that call the module already;
        ``moves_settings``: a package takes over what lines install; ``lifts_literals``: literals
        that one name stands for have a role of their own."""
        self.facts = facts
        self.names = names
        self.modules = modules
        self.closure = closure
        self.extracted = extracted
        self.moves_settings = moves_settings
        self.lifts_literals = lifts_literals
        self.shows = Shows(names, modules)
        self.all: list[Atom] = list(self._made())
        self._keep_lines_whole()
        self._connect()
        for atom in self.all:
            if atom.role == "hard" and self._is_dead_lookup(atom):
                atom.role = "work"
        if lifts_literals:
            self._leave_users_of_definitions()
            self._leave_small_drawings()

    def _leave_users_of_definitions(self) -> None:
        """Let what calls a definition that stays in the notebook stay with it: a function or class
        of the notebook as an argument would say nothing to a reader of the module."""
        staying = {
            atom.place
            for atom in self.all
            if atom.role == "hard" and isinstance(atom.unit.node, _DEFINITIONS)
        }
        work = [atom for atom in self.all if atom.role == "work"]
        users = [atom for atom in work if any(staying & found for found in atom.sources.values())]
        if len(users) < len(work):
            # Where all of the work is like that, there is nothing better.
            for atom in users:
                atom.role = "hard"

    def _leave_small_drawings(self) -> None:
        """Let a cell that only draws, in a statement or two, stay: it shows, and a function would
        add nothing but a name."""
        for atoms in self._by_cell.values():
            work = [atom for atom in atoms if atom.role == "work"]
            if (
                work
                and all(atom.draws and atom.place not in self.readers for atom in work)
                and sum(atom.size for atom in work) < FEWEST_STATEMENTS
            ):
                for atom in work:
                    atom.role = "drawing"

    def _made(self) -> Iterator[Atom]:
        place = 0
        section = -1
        for cell in self.facts.notebook.cells:
            if cell.kind == "markdown":
                if any(line.lstrip().startswith("#") for line in cell.source.splitlines()):
                    section = cell.index
                continue
            taken = self.names.cells.get(cell.index)
            for unit in taken.units if taken is not None else ():
                is_last = taken is not None and unit is taken.units[-1] and taken.shows
                atom = Atom(
                    unit, place, self._role(unit, is_last), is_last=is_last, section=section
                )
                self._describe(atom)
                yield atom
                place += 1

    def _keep_lines_whole(self) -> None:
        """Statements that share a line go the same way: where they cannot, they stay."""
        for before, after in zip(self.all, self.all[1:], strict=False):
            if before.cell != after.cell or after.unit.start == 0:
                continue
            source = self.facts.cell(after.cell).source
            if source[after.unit.start - 1] not in "\r\n":
                after.shares_line = True
                for atom in (before, after):
                    atom.role = "work" if atom.role == "literal" else atom.role
                if before.role != after.role:
                    before.role = after.role = "hard"

    def _describe(self, atom: Atom) -> None:
        nodes = [node for node in atom.unit.nodes if isinstance(node, (ast.stmt, ast.Module))]
        atom.size = sum(isinstance(part, ast.stmt) for node in nodes for part in walk(node)) or 1
        atom.draws = any(self.shows.draws(node) for node in nodes)
        atom.prints = any(self.shows.prints(node) for node in nodes)
        atom.binds = frozenset(
            name
            for node in nodes
            for name in bound_names(node.body if isinstance(node, ast.Module) else [node])
        )
        atom.purpose = self._purpose(atom)
        node = atom.unit.node
        if atom.is_last and isinstance(node, ast.Expr):
            atom.shows_value = not self.shows.gives_none(node.value)
            atom.shown_name = self.shows.gives_itself(node.value)

    def _purpose(self, atom: Atom) -> Purpose | None:
        found: list[Purpose] = []
        for node in atom.unit.nodes:
            for part in walk(node):
                if isinstance(part, ast.Call):
                    purpose = purpose_of_call(last_name(part.func))
                    if purpose == "fit" and self._is_transformer(part.func):
                        purpose = "scale"
                    if purpose is not None:
                        found.append(purpose)
        if atom.draws:
            return "plot"
        for strong in ("split", "fit", "load"):
            if strong in found:
                return strong
        return found[0] if found else None

    def _is_transformer(self, func: ast.expr) -> bool:
        """Whether a method is that of an object which prepares data, by the name of its class."""
        made: ast.expr | None = func.value if isinstance(func, ast.Attribute) else None
        if isinstance(made, ast.Name):
            bindings = [site.statement for site in self.names.bindings.get(made.id, ())]
            values = [one.value for one in bindings if isinstance(one, ast.Assign)]
            made = values[0] if len(values) == len(bindings) and values else None
        return isinstance(made, ast.Call) and is_transformer(last_name(made.func))

    # --- roles --------------------------------------------------------------------------------

    def _role(self, unit: StatementText, is_last: bool) -> Role:
        if unit.is_setting or is_future_or_star(unit):
            return "module" if unit.is_setting and self.moves_settings else "setting"
        if unit.kind == "import":
            known = all(
                import_.bound in self.closure.imports
                for import_ in imports_of(unit.node, unit.cell)
            )
            return "module" if known else "hard"
        if id(unit.node) in self.closure.taken_units:
            return "module"
        if isinstance(unit.node, _DEFINITIONS) or self._is_input(unit):
            return "hard"
        if self._is_lookup_of_credential(unit) or id(unit.node) in self.extracted:
            return "hard"
        if self._sets_session_up(unit.node):
            return "setting"
        if self.lifts_literals and self._is_literal(unit):
            return "literal"
        return "show" if self.shows.only_shows(unit.node, is_last=is_last) else "work"

    def _is_input(self, unit: StatementText) -> bool:
        return self.facts.is_parameters(unit.cell) or self.facts.program.is_input(
            unit.cell, unit.node
        )

    def _is_literal(self, unit: StatementText) -> bool:
        """Whether a statement gives a name the only value that it ever has, a literal."""
        node = unit.node
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None or unit.cuts:
            return False
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return (
            isinstance(target, ast.Name)
            and not unit.margin
            and is_immutable(node.value)
            and self.names.is_single(target.id)
            and not target.id.startswith("_")
        )

    def _is_lookup_of_credential(self, unit: StatementText) -> bool:
        """A credential read from the environment: its look-up is for the notebook to do."""
        node = unit.node
        return isinstance(node, ast.Assign) and ast.unparse(node.value).startswith(
            ("os.environ[", "os.getenv(", "os.environ.get(", "getpass")
        )

    def _is_dead_lookup(self, atom: Atom) -> bool:
        """Whether a credential is looked up that nobody reads."""
        return self._is_lookup_of_credential(atom.unit) and atom.place not in self.readers

    def _sets_session_up(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            func = node.value.func
            if not isinstance(func, ast.Attribute):
                return False
            root = ast.unparse(func).partition(".")[0]
            return func.attr in _SESSION and root in _SESSION_ROOTS
        if isinstance(node, ast.Assign):
            return all(
                isinstance(target, (ast.Attribute, ast.Subscript))
                and any(
                    word in ast.unparse(target)
                    for word in ("options.", "rcParams", "plt.style", "pio.")
                )
                for target in node.targets
            )
        return False

    # --- edges --------------------------------------------------------------------------------

    def _connect(self) -> None:
        """Link each read to the atoms that define or change what it sees."""
        for cell, flow in self.facts.flow.cells.items():
            for use in flow.uses:
                reader = self._reader(use, cell)
                if reader is None or not use.name:
                    continue
                makers = {maker for each in use.definitions if (maker := self._maker(each))}
                if not makers - {reader}:
                    # A name of its own, as that of a loop: nothing is passed under it.
                    continue
                changers = {maker for each in use.mutations if (maker := self._maker(each))}
                for changer in changers:
                    changer.changes |= {use.name}
                seen = reader.sources.setdefault(use.name, set())
                seen |= {maker.place for maker in makers | changers}
        for atom in self.all:
            for name in self._reads(atom):
                atom.sources.setdefault(name, set())

    def _reads(self, atom: Atom) -> set[str]:
        return {name.id for node in atom.unit.nodes for name in self.names.loads_of(node)}

    def _reader(self, use: Use, cell: int) -> Atom | None:
        span = use.chain[0].span if use.chain else use.span
        return self.at(span.cell, span.start)

    def _maker(self, definition: Definition) -> Atom | None:
        if definition.is_unbound or definition.cell < 0 or definition.binding.kind in _INNER:
            return None
        span = definition.binding.span
        return self.at(span.cell, span.start)

    @cached_property
    def repeated_cells(self) -> frozenset[int]:
        """The cells whose work is near-equal to that of another: each is on its own, so that one
        function can stand for all of them."""
        known = self.modules.keys() | self.closure.taken.keys()
        by_shape: dict[str, list[int]] = {}
        for cell, atoms in self._by_cell.items():
            work = [atom for atom in atoms if atom.role == "work"]
            if sum(atom.size for atom in work) >= FEWEST_STATEMENTS:
                shape = shape_of((node for atom in work for node in atom.unit.nodes), known)
                by_shape.setdefault(shape, []).append(cell)
        return frozenset(cell for cells in by_shape.values() if len(cells) > 1 for cell in cells)

    @cached_property
    def split_sections(self) -> frozenset[int]:
        """The markdown cells whose heading says that data is split below."""
        return frozenset(
            cell.index
            for cell in self.facts.notebook.cells
            if cell.kind == "markdown"
            and heading_and_prose(cell.source)[0].lower().startswith("split")
        )

    def at(self, cell: int, offset: int) -> Atom | None:
        """The atom whose code stands at an offset of a cell."""
        for atom in self._by_cell.get(cell, ()):
            if atom.unit.code <= offset < max(atom.unit.stop, atom.unit.code + 1):
                return atom
        return None

    def cuts_between(self, way: Callable[[Atom], int]) -> dict[int, list[int]]:
        """Where cells are cut so that statements which go different ways are in pieces of their
        own: the offsets by cell. Statements that share a line are not parted."""
        found: dict[int, list[int]] = {}
        for before, after in zip(self.all, self.all[1:], strict=False):
            if before.cell != after.cell or after.unit.start == 0:
                continue
            at = after.unit.start
            source = self.facts.cell(after.cell).source
            if way(before) != way(after) and source[at - 1 : at] in ("\n", "\r"):
                found.setdefault(after.cell, []).append(at)
        return found

    def is_module_level(self, name: str) -> bool:
        """Whether the module has the name itself."""
        return name in self.closure.imports or name in self.closure.taken

    @cached_property
    def _by_cell(self) -> dict[int, list[Atom]]:
        found: dict[int, list[Atom]] = {}
        for atom in self.all:
            found.setdefault(atom.cell, []).append(atom)
        return found

    @cached_property
    def binders(self) -> dict[str, list[int]]:
        """For each name, the atoms that bind it, in order."""
        found: dict[str, list[int]] = {}
        for atom in self.all:
            for name in atom.binds:
                found.setdefault(name, []).append(atom.place)
        return found

    @cached_property
    def counters(self) -> frozenset[str]:
        """The names that loops alone bind, as their targets."""
        return frozenset(
            name
            for name, places in self.binders.items()
            if all(_counts(self.all[place].unit.node, name) for place in places)
        )

    @cached_property
    def readers(self) -> dict[int, dict[str, set[int]]]:
        """For each atom, by name, the atoms that see what it makes or changes."""
        found: dict[int, dict[str, set[int]]] = {}
        for atom in self.all:
            for name, sources in atom.sources.items():
                for source in sources:
                    found.setdefault(source, {}).setdefault(name, set()).add(atom.place)
        return found


def _counts(node: ast.stmt, name: str) -> bool:
    """Whether a statement is a loop that binds a name as its target and not in its body."""
    return (
        isinstance(node, ast.For)
        and any(isinstance(part, ast.Name) and part.id == name for part in walk(node.target))
        and name not in bound_names(node.body)
    )
