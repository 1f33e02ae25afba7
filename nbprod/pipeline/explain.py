"""The plan of a pipeline in the terminal: its tasks as a graph, and why it is cut so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbprod.pipeline.types import ModelPlan, PipelinePlan, TaskPlan

__all__ = ["explained_pipeline"]


def explained_pipeline(plan: PipelinePlan) -> Iterator[str]:
    """Lines that draw the graph: a task, where its cells are, what it reads and who reads of it."""
    count = len(plan.tasks)
    cells = sum(parsed is not None for parsed in plan.facts.parsed)
    yield f"{plan.name}: {count} {'task' if count == 1 else 'tasks'} from {cells} cells"
    readers = _readers(plan)
    for task in plan.tasks:
        yield ""
        yield from _explained(task, plan, readers.get(task.name, {}))
    if plan.settings:
        yield ""
        yield "settings (conf/base.yaml)"
        yield from (f"    {key} = {value!r}" for key, value in sorted(plan.settings.items()))
    if plan.model is not None:
        yield ""
        yield from _model(plan, plan.model)
    if plan.joined:
        yield ""
        yield "not cut"
        for joined in plan.joined:
            number = plan.facts.cell(joined.cell).number
            yield f"    above cell {number}: {joined.reason}"


def _explained(
    task: TaskPlan, plan: PipelinePlan, readers: Mapping[str, list[str]]
) -> Iterator[str]:
    cells = [plan.facts.cell(cell).number for cell in plan.plan.whole_cells(task.function.cells)]
    where = f"cell {cells[0]}" if len(cells) == 1 else f"cells {cells[0]}-{cells[-1]}"
    boundary = task.boundary
    price = f", price of the cut above {boundary.price:+.1f}" if boundary is not None else ""
    yield f"■ {task.name}  ({where}{price})"
    for argument, source in task.inputs.items():
        upstream = source.rpartition(".")[0]
        yield f"│   ◀── {argument} from {upstream}"
    for argument, key in (*task.parameters.items(), *task.files.items()):
        yield f"│   ◀── {argument} = {plan.settings[key]!r}"
    for name, kind in task.outputs.items():
        to = ", ".join(readers.get(name, ())) or "stored only"
        yield f"├── {name} ({kind}) ──▶ {to}"
    for key in task.writes.values():
        yield f"├── file {plan.settings[key]!r} ──▶ storage"


def _model(plan: PipelinePlan, model: ModelPlan) -> Iterator[str]:
    name = model.estimator.rpartition(".")[2]
    yield "model (--plan chooses another)" if len(plan.models) > 1 else "model"
    yield f"    {name}, which predicts in cell {model.cell}"
    for choice in plan.models:
        if choice != (name, model.cell):
            yield f"    or {choice.estimator} in cell {choice.cell}"


def _readers(plan: PipelinePlan) -> dict[str, dict[str, list[str]]]:
    """For each task, by output, the tasks that read it."""
    found: dict[str, dict[str, list[str]]] = {}
    for task in plan.tasks:
        for source in task.inputs.values():
            upstream, _, name = source.rpartition(".")
            found.setdefault(upstream, {}).setdefault(name, []).append(task.name)
    return found
