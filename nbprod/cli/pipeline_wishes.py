"""What a person asks of the cut of `nbprod pipeline`: options, and an edited plan."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nbprod.cli.output import print_line
from nbprod.errors import UsageError

if TYPE_CHECKING:
    from nbprod.facts import Facts
    from nbprod.pipeline.boundaries import CutWishes
    from nbprod.pipeline.plan_edits import PipelineEdits
    from nbprod.pipeline.types import PipelinePlan

__all__ = ["PlanWish", "edited_settings", "plan_wish", "write_plan_file"]


class PlanWish(NamedTuple):
    """The cut that is asked for, the edited plan, and the boundaries that have to stay."""

    cut: CutWishes
    edits: PipelineEdits | None = None
    kept: tuple[int, ...] = ()

    def plan(self, facts: Facts, name: str, without: Mapping[int, str]) -> PipelinePlan:
        """The plan that is asked for.

        Raises:
            Refused: a cut that has to stay cannot be.
        """
        from nbprod.pipeline.plan import plan_pipeline

        plan = plan_pipeline(facts, name, self.cut, without=without)
        self._require_kept(plan)
        return plan if self.edits is None else self.edits.applied(plan)

    def _require_kept(self, plan: PipelinePlan) -> None:
        from nbprod.extract.extraction import Refused
        from nbprod.pipeline.plan import pipeline_atoms
        from nbprod.refactor.plan import Refusal

        starts = plan.cut_places
        missing = [place for place in self.kept if place not in starts]
        if not missing:
            return
        atoms = pipeline_atoms(plan.facts)
        reasons = {joined.cell: joined.reason for joined in plan.joined}
        found = []
        for place in missing:
            cell = atoms.all[place].cell
            why = reasons.get(cell, "the tasks are one for another reason; see --dry-run")
            found.append(Refusal(cell, 1, f"the cut above it cannot be: {why}", "change the code"))
        raise Refused(plan.facts.notebook.path, found)


def plan_wish(facts: Facts, name: str, options: Mapping[str, object]) -> PlanWish:
    """What the options and the edited plan ask for.

    Raises:
        UsageError: a name or cell is not there, or the plan cannot be read.
    """
    edits = _edits(facts, options)
    cut = _cut(facts, options) if edits is None else edits.wishes()
    merges, keeps = options.get("merge") or (), options.get("keep_cut") or ()
    assert isinstance(merges, tuple) and isinstance(keeps, tuple)
    if not merges and not keeps:
        return PlanWish(cut, edits)
    plan = PlanWish(cut, edits).plan(facts, name, {})
    if merges:
        cut = _merged(plan, merges)
    kept = tuple(place for words in keeps for place in _kept(words, plan))
    if any(place not in (cut.places or ()) for place in kept):
        cut = _with_places(plan, cut, kept)
    return PlanWish(cut, edits, kept)


def _edits(facts: Facts, options: Mapping[str, object]) -> PipelineEdits | None:
    from nbprod.pipeline.plan import pipeline_atoms
    from nbprod.pipeline.plan_edits import PipelineEdits
    from nbprod.project.write_all import bytes_there

    path = options.get("plan_file")
    there = bytes_there(str(path)) if path else None
    if there is None:
        return None
    try:
        text = there.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8") from None
    if options["tasks"] or options["level"]:
        raise UsageError("--plan has the tasks; --task and --level cannot be combined with it")
    return PipelineEdits(str(path), text, pipeline_atoms(facts))


def _cut(facts: Facts, options: Mapping[str, object]) -> CutWishes:
    from nbprod.extract.plan.select import named_groups
    from nbprod.pipeline.boundaries import CutWishes

    tasks, level, most = options["tasks"], options["level"], options["max_tasks"]
    assert isinstance(tasks, tuple) and isinstance(most, int)
    groups = named_groups(tasks, facts.notebook)
    names = {group.cells[0]: str(group.name) for group in groups}
    starts = {cell for group in groups for cell in (group.cells[0], group.cells[-1] + 1)}
    return CutWishes(level if isinstance(level, int) else None, most, tuple(sorted(starts)), names)


def _merged(plan: PipelinePlan, merges: tuple[str, ...]) -> CutWishes:
    """The cut of a plan without the boundaries inside of some of its stretches."""
    from nbprod.pipeline.boundaries import CutWishes

    gone = {place for words in merges for place in _between(words, plan)}
    named = {task.start: task.name for task in plan.tasks}
    return CutWishes(
        places=tuple(place for place in plan.cut_places if place not in gone), named=named
    )


def _with_places(plan: PipelinePlan, cut: CutWishes, kept: tuple[int, ...]) -> CutWishes:
    """A cut with boundaries more."""
    places = plan.cut_places if cut.places is None else cut.places
    return cut._replace(places=tuple(sorted({*places, *kept})))


def _between(words: str, plan: PipelinePlan) -> list[int]:
    """The boundaries between the first and the last of some tasks."""
    names = [task.name for task in plan.tasks]
    wanted = [word.strip() for word in words.split(",")]
    for word in wanted:
        if word not in names:
            raise UsageError(f"unknown task `{word}`; there are {', '.join(names)}")
    numbers = sorted(names.index(word) for word in wanted)
    if len(numbers) < 2:
        raise UsageError(f"`{words}`: name two tasks, as in {names[0]},{names[-1]}")
    inside = plan.tasks[numbers[0] + 1 : numbers[-1] + 1]
    return [task.boundary.before for task in inside if task.boundary is not None]


def _kept(words: str, plan: PipelinePlan) -> list[int]:
    """The boundaries that have to stay: between two tasks, or above a cell."""
    from nbprod.pipeline.plan import pipeline_atoms

    if not words.strip().isdigit():
        return _between(words, plan)
    cell = int(words) - 1
    atoms = [atom for atom in pipeline_atoms(plan.facts).all if atom.cell == cell and atom.place]
    if not atoms:
        raise UsageError(f"cell {words} has no statements that a task could begin with")
    return [atoms[0].place]


def write_plan_file(plan: PipelinePlan, path: str, command: str) -> None:
    """Write a plan to a file that is not there."""
    from nbprod.pipeline.plan import pipeline_atoms
    from nbprod.pipeline.plan_file import pipeline_plan_text
    from nbprod.project.write_all import write_all

    text = pipeline_plan_text(plan, pipeline_atoms(plan.facts), command)
    where = os.path.dirname(os.path.abspath(path))
    write_all({path: text.encode()}, read={}, force=False, within=[where], named=(path,))
    print_line(f"wrote {path}: {len(plan.tasks)} tasks")
    print_line("Edit it, then run the same command again to write the application.")


def edited_settings(wish: PlanWish, plan: PipelinePlan) -> dict[str, Any]:
    """The defaults of a plan's settings, as they were edited."""
    return plan.settings if wish.edits is None else wish.edits.settings(plan)
