"""A plan with what a run of the notebook has shown, cut anew where a cut does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from nbprod.pipeline.drawing import Drawing, depends_on_outside, draws_of, seeded_first
from nbprod.pipeline.observe import Observed, SeenTask
from nbprod.pipeline.observed_model import with_model
from nbprod.pipeline.observed_types import with_types
from nbprod.pipeline.schema_source import named_schemas
from nbprod.pipeline.types import Draws, PipelinePlan

__all__ = ["GuiltyCut", "ObservedPlan", "broken_cuts", "excluded", "observed_plan", "with_observed"]

_MOST_ROUNDS = 6


class GuiltyCut(NamedTuple):
    """Tasks that have to be one, by their numbers: all from ``first`` to ``last``; and why."""

    first: int
    last: int
    reason: str


class ObservedPlan(NamedTuple):
    """A plan whose cuts hold in the run, the run, and the cuts that did not hold."""

    plan: PipelinePlan
    observed: Observed
    without: dict[int, str]


def observed_plan(
    make: Callable[[Mapping[int, str]], PipelinePlan],
    look: Callable[[PipelinePlan], Observed],
    *,
    without: Mapping[int, str] | None = None,
    random: Draws = "carry",
) -> ObservedPlan:
    """Plan, run the notebook, and plan again without the cuts that do not hold.

    Args:
        make: the plan without some boundaries.
        look: what a run shows of a plan.
        without: boundaries that are known not to do.
        random: `carry`, or `seed` for a seed of its own for each task that draws.
    """
    excluded_now = dict(without or {})
    for round_ in range(_MOST_ROUNDS + 1):
        plan = make(excluded_now)
        observed = look(plan)
        guilty = broken_cuts(plan, observed)
        if not guilty:
            break
        if round_ == _MOST_ROUNDS - 1:
            # One task is always right.
            guilty = [GuiltyCut(0, len(plan.tasks) - 1, guilty[0].reason)]
        excluded_now |= excluded(plan, guilty)
    return ObservedPlan(with_observed(plan, observed, random), observed, excluded_now)


def excluded(plan: PipelinePlan, guilty: list[GuiltyCut]) -> dict[int, str]:
    """The boundaries between tasks that have to be one, and why."""
    found: dict[int, str] = {}
    for cut in guilty:
        for task in plan.tasks[cut.first + 1 : cut.last + 1]:
            if task.boundary is not None:
                found.setdefault(task.boundary.before, cut.reason)
    return found


def with_observed(plan: PipelinePlan, observed: Observed, random: Draws = "carry") -> PipelinePlan:
    """A plan with the formats, schemas and profiles of what a run held, and with who draws."""
    plan = with_model(plan, observed)
    facts = plan.cut.facts
    seen = {
        f"{task.name}.{name}": output
        for task in plan.tasks
        for name, output in observed.tasks[task.name].outputs.items()
    }
    schemas = named_schemas(
        plan.tasks, {what: one.schema for what, one in seen.items() if one.schema is not None}
    )
    drawing = [
        Drawing(frozenset(observed.tasks[task.name].draws), seeded_first(task, facts))
        for task in plan.tasks
    ]
    tasks = []
    for task, draws in zip(plan.tasks, draws_of(drawing, random), strict=True):
        what = {name: f"{task.name}.{name}" for name in task.outputs}
        tasks.append(
            replace(
                task,
                outputs={
                    name: seen[what[name]].format or form for name, form in task.outputs.items()
                },
                schemas={
                    name: schemas.names[path]
                    for name, path in what.items()
                    if path in schemas.names
                },
                draws=draws,
                volatile=bool(observed.tasks[task.name].uses) or depends_on_outside(task, facts),
            )
        )
    profiles = {what: dict(one.profile) for what, one in seen.items() if one.profile}
    sources = {**schemas.sources, **plan.schemas}
    found = replace(plan, tasks=tuple(tasks), schemas=sources, profiles=profiles)
    return with_types(found, observed)


# --- cuts that do not hold ------------------------------------------------------------------------


def broken_cuts(plan: PipelinePlan, observed: Observed) -> list[GuiltyCut]:
    """The cuts through which a value cannot go, or not as the notebook has it there."""
    numbers = {task.name: number for number, task in enumerate(plan.tasks)}
    seen = [observed.tasks[task.name] for task in plan.tasks]
    return [
        *_unstored(plan, seen, numbers),
        *_stale(plan, seen, numbers),
        *_parted(plan, seen, numbers),
        *_through_files(seen, plan),
    ]


def _readers(plan: PipelinePlan, what: str) -> list[int]:
    return [n for n, task in enumerate(plan.tasks) if what in task.inputs.values()]


def _unstored(
    plan: PipelinePlan, seen: list[SeenTask], numbers: Mapping[str, int]
) -> Iterator[GuiltyCut]:
    """Values that no format carries, and those that hold a credential."""
    for number, (task, one) in enumerate(zip(plan.tasks, seen, strict=True)):
        for name, output in one.outputs.items():
            readers = _readers(plan, f"{task.name}.{name}")
            if output.problem and readers:
                yield GuiltyCut(number, readers[-1], f"`{name}` {output.problem}")


def _stale(
    plan: PipelinePlan, seen: list[SeenTask], numbers: Mapping[str, int]
) -> Iterator[GuiltyCut]:
    """Values that a task between changes, without its having them for a result."""
    for number, task in enumerate(plan.tasks):
        for name, source in task.inputs.items():
            maker = numbers[source.rpartition(".")[0]]
            stored = seen[maker].live.get(name)
            if stored is None or seen[number].inputs.get(name) == stored:
                continue
            between = range(maker + 1, number)
            culprit = next((n for n in between if seen[n].live.get(name) != stored), number)
            said = f"`{name}` is changed by way of another name in `{plan.tasks[culprit].name}`"
            yield GuiltyCut(maker, culprit, said)


def _parted(
    plan: PipelinePlan, seen: list[SeenTask], numbers: Mapping[str, int]
) -> Iterator[GuiltyCut]:
    """Names of one object that is changed: stored, they would be two."""
    for number, (task, one) in enumerate(zip(plan.tasks, seen, strict=True)):
        for first, second in one.shared:
            if first in one.changed and second in one.changed:
                makers = [numbers[task.inputs[name].rpartition(".")[0]] for name in (first, second)]
                reason = f"`{first}` and `{second}` share an object that `{task.name}` changes"
                yield GuiltyCut(min(makers), number, reason)


def _through_files(seen: list[SeenTask], plan: PipelinePlan) -> Iterator[GuiltyCut]:
    """Files that one task writes and another reads or writes, if nothing orders the two."""
    for number, one in enumerate(seen):
        for earlier in range(number):
            paths = seen[earlier].writes & (one.reads | one.writes)
            if paths and not _is_above(plan, earlier, number):
                yield GuiltyCut(
                    earlier,
                    number,
                    f"`{min(paths)}` is written in `{plan.tasks[earlier].name}`"
                    f" and used in `{plan.tasks[number].name}`",
                )


def _is_above(plan: PipelinePlan, earlier: int, later: int) -> bool:
    """Whether a task needs another, directly or by way of others."""
    names = [task.name for task in plan.tasks]
    waiting = [later]
    done: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number == earlier:
            return True
        if number not in done:
            done.add(number)
            sources = plan.tasks[number].inputs.values()
            waiting += [names.index(source.rpartition(".")[0]) for source in sources]
    return False
