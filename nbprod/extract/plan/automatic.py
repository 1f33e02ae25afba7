"""Extraction of all that is worth a function: the notebook is cut, what cannot go stays."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from nbprod.extract.plan.atoms import Atom, Atoms
from nbprod.extract.plan.clones import as_one_function
from nbprod.extract.plan.cutting import (
    MOST_FIELDS,
    MOST_PARAMETERS,
    MOST_RESULTS,
    Prices,
    Stretch,
    best_cut,
)
from nbprod.extract.plan.literals import Lifted, lifted_literals
from nbprod.extract.plan.planning import Planner, PlanOptions
from nbprod.extract.plan.settings import parameter_names
from nbprod.libraries.purposes import purpose_of_call
from nbprod.refactor.module_level import ModuleLevel, imports_of
from nbprod.refactor.pieces import CutNotebook, cut_notebook
from nbprod.refactor.plan import CellGroup, CellLeft, Plan, Refusal
from nbprod.refactor.purpose_sentences import fitted_classes
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = [
    "atoms_of", "extracted_already", "plan_of_pieces", "plan_of_stretches", "plan_what_can_be",
    "refusals_in_whole",
]  # fmt: skip

_MOST_ROUNDS = 60
# In a notebook with so few statements of work, any step of several is worth a function; one of a
# single statement only where there is no other.
_SHORT = 7
_IN_SHORT = Prices(stay=50.0, single=200.0)
# What a function has to be worth more where the notebook calls the module already.
_SECOND_TIME = 10.0


def plan_what_can_be(planner: Planner, cells: Iterable[int], stay: Iterable[CellLeft] = ()) -> Plan:
    """The best plan for some cells, but for those that have to ``stay``.

    The statements are cut into functions where that is worth its price. Whatever is refused stays
    in the notebook, and the plan is made again without it, until nothing is refused.
    """
    kept = {cell_left.cell: cell_left for cell_left in stay}
    atoms, usable = atoms_of(planner, [cell for cell in cells if cell not in kept])
    literals = {atom.place for atom in atoms.all if atom.role == "literal"}
    cells_left = {
        cell: CellLeft(cell, 1, taken.problem.reason)
        for cell, taken in planner.names.cells.items()
        if taken.problem is not None and cell in usable
    }
    allowed = {
        atom.place for atom in atoms.all if atom.role in ("work", "drawing") and atom.cell in usable
    }
    prices = planner.options.prices
    if atoms.extracted:
        # What an earlier extraction has left alone, this one does.
        prices = prices._replace(function=prices.function + _SECOND_TIME)
    elif len(allowed) < _SHORT:
        prices = prices._replace(stay=_IN_SHORT.stay, single=_IN_SHORT.single)
    for _ in range(_MOST_ROUNDS):
        plan, cut = plan_of_stretches(planner, _stretches(atoms, allowed, prices), atoms, usable)
        computed = {place for place in literals if atoms.all[place].role == "work"}
        allowed |= computed
        literals -= computed
        if not plan.refusals:
            plan = replace(plan, refusals=tuple(_too_many_values(plan)))
        if not plan.refusals:
            staying = sorted([*kept.values(), *cells_left.values()])
            return replace(plan, kept=tuple(staying), cut=cut)
        refused = refusals_in_whole(cut, plan.refusals)
        found = [_refused_atom(atoms, one.cell, one.line, allowed) for one in refused]
        if not any(found):
            # The notebook as a whole stands against it.
            return replace(plan, refusals=refused)
        for refusal, atom in zip(refused, found, strict=True):
            if atom is not None:
                _keep(atom, allowed)
                left = CellLeft(refusal.cell, refusal.line, refusal.reason)
                cells_left.setdefault(refusal.cell, left)
    return replace(plan, refusals=refused)


def _stretches(atoms: Atoms, allowed: set[int], prices: Prices) -> list[Stretch]:
    """The cheapest cut; in a short notebook without one, also of small drawings, then of single
    statements where no definition moves either."""
    found = best_cut(atoms, allowed, prices)
    if found or prices.stay != _IN_SHORT.stay:
        return found
    for place in allowed:
        atoms.all[place].role = "work"
    cut = best_cut(atoms, allowed, prices)
    if cut or _has_definitions(atoms):
        return cut
    return best_cut(atoms, allowed, prices._replace(single=Prices().single))


def _has_definitions(atoms: Atoms) -> bool:
    """Whether definitions of the author move: then no function of one statement is needed."""
    return any(
        isinstance(item.unit.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        for item in atoms.closure.taken.values()
    )


def atoms_of(planner: Planner, cells: Iterable[int]) -> tuple[Atoms, list[int]]:
    """The statements of a notebook, and those of some cells that are not extracted already."""
    done = extracted_already(planner)
    usable = [cell for cell in cells if cell not in done]
    closure = ModuleLevel(planner.facts, planner.names, usable, settings=planner.options.parameters)
    atoms = Atoms(
        planner.facts, planner.names, planner.modules, closure, _calls_of_module(planner),
        moves_settings=planner.options.package, lifts_literals=True,
    )  # fmt: skip
    return atoms, usable


def plan_of_stretches(
    planner: Planner, stretches: Sequence[Stretch], atoms: Atoms, usable: Sequence[int]
) -> tuple[Plan, CutNotebook]:
    """The plan for some stretches of statements, with its refusals, and the notebook cut for it.

    Literals that a stretch reads and others too become work where they stand inside of it.
    """
    lifted = lifted_literals(atoms, stretches, usable)
    while lifted.inside:
        for literal in lifted.inside:
            literal.role = "work"
        lifted = lifted_literals(atoms, stretches, usable)
    cut = cut_notebook(planner.facts, _offsets(stretches, lifted, atoms, usable))
    inner = Planner(cut.facts, planner.options, cut.inner)
    plan = inner.plan([*_groups(stretches, lifted, atoms, cut, set(usable))])
    if not plan.refusals:
        plan = replace(plan, functions=as_one_function(plan.functions, plan.literals, cut.facts))
    return replace(plan, cut=cut), cut


def plan_of_pieces(cut: CutNotebook, groups: Sequence[CellGroup], options: PlanOptions) -> Plan:
    """The plan for groups of a notebook that is cut already."""
    return replace(Planner(cut.facts, options, cut.inner).plan(groups), cut=cut)


def refusals_in_whole(cut: CutNotebook, refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """Refusals with the cells and lines of the whole notebook."""
    return tuple(
        refusal._replace(
            cell=cut.pieces[refusal.cell].cell, line=refusal.line + cut.pieces[refusal.cell].line
        )
        for refusal in refusals
    )


def _too_many_values(plan: Plan) -> Iterator[Refusal]:
    """Functions that take or return more than a reader can follow: they end a statement earlier."""
    for function in plan.functions:
        nodes = [node for unit in function.body for node in unit.nodes]
        is_record = function.name.startswith("split") or _measures(nodes)
        most = MOST_FIELDS if is_record and not fitted_classes(nodes) else MOST_RESULTS
        given = len(function.parameters) + len(parameter_names(function))
        if given > MOST_PARAMETERS or len(function.results) > most:
            last = function.body[-1]
            reason = f"`{function.name}` would take or return too many values"
            yield Refusal(last.cell, last.node.lineno, reason, "it stays in the notebook")


def _measures(nodes: Iterable[ast.AST]) -> bool:
    """Whether statements measure a model several times."""
    called = [part for node in nodes for part in walk(node) if isinstance(part, ast.Call)]
    return sum(purpose_of_call(last_name(call.func)) == "evaluate" for call in called) > 1


def _keep(atom: Atom, allowed: set[int]) -> None:
    """Leave a statement in the notebook."""
    allowed.discard(atom.place)
    if atom.role == "module":
        atom.role = "hard"


def _refused_atom(atoms: Atoms, cell: int, line: int, allowed: set[int]) -> Atom | None:
    """The statement on a line of a cell, or the first that may still go."""
    index = atoms.facts.index(cell)
    own = [
        atom
        for atom in atoms.all
        if atom.cell == cell and (atom.place in allowed or atom.role == "module")
    ]
    for atom in own:
        first, last = index.position(atom.unit.code)[0], index.position(atom.unit.stop)[0]
        if first <= line <= last:
            return atom
    return own[0] if own else None


def _offsets(
    stretches: Sequence[Stretch], lifted: Lifted, atoms: Atoms, usable: Sequence[int]
) -> dict[int, list[int]]:
    """Where the cells are cut: around each run of statements that go the same way."""
    belongs: dict[int, int] = {}
    for number, stretch in enumerate(stretches, 1):
        belongs |= {atom.place: number for atom in stretch.work}
        belongs |= {atom.place: -1 - number for atom in lifted.of_stretch.get(number, ())}
    return atoms.cuts_between(lambda atom: _way(atom, belongs, usable))


def _way(atom: Atom, belongs: dict[int, int], usable: Sequence[int]) -> int:
    """Where a statement goes: to a function by number, to its parameters (by a number below -1), to
    the module (-1), or nowhere (0)."""
    if atom.role == "module" and atom.cell in usable:
        return -1
    return belongs.get(atom.place, 0)


def _groups(
    stretches: Sequence[Stretch],
    lifted: Lifted,
    atoms: Atoms,
    cut: CutNotebook,
    usable: set[int],
) -> Iterator[CellGroup]:
    """The groups of the cut notebook: those of functions, and what goes to the module's top."""
    found: list[CellGroup] = []
    seen: set[int] = set()
    for number, stretch in enumerate(stretches, 1):
        pieces = dict.fromkeys(cut.at(atom.cell, atom.unit.code) for atom in stretch.work)
        literals = dict.fromkeys(
            cut.at(atom.cell, atom.unit.code) for atom in lifted.of_stretch.get(number, ())
        )
        found.append(CellGroup(tuple(pieces), is_work=True, literals=tuple(literals)))
        seen |= pieces.keys() | literals.keys()
    for atom in atoms.all:
        if atom.role == "module" and atom.cell in usable:
            piece = cut.at(atom.cell, atom.unit.code)
            if piece not in seen:
                seen.add(piece)
                found.append(CellGroup((piece,)))
    yield from sorted(found, key=lambda group: group.cells)


def extracted_already(planner: Planner) -> set[int]:
    """The cells that only import from the module and call it: there is nothing more to take."""
    ours = _imported_from_module(planner)
    found = set()
    for cell in planner.names.cells if ours else ():
        statements = planner.names.statements(cell)
        shows = planner.names.cells[cell].shows
        work = statements[:-1] if shows else statements
        called = any(_calls(statement, ours) for statement in statements)
        if called and all(_calls(statement, ours) or _is_thin(statement) for statement in work):
            found.add(cell)
    return found


def _imported_from_module(planner: Planner) -> set[str]:
    """The names that the notebook imports from the module that is extended."""
    module = planner.options.module
    return {
        import_.bound
        for cell in planner.names.cells
        for statement in planner.names.statements(cell)
        for import_ in imports_of(statement, cell)
        if module and import_.module == module
    }


def _calls_of_module(planner: Planner) -> set[int]:
    """The statements that call the module: they are extracted already."""
    ours = _imported_from_module(planner)
    return {
        id(statement)
        for cell in planner.names.cells
        for statement in planner.names.statements(cell)
        if _calls(statement, ours)
    }


def _calls(node: ast.stmt, names: set[str]) -> bool:
    value = node.value if isinstance(node, (ast.Assign, ast.Expr)) else None
    return (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in names
    )


def _is_thin(node: ast.stmt) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.Delete))
