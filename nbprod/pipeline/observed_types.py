"""Types of what passes between tasks, from what a run has shown of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbprod.extract.code.observed_types import observed_types_of
from nbprod.extract.code.type_names import ObservedTypes
from nbprod.pipeline.observe import Observed
from nbprod.pipeline.types import PipelinePlan, TaskPlan
from nbprod.refactor.plan import Variable

__all__ = ["with_types"]

_Shapes = Mapping[str, Sequence[Any]]


def with_types(plan: PipelinePlan, observed: Observed) -> PipelinePlan:
    """A plan whose tasks have the types of their inputs and results, where the code has none."""
    shapes: dict[str, Sequence[Any]] = {
        f"{task.name}.{name}": output.shape
        for task in plan.tasks
        for name, output in observed.tasks[task.name].outputs.items()
        if output.shape
    }
    types = observed_types_of(plan.plan, plan.facts)
    tasks = tuple(_typed(task, shapes, types) for task in plan.tasks)
    every = tuple(dict.fromkeys([*plan.plan.imports, *types.needed]))
    return replace(plan, tasks=tasks, plan=replace(plan.plan, imports=every))


def _typed(task: TaskPlan, shapes: _Shapes, types: ObservedTypes) -> TaskPlan:
    given = {name: shapes[source] for name, source in task.inputs.items() if source in shapes}
    made = {
        name: shapes[f"{task.name}.{name}"]
        for name in task.outputs
        if f"{task.name}.{name}" in shapes
    }
    function = task.function
    return replace(
        task,
        function=replace(
            function,
            parameters=tuple(_hinted(each, given, types) for each in function.parameters),
            results=tuple(_hinted(each, made, types) for each in function.results),
        ),
    )


def _hinted(variable: Variable, shapes: _Shapes, types: ObservedTypes) -> Variable:
    """A variable with the type of its value, where the code does not show it."""
    if variable.name not in shapes or "Any" not in variable.hint:
        return variable
    hint = types.of_shape(shapes[variable.name])
    return variable._replace(hint=hint) if hint != "Any" else variable
