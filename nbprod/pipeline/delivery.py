"""Everything that one application consists of, by path. Reads only files of nbprod itself."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from nbprod.disk.read import read_text
from nbprod.pipeline.code.deployment import deployment_files
from nbprod.pipeline.code.graph import base_configuration, graph_module
from nbprod.pipeline.code.project import (
    decisions,
    entry_files,
    project_file,
    requirement_name,
)
from nbprod.pipeline.code.readme import readme
from nbprod.pipeline.code.schemas import schemas_module
from nbprod.pipeline.code.tasks import library_module, settings_module, task_module
from nbprod.pipeline.code.tests import test_files
from nbprod.pipeline.local_modules import top_modules
from nbprod.pipeline.picture import picture_svg
from nbprod.pipeline.types import TARGETS, PipelinePlan

__all__ = ["files_of", "modules_of", "parts_without", "runtime_files"]

_RUNTIME = os.path.join(os.path.dirname(__file__), "runtime")
# Parts of the runtime that only some applications need: those with a `Model`, those whose tasks
# store values in one of some formats.
_OF_MODELS = frozenset(["model.py", "tables.py", "service.py"])
_OF_FORMATS = {
    "widen.py": frozenset(["frame"]),
    "arrays.py": frozenset(["array", "sparse"]),
    "frames.py": frozenset(["frame", "series", "index", "polars", "arrow"]),
    "scalars.py": frozenset(["scalar", "reference"]),
    "models.py": frozenset(["torch", "keras", "xgboost", "statsmodels", "model", "skops"]),
    "spark.py": frozenset(["spark"]),
}


def modules_of(plan: PipelinePlan) -> dict[str, str]:
    """The modules that hold the notebook's own code, by relative path: tasks and library."""
    package = f"src/{plan.name}"
    found = {f"{package}/tasks/{task.name}.py": task_module(task, plan) for task in plan.tasks}
    library = library_module(plan)
    return found if library is None else {**found, f"{package}/library.py": library}


def files_of(
    plan: PipelinePlan,
    modules: Mapping[str, str],
    dependencies: Sequence[str],
    python: str,
    targets: Collection[str] = TARGETS,
    beside: Mapping[str, bytes] = MappingProxyType({}),
) -> dict[str, bytes]:
    """The files of an application by relative path, ``/`` between the parts.

    Args:
        plan: what it does.
        modules: what `modules_of` makes of it.
        dependencies: the requirements of these modules.
        python: the lowest version of Python, as in ``3.11``.
        targets: what it comes with, of `TARGETS`.
        beside: the notebook's own modules, by path.
    """
    package = f"src/{plan.name}"
    libraries = [requirement_name(text) for text in dependencies]
    texts: dict[str, str | None] = {
        "pyproject.toml": project_file(plan, dependencies, python, targets, list(beside)),
        "README.md": readme(plan, targets),
        "docs/decisions.md": decisions(plan),
        "docs/tasks.svg": picture_svg(plan),
        **entry_files(plan),
        f"{package}/pipeline.py": graph_module(plan, libraries, top_modules(beside)),
        f"{package}/conf/base.yaml": base_configuration(plan),
        f"{package}/settings.py": settings_module(plan),
        f"{package}/schemas.py": schemas_module(plan),
        f"{package}/profiles.json": _profiles(plan),
        **modules,
        **deployment_files(plan, python, targets),
        **test_files(plan, targets),
    }
    files = {path: text.encode() for path, text in texts.items() if text is not None}
    files |= {f"src/{path}": data for path, data in beside.items()}
    formats = {stored for task in plan.tasks for stored in task.outputs.values()}
    served = plan.model is not None and "serve" in targets
    runtime = runtime_files(parts_without(formats, plan.model is not None, served))
    return files | {f"{package}/runtime/{name}": data for name, data in runtime.items()}


def parts_without(
    formats: Collection[str], with_model: bool, is_served: bool = True
) -> frozenset[str]:
    """The files of the runtime that an application with these formats does without."""
    unused = {name for name, held in _OF_FORMATS.items() if not held.intersection(formats)}
    if not is_served:
        unused.add("service.py")
    return frozenset(unused) if with_model else _OF_MODELS | unused


def runtime_files(without: frozenset[str] = frozenset()) -> dict[str, bytes]:
    """The modules of the runtime by name, as they are copied into each application."""
    return {
        name: read_text(os.path.join(_RUNTIME, name)).encode()
        for name in sorted(os.listdir(_RUNTIME))
        if name.endswith(".py") and name not in without
    }


def _profiles(plan: PipelinePlan) -> str | None:
    profiles: Mapping[str, object] = plan.profiles
    return json.dumps(profiles, indent=1, sort_keys=True) + "\n" if profiles else None
