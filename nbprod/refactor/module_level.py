"""What moves to the top level of the module: imports, definitions, the constants they read.

A definition can be there when everything that it reads can: other definitions, imports, and
constants that are bound once. A global that is rebound is never frozen into the module.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from nbprod.facts import Facts
from nbprod.libraries.modules import BUILTIN_NAMES, is_kernel_name
from nbprod.names.loads import all_seeing, global_names
from nbprod.names.statements import StatementText
from nbprod.names.table import BindingSite, NameTable
from nbprod.refactor.closures import KeptClosure, kept_closures, shared_objects
from nbprod.refactor.plan import Import, ModuleItem
from nbprod.refactor.purity import definition_time, is_immutable, is_timeless
from nbprod.syntax.walk import walk

__all__ = ["KERNEL_READS", "ModuleLevel", "imports_of", "moves_imports", "only_wraps"]

# Names of the kernel that a module has as well, with other values.
KERNEL_READS = frozenset(["__name__", "__doc__", "__file__", "__builtins__", "In", "Out"])

_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# What a module, its docstrings and its hints change of a definition.
_ATTRIBUTES = frozenset(
    ["__doc__", "__module__", "__annotations__", "__code__", "__qualname__", "__globals__"]
)
_REFLECTING = frozenset(
    """
    help inspect.getsource inspect.getdoc inspect.signature inspect.getfullargspec
    inspect.getmodule inspect.getsourcelines inspect.getcomments typing.get_type_hints
    get_type_hints getsource getdoc signature inspect.getfile pydoc.render_doc
    """.split()
)
# What changes where modules and files are found, by object and attribute.
_MOVERS = (("sys", "path"), ("os", "chdir"), ("site", "addsitedir"))


def imports_of(node: ast.stmt, cell: int) -> list[Import]:
    """The imports that one statement makes; those of ``__future__`` and stars left out."""
    if isinstance(node, ast.Import):
        return [
            Import(
                alias.name, None, alias.asname or alias.name.partition(".")[0], cell,
                alias.asname is not None,
            )
            for alias in node.names
        ]  # fmt: skip
    if isinstance(node, ast.ImportFrom) and node.module != "__future__":
        module = "." * node.level + (node.module or "")
        return [
            Import(
                module, alias.name, alias.asname or alias.name, cell,
                alias.asname is not None and alias.asname != alias.name,
            )
            for alias in node.names
            if alias.name != "*"
        ]  # fmt: skip
    return []


class ModuleLevel:
    """Works out, for some selected cells, what of the notebook can be at the module's top level."""

    def __init__(
        self, facts: Facts, names: NameTable, selected: Iterable[int], *, settings: bool = False
    ) -> None:
        self.facts = facts
        self.names = names
        self.selected = frozenset(selected)
        self.settings = settings
        self.why_not: dict[str, str] = {}

    # --- imports ------------------------------------------------------------------------------

    @cached_property
    def imports(self) -> dict[str, tuple[Import, ...]]:
        """For each name that is only ever bound by imports of the same thing: these imports."""
        found: dict[str, tuple[Import, ...]] = {}
        for name, bindings in self.names.bindings.items():
            made = self._imports(name, bindings)
            if made and not self._hides_builtin(name):
                found[name] = made
        return found

    def _imports(self, name: str, bindings: Sequence[BindingSite]) -> tuple[Import, ...]:
        made: dict[tuple[str, str | None], Import] = {}
        for site in bindings:
            if not isinstance(site.statement, (ast.Import, ast.ImportFrom)):
                return ()
            here = [i for i in imports_of(site.statement, site.cell) if i.bound == name]
            for each in here:
                if each.module.startswith(".") or self._is_late(each):
                    return ()
                made.setdefault((each.module, each.name), each)
        plain = {import_.name for import_ in made.values() if import_.needs_alias or import_.name}
        tops = {import_.module.partition(".")[0] for import_ in made.values()}
        if len(made) > 1 and (plain or len(tops) > 1):
            return ()
        return tuple(made.values())

    def _is_late(self, one: Import) -> bool:
        """Whether the module could not be imported before something that a cell does first."""
        top = one.module.partition(".")[0]
        if top in sys.stdlib_module_names:
            return False
        barriers = [cell for cell in self.barriers if self.first_needed < cell < one.cell]
        if not barriers:
            return False
        earlier = (
            each
            for cell in self.names.cells
            if cell < barriers[0]
            for statement in self.names.statements(cell)
            for each in imports_of(statement, cell)
        )
        return not any(each.module.partition(".")[0] == top for each in earlier)

    @cached_property
    def first_needed(self) -> int:
        """The first of the cells that needs the module: those with imports alone do not."""
        plain = (ast.Import, ast.ImportFrom)
        return min(
            (
                cell
                for cell in self.selected
                if not all(isinstance(node, plain) for node in self.names.statements(cell))
            ),
            default=max(self.selected) + 1,
        )

    @cached_property
    def barriers(self) -> list[int]:
        """The cells that change what can be imported: they install, write files, move."""
        found = []
        for cell, parsed in enumerate(self.facts.parsed):
            if parsed is None:
                continue
            moves = any(
                magic.kind == "shell"
                or magic.name in ("cd", "pip", "conda", "writefile", "run", "bash")
                for magic in parsed.magics
            )
            written = any(attribute in parsed.cell.source for _, attribute in _MOVERS)
            if moves or (written and any(map(moves_imports, self.names.statements(cell)))):
                found.append(cell)
        return found

    def _hides_builtin(self, name: str) -> bool:
        return name in BUILTIN_NAMES and any(name in reads for reads in self.builtin_reads.values())

    @cached_property
    def builtin_reads(self) -> dict[int, frozenset[str]]:
        """For each cell, the builtins that it reads as such."""
        reads = self.facts.flow.builtin_reads
        return {cell: frozenset(names) for cell, names in reads.items()}

    @property
    def kept_closures(self) -> list[KeptClosure]:
        """The functions that the notebook keeps beyond the statement that makes them."""
        return self.names.shared(kept_closures)

    @property
    def shared_objects(self) -> dict[str, set[str]]:
        """For each name, the other names of its object and of what holds it."""
        return self.names.shared(shared_objects)

    @cached_property
    def reflected(self) -> dict[str, str]:
        """The definitions whose own text the notebook reads, with the code that reads it; ``*``
        stands for any."""
        return {
            name: ast.unparse(part)
            for cell in self.names.cells
            for statement in self.names.statements(cell)
            for part in walk(statement)
            for name in _looked_into(part)
        }

    @cached_property
    def taken_units(self) -> frozenset[int]:
        """The identities of the statements that move to the module's top level."""
        return frozenset(id(item.unit.node) for item in self.taken.values())

    def star_import(self, name: str) -> Import | None:
        """The import that a star stands for, if that is known for sure."""
        if name in self.names.bindings:
            return None
        made = self.facts.flow.definitions.get(name, ())
        modules = {definition.binding.detail for definition in made}
        if len(modules) == 1 and all(
            definition.binding.kind == "star-import" for definition in made
        ):
            return Import(modules.pop(), name, name, made[0].cell, False)
        return None

    # --- definitions and constants ------------------------------------------------------------

    @cached_property
    def taken(self) -> dict[str, ModuleItem]:
        """The definitions and constants of the module's top level, by name.

        The largest set in which each finds everything that it reads: start with all that could
        be, and drop what reads something that is not there until nothing changes.
        """
        found = dict(self._candidates())
        changed = True
        while changed:
            changed = False
            for name in list(found):
                reason = self._obstacle(found[name], found)
                if reason is not None:
                    self.why_not[name] = reason
                    del found[name]
                    changed = True
        return self._wanted(found)

    def _candidates(self) -> Iterable[tuple[str, StatementText]]:
        for name, bindings in self.names.bindings.items():
            if not self.names.is_single(name) or self._hides_builtin(name):
                if isinstance(bindings[0].statement, _Definition):
                    self.why_not[name] = "is bound more than once"
                continue
            unit = self.names.unit(bindings[0])
            if unit is None or (unit.cell not in self.selected and not self._can_copy(unit, name)):
                continue
            if unit.kind == "definition" or self._is_constant(unit):
                yield name, unit

    def _can_copy(self, unit: StatementText, name: str) -> bool:
        """Whether the module may have its own copy of what the notebook keeps."""
        node = unit.node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
            return (
                all(is_immutable(expression) for expression in defaults)
                and name not in self.names.attribute_stores
            )
        if isinstance(node, ast.ClassDef):
            return (
                all(
                    name not in self.names.reads_of(cell)
                    for cell in self.names.cells
                    if cell not in self.selected and cell != unit.cell
                )
                and name not in self.names.attribute_stores
            )
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            return False
        return is_immutable(node.value) and not self._is_input(unit)

    def _is_constant(self, unit: StatementText) -> bool:
        node = unit.node
        return (
            isinstance(node, (ast.Assign, ast.AnnAssign))
            and node.value is not None
            and not unit.cuts
            and not self._is_input(unit)
        )

    def _is_input(self, unit: StatementText) -> bool:
        return self.facts.is_parameters(unit.cell) or self.facts.program.is_input(
            unit.cell, unit.node
        )

    def _obstacle(self, unit: StatementText, found: dict[str, StatementText]) -> str | None:
        """Why a statement cannot stand at the module's top level, None when it can."""
        node = unit.node
        if isinstance(node, _Definition):
            reader = self.reflected.get(node.name) or self.reflected.get("*")
            if reader is not None:
                return f"its text or module is read by `{reader}`"
        written = global_names(node)
        if written:
            return f"writes the global `{min(written)}`"
        seeing = all_seeing(node)
        if seeing is not None:
            return f"calls `{ast.unparse(seeing)}`, which sees the notebook's names"
        for name_node in self.names.loads_of(node):
            if not self._is_there(name_node.id, found):
                return f"reads `{name_node.id}`, which is not a constant"
        if isinstance(node, _Definition):
            values = list(definition_time(node))
        else:
            assert isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None
            values = [node.value]
            if any(
                self._is_changeable(name_node.id, found) for name_node in self.names.loads_of(node)
            ):
                return "depends on a value that may change"
        pure = self._purity(found)
        if not all(is_timeless(expression, pure) for expression in values):
            return "runs code when it is defined"
        return None

    def _is_there(self, name: str, found: dict[str, StatementText]) -> bool:
        if name in found or name in self.imports:
            return True
        if name in self.names.bindings or name == "get_ipython" or name in KERNEL_READS:
            return False
        if name in BUILTIN_NAMES or name == "display":
            return True
        return not is_kernel_name(name) and self.star_import(name) is not None

    def _is_changeable(self, name: str, found: dict[str, StatementText]) -> bool:
        unit = found.get(name)
        if unit is None or not isinstance(unit.node, (ast.Assign, ast.AnnAssign)):
            return False
        return unit.node.value is None or not is_immutable(unit.node.value)

    def _purity(self, found: dict[str, StatementText]) -> Callable[[str], str | bool]:
        def known(name: str) -> str | bool:
            if name in self.imports:
                one = self.imports[name][0]
                return one.dotted
            unit = found.get(name)
            if unit is None:
                return False
            return isinstance(unit.node, ast.FunctionDef) and only_wraps(unit.node)

        return known

    def _wanted(self, found: dict[str, StatementText]) -> dict[str, ModuleItem]:
        """Definitions of selected cells, and of the rest what they need."""
        wanted: dict[str, ModuleItem] = {}
        pending = [
            (name, "is defined in a selected cell")
            for name, unit in found.items()
            if unit.cell in self.selected
            and (unit.kind == "definition" or self._is_named_constant(name, unit))
        ]
        pending += [
            (name, "is called by a selected cell")
            for name in sorted(self._read_by_selected())
            if name in found and found[name].kind == "definition"
        ]
        while pending:
            name, reason = pending.pop(0)
            if name in wanted:
                continue
            unit = found[name]
            wanted[name] = ModuleItem(name, unit, reason, unit.cell not in self.selected)
            for name_node in self.names.loads_of(unit.node):
                if name_node.id in found:
                    pending.append((name_node.id, f"is read by `{name}`"))
        order = sorted(wanted.values(), key=lambda item: (item.unit.cell, item.unit.rank))
        return {item.name: item for item in order}

    def _is_named_constant(self, name: str, unit: StatementText) -> bool:
        """A constant by its name; as a setting it becomes a parameter instead."""
        if self.settings or not name.isupper():
            return False
        node = unit.node
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        return value is not None and is_immutable(value)

    def _read_by_selected(self) -> set[str]:
        return {name for cell in self.selected for name in self.names.reads_of(cell)}


def _looked_into(node: ast.AST) -> Iterator[str]:
    """The name of the definition whose docstring, source or signature an expression reads."""
    looked: ast.expr | None = None
    if isinstance(node, ast.Attribute) and node.attr in _ATTRIBUTES:
        looked = node.value
    elif isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in _REFLECTING:
        looked = node.args[0]
    if looked is not None:
        yield looked.id if isinstance(looked, ast.Name) else "*"


def moves_imports(node: ast.AST) -> bool:
    """Whether a statement changes where modules and files are found."""
    return any(
        isinstance(part, ast.Attribute)
        and isinstance(part.value, ast.Name)
        and (part.value.id, part.attr) in _MOVERS
        for part in walk(node)
    )


def only_wraps(node: ast.FunctionDef) -> bool:
    """Whether calling a function does no more than make another one: a decorator that wraps."""
    for statement in node.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            calls = (part for expression in statement.decorator_list for part in walk(expression))
            if any(isinstance(part, ast.NamedExpr) for part in calls):
                return False
        elif isinstance(statement, ast.Return):
            if statement.value is None or not isinstance(statement.value, (ast.Name, ast.Lambda)):
                return False
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            return False
    return True
