"""The model of a plan as a run has shown it: the columns of its rows, how its parts are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nbprod.pipeline.model_plan import FITTED_FORMATS, without_results
from nbprod.pipeline.observe import Observed, SeenOutput
from nbprod.pipeline.schema_source import rows_source
from nbprod.pipeline.types import Given, ModelPlan, PipelinePlan

__all__ = ["with_model", "without_model"]

# The schema of what a request or a file has to hold.
_ROWS = "MODEL_ROWS"
_GIVEN: Mapping[str | None, Given] = {"frame": "frame", "series": "series", "array": "array"}


def without_model(plan: PipelinePlan) -> PipelinePlan:
    """A plan without its model, and without what is stored for that alone."""
    if plan.model is None:
        return plan
    added = plan.model.added
    tasks = [without_results(task, added.get(task.name, ())) for task in plan.tasks]
    schemas = {name: source for name, source in plan.schemas.items() if name != _ROWS}
    return replace(plan, tasks=tuple(tasks), model=None, schemas=schemas)


def with_model(plan: PipelinePlan, observed: Observed) -> PipelinePlan:
    """A plan whose model has the columns of its rows; without it where it cannot be one."""
    model = plan.model
    if model is None:
        return plan
    seen = {what: _seen(what, observed) for what in (*model.parts, model.source)}
    if any(seen[part].format not in FITTED_FORMATS for part in model.parts):
        return without_model(plan)
    rows = seen[model.source]
    given = _GIVEN.get(rows.format)
    schema = rows.schema if given == "frame" else rows.rows
    if given is None or schema is None:
        return without_model(plan)
    schema = _picked(schema, model)
    if not all(isinstance(column["name"], str) for column in schema["columns"]):
        return without_model(plan)
    columns = tuple(column["name"] for column in schema["columns"])
    found = replace(model, given=given, schema=_ROWS, columns=columns)
    return replace(plan, model=found, schemas={**plan.schemas, _ROWS: rows_source(schema)})


def _seen(what: str, observed: Observed) -> SeenOutput:
    task, _, name = what.rpartition(".")
    return observed.tasks[task].outputs[name]


def _picked(schema: Mapping[str, Any], model: ModelPlan) -> dict[str, Any]:
    """The schema of the columns that the notebook picks, in its order."""
    if model.columns is None:
        return dict(schema)
    by_name = {column["name"]: column for column in schema["columns"]}
    picked = [by_name[name] for name in model.columns if name in by_name]
    return {**schema, "columns": picked}
