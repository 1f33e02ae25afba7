"""Where a notebook is cut into functions: a small optimisation over its statements.

Each statement stays in the notebook, at a price, or is in a stretch that becomes a function, at the
price of the function. The cheapest plan is found by dynamic programming over all stretches.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from nbprod.extract.plan.atoms import Atom, Atoms
from nbprod.syntax.walk import walk

__all__ = [
    "MOST_FIELDS",
    "MOST_PARAMETERS",
    "MOST_RESULTS",
    "Prices",
    "Stretch",
    "best_cut",
    "why_not_one",
]

MOST_PARAMETERS = 6
MOST_RESULTS = 3
# The parts of a split, or the measures of a model, belong together: the fields of one record.
MOST_FIELDS = 6
_RECORD = 6.0
_MOST_STATEMENTS = 80
# Each value that a function takes or gives, and what makes it a bad one.
_VALUE = 1.0
_SMALL, _SMALL_SIZE = 4.0, 3
_MODEST, _MODEST_SIZE = 1.5, 5
_MIXED = 6.0
_DRAWS_AND_COMPUTES = 0.5
_PRINT = 0.2
_CUT_IN_CELL = 1.5
_HEADING_INSIDE = 4.0
_HEADING_ABOVE = -3.0
_PURPOSE = -3.0
_PURPOSE_CHANGE = 0.75
_PART = 2.0
_LONG, _LONG_SIZE = 0.3, 20
_ALONE = 3.0
# A function of constants is a list of settings; a notebook of nothing else may have one.
_CONSTANTS, _CONSTANT = 15.0, 4.0
_TELLING = frozenset(["load", "split", "fit"])
# What a notebook is about is worth more in a function than in a cell.
_TELLING_STAYS = 6.0
# The stages of a notebook by purpose. A function of two is a compromise, one of three has no name;
# what lies between loading and fitting is to be seen in the notebook.
_COMPUTING = (
    ast.Call, ast.Subscript, ast.AugAssign, ast.For, ast.While, ast.If, ast.With, ast.Try,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.JoinedStr, ast.Delete,
)  # fmt: skip
_STAGES: dict[str, int] = {"load": 0, "split": 1, "fit": 2, "predict": 2, "evaluate": 3}
_TWO_STAGES, _FURTHER_STAGE = 1.0, 5.0


class Prices(NamedTuple):
    """What may be set: the price of a statement of work that stays in the notebook, of a function,
    and of one that has a single statement."""

    stay: float = 4.0
    function: float = 3.0
    single: float = 6.0


class Stretch(NamedTuple):
    """Statements that become one function: those of its body, and its price."""

    atoms: tuple[Atom, ...]
    price: float

    @property
    def work(self) -> tuple[Atom, ...]:
        """The statements that go into the function."""
        return tuple(atom for atom in self.atoms if atom.role == "work")


def best_cut(atoms: Atoms, allowed: Iterable[int], prices: Prices) -> list[Stretch]:
    """The stretches of the cheapest plan, in document order.

    Args:
        atoms: the statements of the notebook.
        allowed: the places of those that may go into a function.
        prices: what staying costs.
    """
    may_go = set(allowed)
    every = atoms.all
    best: list[tuple[float, Stretch | None]] = [(0.0, None)]
    for end in range(1, len(every) + 1):
        last = every[end - 1]
        price = best[end - 1][0] + _price_of_staying(last, prices)
        chosen: Stretch | None = None
        for stretch in _ending_at(end, atoms, may_go, prices):
            total = best[end - len(stretch.atoms)][0] + stretch.price
            if total < price:
                price, chosen = total, stretch
        best.append((price, chosen))
    return [*_traced(best)][::-1]


def _price_of_staying(atom: Atom, prices: Prices) -> float:
    """What it costs that a statement stays in the notebook."""
    if atom.role != "work":
        return 0.0
    return prices.stay + (_TELLING_STAYS if atom.purpose in _TELLING else 0.0)


def _traced(best: Sequence[tuple[float, Stretch | None]]) -> Iterator[Stretch]:
    end = len(best) - 1
    while end > 0:
        stretch = best[end][1]
        if stretch is None:
            end -= 1
        else:
            yield stretch
            end -= len(stretch.atoms)


def _ending_at(end: int, atoms: Atoms, may_go: set[int], prices: Prices) -> Iterator[Stretch]:
    """The stretches whose last statement is the one before a place."""
    every = atoms.all
    if every[end - 1].role != "work" or end - 1 not in may_go:
        return
    if end < len(every) and every[end].shares_line:
        return
    size = 0
    for start in range(end - 1, -1, -1):
        atom = every[start]
        if atom.role == "hard" or (atom.role == "work" and start not in may_go):
            return
        size += atom.size if atom.role == "work" else 0
        if size > _MOST_STATEMENTS:
            return
        if atom.role != "work" or atom.shares_line:
            continue
        part = every[start:end]
        if len(part) > 1 and _prints_what_is_above(atom, part[1]):
            continue
        if atom.cell != every[end - 1].cell and _has_repeated(part, atoms):
            # Near-equal cells are on their own.
            return
        if why_not_one(part, atoms) is not None:
            continue
        price = _price(part, atoms)
        if price is not None:
            price += prices.function + (prices.single if size == 1 else 0.0)
            yield Stretch(tuple(part), price)


def _prints_what_is_above(atom: Atom, following: Atom) -> bool:
    """Whether a statement is a print at the end of its cell: what is below is another step."""
    return atom.prints and following.cell != atom.cell and isinstance(atom.unit.node, ast.Expr)


def _has_repeated(part: Sequence[Atom], atoms: Atoms) -> bool:
    return any(atom.role == "work" and atom.cell in atoms.repeated_cells for atom in part)


def why_not_one(part: Sequence[Atom], atoms: Atoms) -> str | None:
    """Why a call cannot replace a stretch, with what only shows after it; None where it can."""
    work = [atom for atom in part if atom.role == "work"]
    cells = {atom.cell for atom in work}
    if len(cells) > 1 and any(atom.draws for atom in work):
        return "the end of a cell shows its figures"
    if len(cells) > 1 and any(atoms.names.cells[cell].header for cell in cells):
        return "a cell magic is about its cell alone"
    shown = [atom for atom in (work if len(cells) > 1 else work[:-1]) if atom.shows_value]
    if any(atom.shown_name is None for atom in shown):
        # The call is in the first cell, and a cell shows the result of its last line.
        return "a cell shows the value of its last line"
    for place, atom in enumerate(part):
        is_shown = atom.role in ("show", "drawing") or atom in shown
        if is_shown and not _can_move_behind(atom, part[place + 1 :], atoms):
            return "what is shown in the middle changes later"
    return "a cell would finish the figure that it begins" if _cuts_a_figure(part, atoms) else None


def _can_move_behind(show: Atom, rest: Sequence[Atom], atoms: Atoms) -> bool:
    reads = {show.shown_name} if show.shown_name else show.sources.keys()
    for atom in rest:
        draws = show.draws and (atom.draws or atom.cell == show.cell)
        if atom.role == "work" and (
            atom.binds & reads or atom.changes & reads or atom.prints or atom.draws or draws
        ):
            return False
    return True


def _cuts_a_figure(part: Sequence[Atom], atoms: Atoms) -> bool:
    """Whether the same cell goes on drawing outside of a stretch that draws."""
    if not any(atom.draws for atom in part):
        return False
    first, last = part[0].place, part[-1].place
    cells = {atom.cell for atom in part if atom.draws}
    return any(
        atom.draws and atom.role == "work" and not first <= atom.place <= last
        for atom in atoms.all
        if atom.cell in cells
    )


def _price(part: Sequence[Atom], atoms: Atoms) -> float | None:
    """What a function of a stretch costs; None where it takes or gives too much."""
    work = [atom for atom in part if atom.role == "work"]
    places = {atom.place for atom in work}
    given = _given(work, places, atoms)
    made = _made(work, places, atoms)
    drawing = [atom for atom in work if atom.draws]
    purposes = [atom.purpose for atom in work if atom.purpose is not None]
    if part[0].section in atoms.split_sections:
        purposes.append("split")
    is_record = _only_splits(purposes) or (_only_measures(purposes) and not drawing)
    most = MOST_FIELDS if is_record else MOST_RESULTS
    if len(given) > MOST_PARAMETERS or len(made) > most:
        return None
    if len(made) > MOST_RESULTS and len({atom.section for atom in part}) > 1:
        # The fields of a record belong together: what two sections return does not.
        return None
    size = sum(atom.size for atom in work)
    price = _VALUE * (len(given) + len(made))
    price += _SMALL * max(0, _SMALL_SIZE - size)
    price += _MODEST * max(0, _MODEST_SIZE - max(size, _SMALL_SIZE))
    price += _MIXED if drawing and made else 0.0
    price += _DRAWS_AND_COMPUTES if drawing and len(drawing) < len(work) else 0.0
    price += _PRINT * sum(atom.prints for atom in work)
    price += _CUT_IN_CELL * _cell_cuts(part, atoms)
    sections = [atom.section for atom in part]
    price += _HEADING_INSIDE * (len(set(sections)) - 1)
    price += _HEADING_ABOVE if _starts_section(part[0], atoms) else 0.0
    price += _RECORD if len(made) > MOST_RESULTS else 0.0
    price += _PURPOSE if _TELLING.intersection(purposes) else 0.0
    price += _PURPOSE_CHANGE * sum(a != b for a, b in zip(purposes, purposes[1:], strict=False))
    price += _price_of_stages(purposes)
    price += _PART * (_parts(work, places) - 1)
    price += _LONG * max(0, size - _LONG_SIZE)
    if not given and not made and not drawing:
        price += _ALONE
    if not any(map(_computes, work)):
        price += _CONSTANTS + _CONSTANT * size
    return price


def _computes(atom: Atom) -> bool:
    """Whether a statement does more than to give names to constants."""
    for node in atom.unit.nodes:
        for part in walk(node):
            if isinstance(part, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp)):
                if any(isinstance(inner, ast.Name) for inner in walk(part)):
                    return True
            elif isinstance(part, _COMPUTING):
                return True
    return False


def _only_splits(purposes: Sequence[str]) -> bool:
    """Whether a function splits data and fits no model on it: what a split gives is one record."""
    return "split" in purposes and not {"fit", "predict", "evaluate"}.intersection(purposes)


def _only_measures(purposes: Sequence[str]) -> bool:
    """Whether a function measures a model several times and does nothing else."""
    return purposes.count("evaluate") > 1 and {"evaluate", "predict"}.issuperset(purposes)


def _price_of_stages(purposes: Iterable[str]) -> float:
    """What it costs that a function goes through several stages of a notebook."""
    stages = sorted({_STAGES[purpose] for purpose in purposes if purpose in _STAGES})
    if len(stages) < 2:
        return 0.0
    return _TWO_STAGES + _FURTHER_STAGE * max(stages[-1] - stages[0] - 1, len(stages) - 2)


def _given(work: Sequence[Atom], places: set[int], atoms: Atoms) -> set[str]:
    found = set()
    for atom in work:
        for name, sources in atom.sources.items():
            if not atoms.is_module_level(name) and sources - places:
                found.add(name)
    return found


def _made(work: Sequence[Atom], places: set[int], atoms: Atoms) -> set[str]:
    found = set()
    for atom in work:
        for name, readers in atoms.readers.get(atom.place, {}).items():
            if readers - places and not atoms.is_module_level(name):
                found.add(name)
        # What the notebook has from above would keep its old value there.
        found |= {name for name in atom.binds if _is_left_behind(name, places, atoms)}
    return found


def _is_left_behind(name: str, places: set[int], atoms: Atoms) -> bool:
    """Whether the notebook has a name before a stretch that binds it, and no other value later.

    What only the cell reads that binds it, the notebook does not have once that is a function."""
    binders = atoms.binders.get(name, [])
    if binders[-1] > max(places) or name in atoms.counters:
        return False
    return any(
        atoms.all[reader].cell != atoms.all[binder].cell
        for binder in binders
        if binder < min(places)
        for reader in atoms.readers.get(binder, {}).get(name, ())
    )


def _cell_cuts(part: Sequence[Atom], atoms: Atoms) -> int:
    """How often a stretch begins or ends among the work of one cell."""
    first, last = part[0], part[-1]
    before = atoms.all[first.place - 1] if first.place else None
    after = atoms.all[last.place + 1] if last.place + 1 < len(atoms.all) else None
    return sum(
        beside is not None and beside.cell == edge.cell and beside.role == "work"
        for beside, edge in ((before, first), (after, last))
    )


def _starts_section(atom: Atom, atoms: Atoms) -> bool:
    before = [
        other
        for other in atoms.all[: atom.place]
        if other.section == atom.section
        and (other.role == "work" or id(other.unit.node) in atoms.extracted)
    ]
    return atom.section >= 0 and not before


def _parts(work: Sequence[Atom], places: set[int]) -> int:
    """How many groups of statements have neither data nor an input in common."""
    roots = {atom.place: atom.place for atom in work}

    def root(place: int) -> int:
        while roots[place] != place:
            place = roots[place]
        return place

    by_input: dict[tuple[str, int], int] = {}
    for atom in work:
        for name, sources in atom.sources.items():
            for source in sources:
                other = (
                    source if source in places else by_input.setdefault((name, source), atom.place)
                )
                roots[root(atom.place)] = root(other)
    return len({root(atom.place) for atom in work})
