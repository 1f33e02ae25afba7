"""A pipeline's plan as a TOML file for people to read and edit, and read back. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from nbprod.extract.plan.atoms import Atom, Atoms
from nbprod.extract.plan.plan_text import PLAN_VERSION, code_hash
from nbprod.facts import Facts
from nbprod.pipeline.types import PipelinePlan, TaskPlan

__all__ = ["pipeline_plan_text", "task_cells", "task_settings", "task_spans"]

_HEAD = """\
# Each task is a stretch of the notebook. Its name, its summary, its cells, the formats of its
# results and the defaults of settings may be changed. `cells` are its statements: 4 for what does
# something in cell 4, "4:2-5" for lines 2 to 5 of it; a task is gone when the one above has its
# cells.
"""


def task_spans(plan: PipelinePlan, count: int) -> list[tuple[int, int]]:
    """The statements of each task: the places of the first and after the last of ``count``."""
    starts = [task.start for task in plan.tasks]
    return list(zip(starts, [*starts[1:], count], strict=True))


def task_cells(part: Sequence[Atom], work: Sequence[Atom], facts: Facts) -> Iterator[int | str]:
    """The statements of a task as they are written: whole cells by number, parts of cells by lines.

    Args:
        part: the statements of the task.
        work: all statements of the notebook that tasks have.
        facts: the notebook.
    """
    for cell in dict.fromkeys(atom.cell for atom in part):
        own = [atom for atom in part if atom.cell == cell]
        if own == [atom for atom in work if atom.cell == cell]:
            yield cell + 1
            continue
        first, last = (lines_of(atom, facts) for atom in (own[0], own[-1]))
        lines = f"{first[0]}" if first[0] == last[1] else f"{first[0]}-{last[1]}"
        yield f"{cell + 1}:{lines}"


def lines_of(atom: Atom, facts: Facts) -> tuple[int, int]:
    """The first and the last line of a statement in its cell, from 1."""
    index = facts.index(atom.cell)
    last = max(atom.unit.stop - 1, atom.unit.code)
    return index.position(atom.unit.code)[0], index.position(last)[0]


def task_settings(task: TaskPlan, plan: PipelinePlan) -> dict[str, Any]:
    """The settings that are a task's own, by argument."""
    return {
        argument: plan.settings[key]
        for argument, key in task.parameters.items()
        if key.startswith(f"{task.name}.")
    }


def pipeline_plan_text(plan: PipelinePlan, atoms: Atoms, command: str) -> str:
    """The text of a plan's file.

    Args:
        plan: the tasks.
        atoms: the statements of the notebook.
        command: what to run again after an edit.
    """
    name = plan.facts.notebook.path.replace("\\", "/").rpartition("/")[2]
    lines = [f"# {command}", _HEAD, f"version = {PLAN_VERSION}", f"notebook = {_value(name)}"]
    lines.append(f"code = {_value(code_hash(plan.facts))}")
    own = {key for task in plan.tasks for key in _own_keys(task)}
    for key, value in plan.settings.items():
        if key not in own:
            lines += ["", "[[setting]]", f"name = {_value(key)}", f"default = {_value(value)}"]
    spans = task_spans(plan, len(atoms.all))
    work = [atom for atom in atoms.all if atom.role != "module"]
    for task, (start, end) in zip(plan.tasks, spans, strict=True):
        part = [atom for atom in work if start <= atom.place < end]
        lines += ["", "[[task]]", f"name = {_value(task.name)}"]
        lines.append(f"cells = {_value(list(task_cells(part, work, plan.facts)))}")
        lines.append(f"summary = {_value(task.function.summary.strip())}")
        for argument, value in task_settings(task, plan).items():
            lines += ["", "[[task.setting]]", f"name = {_value(argument)}"]
            lines.append(f"default = {_value(value)}")
        for result, kind in task.outputs.items():
            lines += ["", "[[task.result]]", f"name = {_value(result)}"]
            lines.append(f"format = {_value(kind)}")
    return "\n".join([*lines, *_model_lines(plan)]) + "\n"


def _model_lines(plan: PipelinePlan) -> Iterator[str]:
    """Which estimator is the model, and which others could be."""
    if plan.model is None or not plan.models:
        return
    name = plan.model.estimator.rpartition(".")[2]
    own = [choice for choice in plan.models if choice.estimator == name]
    chosen = next((each for each in own if each.cell == plan.model.cell), own[0])
    yield ""
    yield '# The estimator of `Model`, and the cell in which it predicts; "" for no `Model`.'
    others = [f"{each.estimator} in cell {each.cell}" for each in plan.models if each != chosen]
    if others:
        yield f"# Others: {', '.join(others)}."
    yield from ("[model]", f"estimator = {_value(chosen.estimator)}", f"cell = {chosen.cell}")


def _own_keys(task: TaskPlan) -> Iterator[str]:
    return (key for key in task.parameters.values() if key.startswith(f"{task.name}."))


def _value(value: Any) -> str:
    """A TOML value: what JSON escapes is what TOML reads, but for one character."""
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
