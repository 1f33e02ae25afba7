"""What `nbprod pipeline` runs: the notebook for --run, the application beside it for --verify."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from nbprod.cli.output import print_lines

if TYPE_CHECKING:
    from nbprod.execution.run import RunOptions
    from nbprod.pipeline.observe import Observed
    from nbprod.pipeline.observed import ObservedPlan
    from nbprod.pipeline.types import Draws, PipelinePlan

__all__ = ["MadePipeline", "made_pipeline"]

Make = Callable[[Mapping[int, str]], "PipelinePlan"]
Render = Callable[["PipelinePlan"], dict[str, bytes]]


class MadePipeline(NamedTuple):
    """A plan, the files of its application, whether it was shown not to do the same, and what the
    proof says, line by line."""

    plan: PipelinePlan
    files: dict[str, bytes]
    fails: bool = False
    proof: tuple[str, ...] | None = None


def made_pipeline(
    make: Make, render: Render, environment: Mapping[str, str], options: Mapping[str, object]
) -> MadePipeline:
    """Plan as far as was asked: by the code alone, by a run, or by a proof.

    Args:
        make: the plan without some boundaries.
        render: the files of an application.
        environment: variables that the notebook's run needs.
        options: those of the command line.
    """
    from nbprod.pipeline.drawing import guessed
    from nbprod.pipeline.observe import observe
    from nbprod.pipeline.observed import observed_plan
    from nbprod.refactor.run_folder import folder_of_run

    random: Draws = "seed" if options["random"] == "seed" else "carry"
    if not options["runs"] and not options["verifies"]:
        plan = guessed(make({}), random)
        return MadePipeline(plan, render(plan))
    run = _run_options(environment, options)

    def look(plan: PipelinePlan, *, disturbed: bool = False) -> Observed:
        folder, start = folder_of_run(plan.facts)
        return observe(
            plan, folder, start, run,
            models=str(options["models"]), credentials=plan.facts.hidden, disturbed=disturbed,
        )  # fmt: skip

    def observed(without: Mapping[int, str]) -> ObservedPlan:
        return observed_plan(make, look, without=without, random=random)

    if not options["verifies"]:
        plan = observed({}).plan
        return MadePipeline(plan, render(plan))
    proven = _proven(observed, partial(look, disturbed=True), render, run)
    if options["output_format"] == "text":
        print_lines(proven.proof or ())
    return proven


def _proven(
    observed: Callable[[Mapping[int, str]], ObservedPlan],
    again: Callable[[PipelinePlan], Observed],
    render: Render,
    run: RunOptions,
) -> MadePipeline:
    from nbprod.pipeline.prove import proven_pipeline

    found = proven_pipeline(observed, again, render, run)
    fails = bool(found.proof.differences)
    return MadePipeline(found.plan, found.files, fails, tuple(found.proof.lines))


def _run_options(environment: Mapping[str, str], options: Mapping[str, object]) -> RunOptions:
    from nbprod.execution.run import RunOptions

    seconds, limit = options["timeout"], options["copy_limit"]
    assert isinstance(seconds, int) and isinstance(limit, int)
    python = str(options["python"] or sys.executable)
    return RunOptions(python, seconds, limit, tuple(environment.items()))
