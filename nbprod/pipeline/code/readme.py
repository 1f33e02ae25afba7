"""The page of an application: how it is run, scheduled, served, and its tasks."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from nbprod.extract.plan.surroundings import notebook_title
from nbprod.pipeline.types import ModelPlan, PipelinePlan, TaskPlan
from nbprod.report.escaping import escape_markdown

__all__ = ["readme", "title_of"]


def title_of(plan: PipelinePlan) -> str:
    """The first heading of the notebook, or the application's name."""
    return notebook_title(plan.facts) or plan.name


def readme(plan: PipelinePlan, targets: Collection[str]) -> str:
    """`README.md`: how to run it, and its tasks."""
    return "\n".join(
        [
            f"# {escape_markdown(title_of(plan))}",
            "",
            "```sh",
            "pip install -e '.[dev]' && python run.py pipeline",
            "python -m pytest",
            "```",
            "",
            *_data_paragraph(plan),
            f"`python -m {plan.name} run --patch KEY=VALUE` changes a setting of"
            f" `src/{plan.name}/conf/base.yaml` for one run, `python -m {plan.name} runs` lists the"
            f" runs, `python -m {plan.name} show RUN` prints one.",
            "",
            "## Tasks",
            "",
            "![The tasks and what they read](docs/tasks.svg)",
            "",
            "| task | does | reads | stores |",
            "|---|---|---|---|",
            *(_row(task) for task in plan.tasks),
            "",
            *_model(plan, targets),
            *_schedule(plan, targets),
            *_image(plan, targets),
            "Written from a notebook; its text is in [docs/decisions.md](docs/decisions.md).",
            "",
        ]
    )


def _data_paragraph(plan: PipelinePlan) -> Iterator[str]:
    paths = [str(plan.settings[key]) for task in plan.tasks for key in task.files.values()]
    if paths:
        named = ", ".join(f"`{path}`" for path in dict.fromkeys(paths))
        yield f"It reads {named} in the directory of the setting `data`, which is `data/`."
        yield ""


def _row(task: TaskPlan) -> str:
    reads = [f"`{source}`" for source in task.inputs.values()]
    reads += [f"`{key}`" for key in task.files.values()]
    stores = [f"`{name}` ({kind})" for name, kind in task.outputs.items()]
    stores += [f"`{key}`" for key in task.writes.values()]
    summary = escape_markdown(task.function.summary.strip())
    return f"| `{task.name}` | {summary} | {', '.join(reads)} | {', '.join(stores)} |"


def _model(plan: PipelinePlan, targets: Collection[str]) -> Iterator[str]:
    model = plan.model
    if model is None:
        return
    name = plan.name
    yield from ("## Model", "")
    yield from _rows(model)
    yield from ("", "```sh")
    yield f"python -m {name} predict --model RUN --input new.csv --output scored.csv"
    yield f"python -m {name} save RUN models/monday      # prints the hash that names the model"
    if "serve" in targets:
        variable = name.upper()
        yield "pip install -e '.[serve]'"
        yield f"{variable}_MODEL=models/monday {variable}_MODEL_SHA256=HASH python -m {name} serve"
    yield from ("```", "")
    if "serve" in targets:
        yield (
            "The service has `/predict` (422 names the row and column that do not fit), `/health`,"
            " `/metadata` and `/metrics`; each decision is a line of JSON in its log. Values"
            f" outside `src/{name}/profiles.json` are counted, not refused."
        )
        yield ""


def _rows(model: ModelPlan) -> Iterator[str]:
    steps = ", ".join(f"`{step}`" for step in model.steps)
    through = f", after {steps}" if steps else ""
    yield f"`Model` predicts with `{model.estimator}`{through}. Its rows are as `{model.source}`:"
    yield "the steps that made these columns in the notebook are not included."
    if model.given == "array":
        yield "They have no names in the notebook: the columns are `x0`, `x1` and so on."


def _schedule(plan: PipelinePlan, targets: Collection[str]) -> Iterator[str]:
    if "airflow" not in targets:
        return
    variable = plan.name.upper()
    yield from ("## Schedule", "")
    yield (
        f"Copy `dags/{plan.name}_dag.py` to the DAGs of an Airflow 3, and set `schedule` in it."
        f" It starts `python -m {plan.name} run TASK` by the Python of `{variable}_PYTHON`, in the"
        f" directory `{variable}_DIRECTORY`, with the storage `{variable}_STORAGE`."
    )
    yield ""


def _image(plan: PipelinePlan, targets: Collection[str]) -> Iterator[str]:
    if "docker" not in targets:
        return
    yield from ("## Image", "", "```sh", f"docker build -t {plan.name} .")
    yield f"docker run {plan.name} run --storage s3://bucket/{plan.name}"
    if plan.model is not None and "serve" in targets:
        model = f"-e {plan.name.upper()}_MODEL=s3://bucket/models/monday"
        yield f"docker run -p 8000:8000 {model} {plan.name} serve --host 0.0.0.0"
    yield from ("```", "")
