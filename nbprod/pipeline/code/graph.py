"""The graph of tasks and the configuration, as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nbprod.extract.code.format import formatted
from nbprod.pipeline.code.tasks import settings_functions
from nbprod.pipeline.types import PipelinePlan, TaskPlan

__all__ = ["base_configuration", "graph_module"]

_HEAD = '''"""The tasks of {name} and what passes between them."""

from __future__ import annotations

from .runtime import Artifact, Pipeline, Task

'''


def graph_module(plan: PipelinePlan, libraries: Sequence[str], modules: Sequence[str] = ()) -> str:
    """The module `pipeline.py`.

    Args:
        plan: the tasks.
        libraries: the distributions whose versions change results.
        modules: those of the notebook's directory that it imports.
    """
    settings = settings_functions(plan)
    uses_artifacts = any(task.outputs for task in plan.tasks)
    tasks = "".join(f"    {_task(task, settings.get(task.name))},\n" for task in plan.tasks)
    head = _HEAD if uses_artifacts else _HEAD.replace("Artifact, ", "")
    listed = f"    libraries={_tuple(libraries)},\n" if libraries else ""
    listed += f"    modules={_tuple(modules)},\n" if modules else ""
    text = head.format(name=plan.name)
    text += f"PIPELINE = Pipeline(\n    {plan.name!r},\n{tasks}{listed})\n"
    return formatted(text, "pipeline.py", plan.name)


def _task(task: TaskPlan, settings: str | None) -> str:
    parts = [repr(task.name)]
    parts += [
        f"{key}={_mapping(values)}"
        for key, values in (
            ("inputs", task.inputs), ("parameters", task.parameters), ("files", task.files),
            ("writes", task.writes),
        )
        if values
    ]  # fmt: skip
    if task.outputs:
        stored = (f"{name!r}: {_artifact(task, name)}" for name in task.outputs)
        parts.append(f"outputs={{{', '.join(stored)}}}")
    parts += [f"settings={settings!r}"] if settings else []
    parts += [f"draws={task.draws!r}"] if task.draws else []
    parts += ["volatile=True"] if task.volatile else []
    return f"Task({', '.join(parts)})"


def _artifact(task: TaskPlan, name: str) -> str:
    schema = task.schemas.get(name)
    return f"Artifact({task.outputs[name]!r}{f', {schema!r}' if schema else ''})"


def _mapping(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key!r}: {value!r}" for key, value in values.items()) + "}"


def _tuple(values: Sequence[str]) -> str:
    return "(" + "".join(f"{value!r}, " for value in values) + ")"


# --- configuration -------------------------------------------------------------------------------

_CONFIGURATION = """\
# The default of every setting. Values over them: --config FILE, --config-json JSON, --patch a.b=3.
storage: artifacts  # a directory, or s3://bucket/directory, gs://…, abfs://…
storage_options: {}
data: data  # where relative paths start: a directory or a URL
random_seed: null  # null: follows from the name of the run
"""


def base_configuration(plan: PipelinePlan) -> str:
    """The text of `conf/base.yaml`: YAML 1.2, every key with its default."""
    nested: dict[str, Any] = {}
    for key, value in plan.settings.items():
        group, _, name = key.partition(".")
        nested.setdefault(group, {})[name] = value
    lines = [
        line
        for group, values in nested.items()
        for line in (
            f"{group}:",
            *(f"  {name}: {_scalar(value)}" for name, value in values.items()),
        )
    ]
    return _CONFIGURATION + "".join(f"{line}\n" for line in lines)


def _scalar(value: Any) -> str:
    """A plain value or a list of them; JSON is YAML."""
    if isinstance(value, float):
        text = repr(value)
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(text, text)
    return json.dumps(value, ensure_ascii=False)
