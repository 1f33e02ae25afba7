"""What an application comes with beside its tasks: a DAG, an image, a workflow, a service."""

from __future__ import annotations

import os
from collections.abc import Collection

from nbprod.disk.read import read_text
from nbprod.extract.code.format import formatted
from nbprod.pipeline.types import ModelPlan, PipelinePlan

__all__ = ["deployment_files", "model_module"]

_FILES = os.path.join(os.path.dirname(os.path.dirname(__file__)), "files")
_EMPTY = "TASKS: dict[str, list[str]] = {}"
_SERVICE = '''"""The service: `uvicorn {package}.serve:app`."""

from __future__ import annotations

from .runtime.service import create_app

app = create_app()
'''


def deployment_files(plan: PipelinePlan, python: str, targets: Collection[str]) -> dict[str, str]:
    """The files of some targets, by path.

    Args:
        plan: the application.
        python: the version of Python in the image and the workflow.
        targets: of `TARGETS`; a service needs a model.
    """
    found: dict[str, str] = {}
    if "airflow" in targets:
        found[f"dags/{plan.name}_dag.py"] = _dag(plan, python)
    if "docker" in targets:
        is_served = "serve" in targets and plan.model is not None
        image = _template("Dockerfile", plan, python)
        found["Dockerfile"] = image if is_served else _without_service(image)
        found[".dockerignore"] = _template("dockerignore", plan, python)
    if "github" in targets:
        found[".github/workflows/ci.yml"] = _template("ci.yml", plan, python)
    if plan.model is not None:
        found[f"src/{plan.name}/model.py"] = model_module(plan, plan.model)
        if "serve" in targets:
            found[f"src/{plan.name}/serve.py"] = _SERVICE.format(package=plan.name)
    return found


def _template(name: str, plan: PipelinePlan, python: str) -> str:
    text = read_text(os.path.join(_FILES, name))
    text = text.replace("APP_NAME", plan.name).replace("APP_VARIABLE", plan.name.upper())
    return text.replace("APP_PYTHON", python)


def _dag(plan: PipelinePlan, python: str) -> str:
    graph = {task.name: plan.upstream_of(number) for number, task in enumerate(plan.tasks)}
    text = _template("dag.py", plan, python)
    assert _EMPTY in text
    text = text.replace(_EMPTY, f"{_EMPTY.removesuffix('{}')}{graph!r}")
    return formatted(text, "dag.py", plan.name)


def _without_service(image: str) -> str:
    """A Dockerfile of an application that serves nothing."""
    kept = []
    for line in image.splitlines():
        if line.startswith(("EXPOSE", "# docker run -p")):
            continue
        line = line.replace("[serve,s3]", "[s3]")
        kept.append("ENV PYTHONUNBUFFERED=1" if line.startswith("ENV") else line)
    return "\n".join(kept) + "\n"


def model_module(plan: PipelinePlan, model: ModelPlan) -> str:
    """The module `model.py`."""
    rows = model.source.rpartition(".")[2]
    lines = [
        '"""The model: train, save, load, predict."""',
        "from __future__ import annotations",
        "from .runtime.model import BaseModel",
        "class Model(BaseModel):",
        f'    """Predicts rows such as those of `{rows}`, as `{model.task}` does."""',
        f"    estimator = {model.estimator!r}",
    ]
    lines += [f"    steps = {model.steps!r}"] if model.steps else []
    lines += [f"    schema = {model.schema!r}"] if model.schema else []
    lines += [f"    columns = {model.columns!r}"] if model.columns else []
    lines += [f"    given = {model.given!r}"] if model.given != "frame" else []
    lines += [f"    profile = {model.source!r}"] if model.source in plan.profiles else []
    return formatted("\n\n".join(lines[:3]) + "\n\n\n" + "\n".join(lines[3:]) + "\n",
                     "model.py", plan.name)  # fmt: skip
