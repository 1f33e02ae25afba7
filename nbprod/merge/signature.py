"""What one function for several places is given and gives back: `extract`'s liveness, at each."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.merge.split import SplitNotebook
from nbprod.merge.types import CallSite, CannotMerge, Signature
from nbprod.names.scopes import DEFINING, bound_names
from nbprod.refactor.group_code import Part
from nbprod.refactor.hazards import find_hazards
from nbprod.refactor.liveness import Liveness
from nbprod.refactor.module_level import ModuleLevel
from nbprod.refactor.plan import Import, ModuleItem, Refusal

__all__ = ["Occurrence", "needs_of"]

_MOST_ROUNDS = 8


class Occurrence(NamedTuple):
    """A place in a notebook, and what the names of the first place are called in it."""

    ground: SplitNotebook
    site: CallSite
    names: dict[str, str]


class _InPlace(ModuleLevel):
    """Nothing of the notebook moves: its definitions stay where they are."""

    @cached_property
    def taken(self) -> dict[str, ModuleItem]:
        return {}


def needs_of(places: Sequence[Occurrence], *, module: bool = False) -> Signature:
    """The parameters and results that do for all places, in the names of the first.

    What one place needs afterwards is returned to all: a name that the code binds anyway has the
    same value then. So the places are asked again until no one needs more.

    For a ``module`` only what it can import itself or what is Python's own is not given.

    Raises:
        CannotMerge: at some place the function would not do what the code does.
    """
    results: tuple[str, ...] = ()
    asked: list[_Asked] = []
    for _ in range(_MOST_ROUNDS):
        asked = [
            _asked(places, number, results, before)
            for number, before in enumerate(asked or [None] * len(places))
        ]
        wanted = {name for place in asked for name in place.results} | _outcomes(asked[0].live)
        last = results
        results = tuple(name for name in asked[0].live.bound if name in wanted)
        if results == last:
            common = _importable(asked) if module else _defined(places, asked[0].live)
            return Signature(
                _parameters(places, asked, results, frozenset(common)),
                results,
                tuple(asked[0].live.bound),
                tuple(import_ for made in common.values() for import_ in made) if module else (),
            )
    raise CannotMerge("the places need more and more of each other")


def _outcomes(live: Liveness) -> set[str]:
    """What the code makes in the end and does not use itself: a person may want to look at it."""
    found: set[str] = set()
    for unit in live.part.body:
        found -= {name_node.id for name_node in live.names.loads_of(unit.node)}
        if isinstance(unit.node, (ast.Assign, ast.AnnAssign)):
            found |= {
                bound_name
                for bound_name in bound_names([unit.node])
                if not bound_name.startswith("_")
            }
    return found & live.effect.binds


class _Asked(NamedTuple):
    """One place by itself; names are those of the first place."""

    live: Liveness
    names: dict[str, str]
    parameters: tuple[str, ...]
    results: tuple[str, ...]


def _asked(
    places: Sequence[Occurrence], number: int, results: Sequence[str], before: _Asked | None
) -> _Asked:
    """Ask one place; ``before`` is its answer for fewer results."""
    place = places[number]
    ground = place.ground
    present = _present(places, number, results)
    if before is None:
        live = _liveness(place, present)
    elif (present ^ before.live.part.present).isdisjoint(before.live.bound):
        # It differs in names only that the code does not bind: they change no answer.
        return before
    else:
        live = before.live.with_present(present)
    returned = live.results()
    parameters = live.parameters()
    refusals: list[Refusal] = [*live.refusals, *find_hazards(live, parameters)]
    if refusals:
        raise CannotMerge(refusals[0].reason)
    left = [*live.left_behind, *live.counters]
    if left:
        raise CannotMerge(f"`{left[0]}` may be left with another value")
    back = {theirs: mine for mine, theirs in place.names.items()}
    unknown = [text for text in live.loaded if text not in back]
    if unknown:
        raise CannotMerge(f"`{unknown[0]}` is read inside a text")
    return _Asked(
        live,
        place.names,
        tuple(back[variable.name] for variable in parameters),
        tuple(
            back[variable.name]
            for variable in returned
            if variable.name != "_" or _is_read("_", ground)
        ),
    )


def _liveness(place: Occurrence, present: frozenset[str]) -> Liveness:
    ground = place.ground
    cells = ground.cells(place.site)
    closure = _InPlace(ground.facts, ground.names, cells)
    part = Part(cells, ground.units(place.site), (), present)
    return Liveness(ground.facts, ground.names, closure, part)


def _is_read(name: str, ground: SplitNotebook) -> bool:
    return any(name in ground.names.reads_of(cell) for cell in ground.names.cells)


def _present(places: Sequence[Occurrence], number: int, results: Sequence[str]) -> frozenset[str]:
    """The names that the rewritten notebook has bound when it comes to a place."""
    place = places[number]
    ground = place.ground
    first = ground.cells(place.site)[0]
    rewritten: set[int] = set()
    found: set[str] = set()
    for other in places:
        if other.ground is ground:
            cells = ground.cells(other.site)
            rewritten |= set(cells)
            if cells[0] < first:
                found |= {other.names[name] for name in results}
    for name, bindings in ground.names.bindings.items():
        if any(site.cell < first and site.cell not in rewritten for site in bindings):
            found.add(name)
    return frozenset(found)


def _parameters(
    places: Sequence[Occurrence],
    asked: Sequence[_Asked],
    results: Sequence[str],
    common: frozenset[str],
) -> tuple[str, ...]:
    """The names that every place can give, in the order in which they are first used."""
    first = asked[0].live
    wanted = {name for asked in asked for name in asked.parameters}
    # What is an import to one notebook is no parameter of its own there.
    wanted |= {name for name in first.loaded if name not in first.bound and name not in common}
    found = []
    for name in (*first.loaded, *(text for text in first.bound if text not in first.loaded)):
        if name not in wanted or name in common:
            continue
        for place, own in zip(places, asked, strict=True):
            imports = own.live.closure.imports.get(place.names[name], ())
            if any(import_.name is None for import_ in imports):
                raise CannotMerge(f"`{place.names[name]}` is another module elsewhere")
            if name not in own.parameters and not _can_be_given(place.names[name], place, own.live):
                raise CannotMerge(f"`{place.names[name]}` may have no value yet")
        found.append(name)
    for name in results:
        if name not in found and name not in first.effect.binds:
            raise CannotMerge(f"`{name}` may be left without a value")
    return tuple(found)


def _defined(places: Sequence[Occurrence], first: Liveness) -> dict[str, tuple[Import, ...]]:
    """The names that are the same import or definition of the notebook for all places."""
    return {
        name: ()
        for name in first.loaded
        if name not in first.bound
        and all(place.names[name] == name for place in places)
        and all(
            isinstance(site.statement, DEFINING)
            for place in places
            for site in place.ground.names.bindings.get(name, ())
        )
    }


def _importable(asked: Sequence[_Asked]) -> dict[str, tuple[Import, ...]]:
    """The names that a module imports by itself as all the notebooks do, or that are Python's."""
    found = {}
    for name in asked[0].live.loaded:
        made = [_imports(name, asked) for asked in asked]
        first = made[0]
        if first is not None and all(
            one is not None and _targets(one) == _targets(first) for one in made
        ):
            found[name] = first
    return found


def _imports(name: str, asked: _Asked) -> tuple[Import, ...] | None:
    """What binds a name of the first place in a module, None where the notebook has to."""
    live = asked.live
    if asked.names[name] != name or name in live.bound:
        return None
    if name in live.closure.imports:
        return live.closure.imports[name]
    if name in live.names.bindings:
        return None
    star = live.closure.star_import(name)
    if star is not None:
        return (star,)
    if name == "display":
        return (Import("IPython.display", "display", "display", -1, False),)
    return () if name in BUILTIN_NAMES else None


def _targets(made: Iterable[Import]) -> set[tuple[str, str | None]]:
    return {(import_.module, import_.name) for import_ in made}


def _can_be_given(name: str, place: Occurrence, live: Liveness) -> bool:
    names = place.ground.names
    if name not in names.bindings:
        return name in BUILTIN_NAMES or live.closure.star_import(name) is not None
    if live.is_module_level(name):
        return True
    first = place.ground.cells(place.site)[0]
    return any(
        name in names.effects(site.cell)[site.rank].binds
        for site in names.bindings[name]
        if site.cell < first and site.rank >= 0
    )
