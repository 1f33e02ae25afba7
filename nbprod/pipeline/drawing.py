"""Which tasks draw from the global random generators, and which read a clock or a network.

What a run shows is better; without one the tables of what draws give a guess.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.libraries.clocks import CLOCKS
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.libraries.randomness import SEEDS, draw_of
from nbprod.names.statements import StatementText
from nbprod.pipeline.types import Draws, PipelinePlan, TaskPlan
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["Drawing", "draws_of", "guessed", "depends_on_outside", "seeded_first"]

_REMOTE = ("http://", "https://", "ftp://", "s3://", "gs://", "abfs://")
_NETWORK = ("requests.", "httpx.", "urllib.request.", "yfinance.", "boto3.")
_DATABASE = frozenset("read_sql read_sql_query read_sql_table read_gbq execute executemany".split())


class Drawing(NamedTuple):
    """The libraries whose generators a task moves on, and those that it seeds before it does."""

    moves: frozenset[str]
    seeds: frozenset[str]


def guessed(plan: PipelinePlan, random: Draws = "carry") -> PipelinePlan:
    """A plan with who draws and what is volatile as far as the code tells.

    Args:
        plan: the tasks.
        random: `carry`, or `seed` for a seed of its own for each task that draws.
    """
    facts = plan.cut.facts
    own = _drawing_functions(facts)
    found = [
        Drawing(_drawn(task.function.body, facts, own), seeded_first(task, facts))
        for task in plan.tasks
    ]
    tasks = tuple(
        replace(task, draws=draws, volatile=depends_on_outside(task, facts))
        for task, draws in zip(plan.tasks, draws_of(found, random), strict=True)
    )
    return replace(plan, tasks=tasks)


def draws_of(tasks: Sequence[Drawing], random: Draws = "carry") -> list[Draws | None]:
    """How each task gets and leaves the generators.

    A task that seeds before it draws needs no state; it must seed all that later tasks go on with.
    """
    found: list[Draws | None] = []
    drawn: frozenset[str] = frozenset()
    for number, task in enumerate(tasks):
        if not task.moves:
            found.append(None)
            continue
        missed = (_needed(tasks[number + 1 :]) & drawn) - task.seeds
        starts = task.moves <= task.seeds and not missed
        found.append("start" if starts else random)
        drawn |= task.moves
    return found


def _needed(later: Sequence[Drawing]) -> frozenset[str]:
    """The libraries whose generators some tasks go on with, before any of them seeds it."""
    needed: set[str] = set()
    seeded: set[str] = set()
    for task in later:
        needed |= task.moves - task.seeds - seeded
        seeded |= task.seeds
    return frozenset(needed)


def seeded_first(task: TaskPlan, facts: Facts) -> frozenset[str]:
    """The libraries whose generators a task seeds before anything that may draw."""
    found: set[str] = set()
    for unit in task.function.body:
        value = unit.node.value if isinstance(unit.node, ast.Expr) else None
        if isinstance(value, ast.Call):
            seeded = _seeds(value, facts)
            if seeded:
                found.update(seeded)
                continue
        if found or _may_draw(unit, facts):
            break
    return frozenset(found)


def _seeds(call: ast.Call, facts: Facts) -> tuple[str, ...]:
    name = facts.qualified(call.func)
    return SEEDS.get(name, ()) if call.args or call.keywords else ()


def _may_draw(unit: StatementText, facts: Facts) -> bool:
    """Whether a statement may draw: it fits, draws, or calls something of the notebook's own."""
    for call in _calls([unit]):
        name = facts.qualified(call.func)
        if draw_of(call, name) is not None or last_name(call.func) in ("fit", "sample"):
            return True
        if not name and isinstance(call.func, ast.Name) and call.func.id not in BUILTIN_NAMES:
            return True
    return False


def _calls(units: Iterable[StatementText]) -> Iterator[ast.Call]:
    for unit in units:
        for node in unit.nodes:
            for part in walk(node):
                if isinstance(part, ast.Call):
                    yield part


def _drawn(
    units: Iterable[StatementText], facts: Facts, own: dict[str, frozenset[str]]
) -> frozenset[str]:
    found: set[str] = set()
    for call in _calls(units):
        found |= _moved(call, facts)
        if isinstance(call.func, ast.Name):
            found |= own.get(call.func.id, frozenset())
    return frozenset(found)


def _moved(call: ast.Call, facts: Facts) -> set[str]:
    """The libraries whose generators a call draws from or seeds."""
    name = facts.qualified(call.func)
    found = set(_seeds(call, facts))
    draw = draw_of(call, name)
    if draw is not None and not draw.has_state:
        found.add(draw.library)
    words = {keyword.arg for keyword in call.keywords}
    if last_name(call.func) == "sample" and words & {"frac", "n"} and "random_state" not in words:
        found.add("numpy")
    return found


def _drawing_functions(facts: Facts) -> dict[str, frozenset[str]]:
    """The notebook's own functions that draw, by name: those that call such included."""
    bodies: dict[str, list[ast.Call]] = {}
    for parsed in facts.parsed:
        for node in parsed.live_nodes if parsed is not None else ():
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                calls = [part for part in walk(node) if isinstance(part, ast.Call)]
                bodies.setdefault(node.name, []).extend(calls)
    found = {
        name: frozenset(library for call in calls for library in _moved(call, facts))
        for name, calls in bodies.items()
    }
    for _ in range(len(bodies)):
        wider = {
            name: found[name].union(
                *(found.get(last_name(call.func), frozenset()) for call in calls)
            )
            for name, calls in bodies.items()
        }
        if wider == found:
            break
        found = wider
    return found


def depends_on_outside(task: TaskPlan, facts: Facts) -> bool:
    """Whether a task reads a clock, a network or a database, as far as its code says."""
    return any(_is_outside(call, facts) for call in _calls(task.function.body))


def _is_outside(call: ast.Call, facts: Facts) -> bool:
    name = facts.qualified(call.func)
    called = last_name(call.func)
    if name in CLOCKS or name.startswith(_NETWORK) or called in _DATABASE:
        return True
    first = call.args[0] if call.args else None
    text = first.value if isinstance(first, ast.Constant) else None
    return called.startswith("read_") and isinstance(text, str) and text.startswith(_REMOTE)
