"""A plan as an object for programs: what becomes of each cell, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbprod.extract.code.render import import_text
from nbprod.facts import Facts
from nbprod.refactor.plan import CellLeft, Function, Plan, Refusal, Variable

__all__ = ["PLAN_VERSION", "plan_object", "refusal_objects"]

PLAN_VERSION = "1"


def plan_object(plan: Plan, facts: Facts) -> dict[str, Any]:
    """What an extraction does; cells and lines count from 1.

    Args:
        plan: the plan.
        facts: the notebook that it was made for.
    """
    ground = plan.cut.facts if plan.cut is not None else facts
    return {
        "functions": [_function(function, ground) for function in plan.functions],
        "definitions": [
            {
                "name": taken.name,
                "cell": ground.cell(taken.unit.cell).number,
                "reason": taken.reason,
                "copied": taken.is_copy,
            }
            for taken in plan.taken
        ],
        "imports": [
            {
                "text": import_text(import_),
                "cell": ground.cell(import_.cell).number if import_.cell >= 0 else None,
            }
            for import_ in plan.imports
        ],
        "dependencies": [required.text for line in plan.installs for required in line.requirements],
        "stays": [_left(left) for left in plan.kept],
        "notes": list(plan.notes),
    }


def _function(function: Function, facts: Facts) -> dict[str, Any]:
    return {
        "name": function.name,
        "summary": function.summary,
        "cells": list(dict.fromkeys(facts.cell(cell).number for cell in function.cells)),
        "parameters": [_variable(variable, facts) for variable in function.parameters],
        "settings": [
            {
                "name": setting.name,
                "default": setting.text,
                "cell": facts.cell(setting.unit.cell).number,
            }
            for setting in function.settings
        ],
        "results": [_variable(variable, facts) for variable in function.results],
        "deletes": list(function.deleted),
    }


def _variable(variable: Variable, facts: Facts) -> dict[str, Any]:
    cell = facts.cell(variable.cell)
    return {
        "name": variable.name,
        "type": variable.hint,
        "cell": cell.number,
        "line": cell.lines_above + variable.line,
        "reason": variable.reason,
    }


def _left(left: CellLeft) -> dict[str, Any]:
    return {"cell": left.cell + 1, "line": left.line, "reason": left.reason}


def refusal_objects(refusals: Sequence[Refusal]) -> list[dict[str, Any]]:
    """Why cells cannot be extracted, and what to do about it."""
    return [
        {
            "cell": refusal.cell + 1,
            "line": refusal.line,
            "reason": refusal.reason,
            "advice": refusal.advice,
        }
        for refusal in refusals
    ]
