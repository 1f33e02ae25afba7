"""The plan of a pipeline as an object for programs. Pure."""

from __future__ import annotations

from typing import Any

from nbprod.pipeline.types import PipelinePlan, TaskPlan

__all__ = ["pipeline_object"]


def pipeline_object(plan: PipelinePlan) -> dict[str, Any]:
    """The tasks, what passes between them, the settings, and the cuts that were not made."""
    return {
        "name": plan.name,
        "tasks": [_task(plan, number, task) for number, task in enumerate(plan.tasks)],
        "settings": dict(plan.settings),
        "not_cut": [
            {"cell": plan.facts.cell(joined.cell).number, "reason": joined.reason}
            for joined in plan.joined
        ],
    }


def _task(plan: PipelinePlan, number: int, task: TaskPlan) -> dict[str, Any]:
    whole = plan.plan.whole_cells(task.function.cells)
    return {
        "name": task.name,
        "summary": task.function.summary,
        "cells": [plan.facts.cell(cell).number for cell in whole],
        "after": plan.upstream_of(number),
        "inputs": dict(task.inputs),
        "outputs": dict(task.outputs),
        "settings": {**task.parameters, **task.files},
        "writes": dict(task.writes),
    }
