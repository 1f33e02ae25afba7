"""Functions whose parameters an orchestrator fills: pipelines, tasks and components."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.flow.types import FunctionFlow
from nbprod.syntax.dotted import dotted_name

__all__ = ["is_orchestrated"]

_DECORATORS = frozenset(
    (
        "asset", "component", "container_component", "dag", "flow", "graph", "graph_component",
        "job", "multi_asset", "op", "pipeline", "step", "sub_flow", "task", "task_group",
        "workflow",
    )
)  # fmt: skip

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def is_orchestrated(function: FunctionFlow, facts: Facts) -> bool:
    """Whether a function, or one around it, is decorated as part of a pipeline.

    Each of its parameters is an input of the pipeline's runs.
    """
    parsed = facts.parsed[function.cell] if function.cell >= 0 else None
    if parsed is None:
        return False
    return any(
        isinstance(node, _FUNCTIONS) and _is_decorated(node) and _holds(facts, function, node)
        for node in parsed.live_nodes_of(_FUNCTIONS)
    )


def _is_decorated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        # `@dsl.pipeline(...)`, `@task` and `@task.python` alike.
        if not _DECORATORS.isdisjoint(dotted_name(called).split(".")):
            return True
    return False


def _holds(
    facts: Facts, function: FunctionFlow, node: ast.FunctionDef | ast.AsyncFunctionDef
) -> bool:
    around = facts.span(function.cell, node)
    return around.start <= function.span.start and function.span.end <= around.end
