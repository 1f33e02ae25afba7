"""Proof that an application does what its notebook does; cuts at which it does not are joined."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from nbprod.execution.compare import same_value, short_value
from nbprod.execution.run import RunOptions
from nbprod.patterns import lazy_pattern
from nbprod.pipeline.application import Application, application, complaint
from nbprod.pipeline.observe import OF_MAIN, Observed
from nbprod.pipeline.observed import GuiltyCut, ObservedPlan, excluded
from nbprod.pipeline.observed_model import without_model
from nbprod.pipeline.types import PipelinePlan, TaskPlan
from nbprod.refactor.run_folder import folder_of_run

__all__ = [
    "PipelineProof",
    "ProvenPipeline",
    "TaskDifference",
    "reversed_order",
    "proven_pipeline",
]

_MOST_ROUNDS = 6
_ADDRESS = lazy_pattern(r"0x[0-9a-fA-F]+")
_PREDICTIONS = "what the model predicts"
_FIRST, _REVERSED, _AGAIN, _REPAIR = "proof", "reversed", "again", "repair"


class TaskDifference(NamedTuple):
    """Something that a task does otherwise than the notebook."""

    task: str
    what: str
    notebook: str
    application: str

    @property
    def part(self) -> tuple[str, str]:
        """What of which task it is, in whichever order the tasks ran."""
        return self.task, self.what.removesuffix(" in another order")


@dataclass(frozen=True, slots=True)
class PipelineProof:
    """What came of running notebook and application side by side.

    ``compared`` counts values, texts and figures that are the same; ``uncompared`` is said in the
    report and not counted; ``orders``: in how many orders the tasks ran; ``left``: variables of
    the notebook's end that no task returns.
    """

    differences: tuple[TaskDifference, ...]
    uncompared: tuple[str, ...] = ()
    compared: int = 0
    orders: int = 1
    left: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The report."""
        found = [
            f"{each.task}: {each.what} is not the same: {_brief(each.notebook)} in the notebook,"
            f" {_brief(each.application)} in the application"
            for each in self.differences
        ]
        found += [f"not compared: {text}" for text in self.uncompared]
        orders = "one order" if self.orders == 1 else f"{self.orders} orders"
        ran = f"each task in a process of its own, in {orders}"
        if self.left:
            found.append(f"variables that no task returns: {', '.join(self.left)}")
        if not self.differences:
            counted = f"{self.compared} values, texts and figures are"
            counted = "one value, text or figure is" if self.compared == 1 else counted
            found.append(f"{counted} the notebook's: {ran}")
        return found


class ProvenPipeline(NamedTuple):
    """A plan, the files of its application, the notebook's run, and the proof."""

    plan: PipelinePlan
    files: dict[str, bytes]
    observed: Observed
    proof: PipelineProof


def proven_pipeline(
    observe: Callable[[Mapping[int, str]], ObservedPlan],
    again: Callable[[PipelinePlan], Observed],
    render: Callable[[PipelinePlan], dict[str, bytes]],
    options: RunOptions,
) -> ProvenPipeline:
    """Write an application that holds: tasks at a guilty cut are joined, and it is tried again.

    Args:
        observe: the plan without some boundaries, with what a run of the notebook shows.
        again: another run of the notebook, which starts alike and is disturbed.
        render: the files of the application.
        options: how to run.
    """
    without: dict[int, str] = {}
    for round_ in range(_MOST_ROUNDS + 1):
        plan, observed, without = observe(without)
        plan, files, runs, proof = _first_proof(plan, observed, render, options)
        if proof.differences:
            unstable = unstable_parts(plan, observed, again(plan))
            if any(each.part in unstable for each in proof.differences):
                proof = runs.proof(unstable)
        if not proof.differences or len(plan.tasks) == 1:
            break
        guilty = _guilty(proof.differences[0], plan)
        if round_ == _MOST_ROUNDS - 1:
            guilty = GuiltyCut(0, len(plan.tasks) - 1, guilty.reason)
        without = without | excluded(plan, [guilty])
    return ProvenPipeline(plan, files, observed, proof)


def _first_proof(
    plan: PipelinePlan,
    observed: Observed,
    render: Callable[[PipelinePlan], dict[str, bytes]],
    options: RunOptions,
) -> tuple[PipelinePlan, dict[str, bytes], _Runs, PipelineProof]:
    """A plan's application and its proof; without a model that predicts something else."""
    folder = folder_of_run(plan.facts)
    files = render(plan)
    runs = _Runs(plan, observed, files, *folder, options)
    proof = runs.proof(frozenset())
    wrong = [each for each in proof.differences if each.what == _PREDICTIONS]
    if not wrong:
        return plan, files, runs, proof
    said = f"no `Model` is written: it predicts {wrong[0].application}, not {wrong[0].notebook}"
    plan = without_model(plan)
    files = render(plan)
    runs = _Runs(plan, observed, files, *folder, options)
    proof = runs.proof(frozenset())
    return plan, files, runs, replace(proof, uncompared=(*proof.uncompared, said))


def _guilty(difference: TaskDifference, plan: PipelinePlan) -> GuiltyCut:
    """The cut above the task that does something else, below it where it is the first."""
    names = [task.name for task in plan.tasks]
    number = names.index(difference.task) if difference.task in names else 0
    said = f"{difference.what} differs when it is a task of its own"
    reason = f"{said} ({_brief(difference.application)})"
    return GuiltyCut(max(0, number - 1), max(1, number), reason)


def _brief(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"


# --- one proof ------------------------------------------------------------------------------------


class _Runs(NamedTuple):
    """Runs of an application beside a run of its notebook."""

    plan: PipelinePlan
    observed: Observed
    files: Mapping[str, bytes]
    folder: str
    start: str
    options: RunOptions

    def proof(self, unstable: Collection[tuple[str, str]]) -> PipelineProof:
        """Run the tasks and compare what they leave with the notebook.

        Args:
            unstable: what differs between two runs of the notebook, by task.
        """
        order = [task.name for task in self.plan.tasks]
        with self._application() as app:
            stored = self._run(app, order, _FIRST)
            if isinstance(stored, TaskDifference):
                return PipelineProof((stored,))
            proof = _compared(self.plan, self.observed, stored)
            files = app.files(os.path.join(self.folder, self.start))
            written = tuple(_written(self.plan, self.observed, files))
            said = tuple(_of_main(self.observed, files))
            proof = replace(proof, uncompared=proof.uncompared + said)
            proof = _without(replace(proof, differences=proof.differences + written), unstable)
            if not proof.differences:
                proof = self._with_predictions(app, proof)
            if not proof.differences:
                computed_again = tuple(_not_reused(app, self.plan, stored))
                proof = _without(replace(proof, differences=computed_again), unstable)
        return proof if proof.differences else self._in_another_order(proof, stored, unstable)

    def _application(self) -> AbstractContextManager[Application]:
        return application(self.plan.name, self.files, self.folder, self.start, self.options)

    def _with_predictions(self, app: Application, proof: PipelineProof) -> PipelineProof:
        """The proof with what the model of the run predicts for the notebook's rows."""
        model = self.plan.model
        if model is None:
            return proof
        mine = self.observed.tasks[model.task].predicted
        if mine is None:
            said = "the predictions of the model: the notebook has none to compare"
            return replace(proof, uncompared=(*proof.uncompared, said))
        (answer,) = app.ran([app.predict(_FIRST, model.source)])
        theirs = answer.get("stored", {}).get("predicted")
        if not answer.get("code") and same_value(mine, theirs):
            return replace(proof, compared=proof.compared + 1)
        new = f"nothing: {complaint(answer)}" if answer.get("code") else short_value(theirs)
        found = TaskDifference(model.task, _PREDICTIONS, short_value(mine), new)
        return replace(proof, differences=(found,))

    def _run(
        self, app: Application, order: Sequence[str], run: str
    ) -> dict[str, Any] | TaskDifference:
        """Run tasks one by one: what they store, or the first that fails as a difference."""
        seen = self.observed.tasks
        steps = [app.task(task, run, seen[task].entropy) for task in order]
        figures = {task: seen[task].figures for task in order}
        answers = app.ran([*steps, app.look(order, run, figures)])
        if answers[-1].get("code"):
            task = order[min(len(answers), len(order)) - 1]
            return TaskDifference(task, "the task", "runs", f"fails: {complaint(answers[-1])}")
        stored: dict[str, Any] = answers[-1]["stored"]
        return stored

    def _in_another_order(
        self,
        proof: PipelineProof,
        stored: Mapping[str, Any],
        unstable: Collection[tuple[str, str]],
    ) -> PipelineProof:
        """The same in the order that reverses all free choices, if there are any."""
        order = reversed_order(self.plan)
        if order == [task.name for task in self.plan.tasks]:
            return proof
        with self._application() as app:
            other = self._run(app, order, _REVERSED)
        if isinstance(other, TaskDifference):
            return replace(proof, differences=(other,))
        found = tuple(_otherwise(self.plan, stored, other))
        return _without(replace(proof, differences=found, orders=2), unstable)


def _without(proof: PipelineProof, unstable: Collection[tuple[str, str]]) -> PipelineProof:
    """A proof without what differs between two runs of the notebook."""
    kept = tuple(each for each in proof.differences if each.part not in unstable)
    left = [each for each in proof.differences if each.part in unstable]
    said = [
        f"{each.part[1]} of `{each.task}` differs between two runs of the notebook" for each in left
    ]
    uncompared = tuple(dict.fromkeys((*proof.uncompared, *said)))
    return replace(proof, differences=kept, uncompared=uncompared)


def reversed_order(plan: PipelinePlan) -> list[str]:
    """The tasks in the order in which always the last that can run does."""
    above = {task.name: set(plan.upstream_of(number)) for number, task in enumerate(plan.tasks)}
    waiting = [task.name for task in plan.tasks]
    done: list[str] = []
    while waiting:
        chosen = next(name for name in reversed(waiting) if above[name] <= set(done))
        waiting.remove(chosen)
        done.append(chosen)
    return done


# --- what is compared -----------------------------------------------------------------------------


def _compared(plan: PipelinePlan, observed: Observed, stored: Mapping[str, Any]) -> PipelineProof:
    differences: list[TaskDifference] = []
    compared = 0
    for task in plan.tasks:
        mine, theirs = observed.tasks[task.name], stored[task.name]
        for what, same, old, new in _pairs(plan, task, mine, theirs):
            compared += same
            if not same:
                differences.append(TaskDifference(task.name, what, old, new))
    left, said = _finals(plan, observed)
    return PipelineProof(tuple(differences), tuple(said), compared, left=tuple(left))


def _pairs(
    plan: PipelinePlan, task: TaskPlan, mine: Any, theirs: Mapping[str, Any]
) -> Iterator[tuple[str, bool, str, str]]:
    """What is compared of a task, whether it is the same, and both as texts."""
    for name in task.outputs:
        output = mine.outputs[name]
        value = theirs["outputs"].get(name, {}).get("value")
        same = same_value(output.value, value)
        yield f"`{name}`", same, short_value(output.value), short_value(value)
    old, new = (_plain(text, plan.name) for text in (mine.printed, theirs["printed"]))
    if old or new:
        yield "what it prints", old == new, *_first_difference(old, new)
    if mine.figures or theirs["shown"]:
        same = all(theirs["figures"]) and len(mine.figures) == theirs["shown"]
        shown = f"{theirs['shown']} figures"
        if len(mine.figures) == theirs["shown"]:
            shown += ", other pixels"
        yield "what it draws", same, f"{len(mine.figures)} figures", shown


def _plain(text: str, package: str) -> str:
    """A text without what depends on where code stands: addresses and names of modules."""
    text = _ADDRESS.sub("0x", text).replace("\r\n", "\n").replace("__main__.", "")
    return text.replace(f"{package}.library.", "")


def _first_difference(old: str, new: str) -> tuple[str, str]:
    """The first lines that differ."""
    if old == new:
        return "", ""
    mine, theirs = old.splitlines(), new.splitlines()
    for each, other in zip(mine, theirs, strict=False):
        if each != other:
            return each, other
    count = min(len(mine), len(theirs))
    rest = "".join(mine[count : count + 1]), "".join(theirs[count : count + 1])
    return rest[0] or "nothing", rest[1] or "nothing"


def _finals(plan: PipelinePlan, observed: Observed) -> tuple[list[str], list[str]]:
    """The variables of the end that no task returns, and what is to be said of those that do."""
    last = {name: task.name for task in plan.tasks for name in task.outputs}
    settings = {key.rpartition(".")[2] for key in plan.settings}
    left, said = [], []
    for name, final in observed.final.items():
        value = final.get("value")
        if name not in last:
            is_code = isinstance(value, dict) and value.keys() & {"module", "callable"}
            left += [] if is_code or name in settings else [f"`{name}`"]
        elif not same_value(observed.tasks[last[name]].outputs[name].value, value):
            said.append(f"`{name}` is changed later through `{last[name]}`, which is not read")
    return left, said


def _written(
    plan: PipelinePlan, observed: Observed, files: Mapping[str, str]
) -> Iterator[TaskDifference]:
    """The files that the notebook writes and the application does not, or not so."""
    for path, digest in observed.files.items():
        if digest.endswith(OF_MAIN) and path in files:
            continue
        if files.get(path) != digest:
            writers = [task.name for task in plan.tasks if path in observed.tasks[task.name].writes]
            new = "other bytes" if path in files else "is not written"
            name = writers[-1] if writers else plan.tasks[-1].name
            yield TaskDifference(name, f"the file `{path}`", "is written", new)


def _of_main(observed: Observed, files: Mapping[str, str]) -> Iterator[str]:
    """Files with instances of the notebook's classes, whose module is another one now."""
    for path, digest in observed.files.items():
        if digest.endswith(OF_MAIN) and path in files:
            yield f"the file `{path}` holds instances of the notebook's own classes"


def _not_reused(
    app: Application, plan: PipelinePlan, stored: Mapping[str, Any]
) -> Iterator[TaskDifference]:
    """What a second run computes again; then, what one does without the record of one task."""
    # What changes in each run is no input that could be reused.
    fresh = _fresh(plan)
    names = [task.name for task in plan.tasks if task.name not in fresh]
    if not names:
        return
    chosen = names[len(names) // 2]
    answers = app.ran(
        [
            app.whole(_AGAIN), app.look(names, _AGAIN, {}),
            app.forget(chosen),
            app.whole(_REPAIR), app.look(names, _REPAIR, {}),
        ]
    )  # fmt: skip
    if answers[-1].get("code"):
        yield TaskDifference(chosen, "a second run", "runs", f"fails: {complaint(answers[-1])}")
        return
    again, repaired = answers[1]["stored"], answers[4]["stored"]
    computed = [name for name in names if not again[name]["reused"]]
    if computed:
        yield TaskDifference(computed[0], "a second run", "reuses it", "computes it once more")
    elif _hashes(repaired[chosen]) == _hashes(stored[chosen]):
        for name in names:
            if repaired[name]["reused"] is (name == chosen):
                done = "is reused" if name == chosen else "is computed once more"
                yield TaskDifference(name, f"a run without the record of `{chosen}`", "", done)


def _fresh(plan: PipelinePlan) -> set[str]:
    """The tasks that each run computes anew, and those below them."""
    found: set[str] = set()
    for number, task in enumerate(plan.tasks):
        looks_up = any("${env:" in str(plan.settings[key]) for key in task.parameters.values())
        if task.volatile or looks_up or found.intersection(plan.upstream_of(number)):
            found.add(task.name)
    return found


def _hashes(task: Mapping[str, Any]) -> list[str]:
    return [output["sha256"] for output in task.get("outputs", {}).values()]


def _otherwise(
    plan: PipelinePlan, stored: Mapping[str, Any], other: Mapping[str, Any]
) -> Iterator[TaskDifference]:
    """What is not the same in another order."""
    for task in plan.tasks:
        for name, output in stored[task.name]["outputs"].items():
            again = other[task.name]["outputs"][name]
            if output["sha256"] == again["sha256"] or "value" not in output:
                continue
            if not same_value(output["value"], again["value"]):
                old, new = short_value(output["value"]), short_value(again["value"])
                yield TaskDifference(task.name, f"`{name}` in another order", old, new)
        old, new = stored[task.name]["printed"], other[task.name]["printed"]
        if _plain(old, plan.name) != _plain(new, plan.name):
            what = "what it prints in another order"
            yield TaskDifference(task.name, what, *_first_difference(old, new))


# --- what the notebook itself does otherwise each time --------------------------------------------


def unstable_parts(
    plan: PipelinePlan, first: Observed, second: Observed
) -> frozenset[tuple[str, str]]:
    """What differs between two runs of the notebook, by task."""
    found = set()
    for task in plan.tasks:
        each, other = first.tasks[task.name], second.tasks[task.name]
        for name in task.outputs:
            if not same_value(each.outputs[name].value, other.outputs[name].value):
                found.add((task.name, f"`{name}`"))
        if _plain(each.printed, plan.name) != _plain(other.printed, plan.name):
            found.add((task.name, "what it prints"))
        if each.figures != other.figures:
            found.add((task.name, "what it draws"))
        for path in each.writes:
            if first.files.get(path) != second.files.get(path):
                found.add((task.name, f"the file `{path}`"))
    return frozenset(found)
