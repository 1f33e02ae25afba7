"""What surrounds the package of an application: how it is installed, started, built and read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from nbprod.extract.plan.surroundings import notebook_title
from nbprod.pipeline.plan import PipelinePlan, TaskPlan
from nbprod.report.escaping import escape_line, escape_markdown

__all__ = [
    "decisions",
    "entry_files",
    "project_file",
    "readme",
    "requirement_name",
    "title_of",
]

_PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "0.1.0"
description = {summary}
readme = "README.md"
requires-python = ">={python}"
dependencies = [
{dependencies}]

[project.optional-dependencies]
s3 = ["s3fs"]
gcs = ["gcsfs"]
azure = ["adlfs"]
serve = ["fastapi", "uvicorn", "prometheus-client"]
dev = ["pytest", "ruff", "mypy"]

[project.scripts]
{name} = "{package}.runtime.cli:main"

[tool.hatch.build.targets.wheel]
packages = ["src/{package}"]

[tool.pytest.ini_options]
pythonpath = ["src"]
testpaths = ["tests"]

[tool.ruff]
line-length = 88
target-version = "py310"

[tool.ruff.format]
exclude = ["src/{package}/runtime/**"]

[tool.ruff.lint]
select = ["E", "F", "W", "I", "B", "UP", "D", "ANN", "N", "SIM"]

[tool.ruff.lint.pycodestyle]
max-line-length = 100

[tool.ruff.lint.pydocstyle]
convention = "numpy"

[tool.ruff.lint.per-file-ignores]
"tests/**" = ["D", "ANN"]
"src/{package}/runtime/**" = ["ANN401", "B904", "D", "N818"]

[tool.mypy]
files = ["src"]
strict = true
ignore_missing_imports = true
"""
# What the runtime in the package needs, beside the notebook's own libraries.
_RUNTIME_NEEDS = ("fsspec", "ruamel.yaml")
_FRAMES = ("pandera[pandas]", "pyarrow")
_FRAME_FORMATS = frozenset(["frame", "series", "index"])
_MODEL_FORMATS = frozenset(["model"])

_MAIN = '''"""Run the application: `python -m {package} run`."""

from __future__ import annotations

import sys

from {package}.runtime.cli import main

if __name__ == "__main__":
    sys.exit(main())
'''
_RUN = '''"""Run the application from a checkout: `python run.py pipeline`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "src"))

from {package}.runtime.cli import main  # noqa: E402 - found by the line above

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
'''


def title_of(plan: PipelinePlan) -> str:
    """The first heading of the notebook, or the application's name."""
    return notebook_title(plan.facts) or plan.name


def project_file(plan: PipelinePlan, dependencies: Sequence[str], python: str) -> str:
    """`pyproject.toml`.

    Args:
        plan: the application.
        dependencies: requirements of the notebook's code.
        python: the lowest version of Python, as in ``3.11``.
    """
    formats = {stored for task in plan.tasks for stored in task.outputs.values()}
    needed = [*dependencies, *_RUNTIME_NEEDS]
    needed += _FRAMES if formats & _FRAME_FORMATS else ()
    needed += ["joblib"] if formats & _MODEL_FORMATS else []
    named = {requirement_name(requirement).lower(): requirement for requirement in reversed(needed)}
    listed = "".join(f"    {json.dumps(named[name])},\n" for name in sorted(named))
    return _PYPROJECT.format(
        name=plan.name.replace("_", "-"),
        package=plan.name,
        summary=json.dumps(escape_line(title_of(plan)), ensure_ascii=False),
        python=python,
        dependencies=listed,
    )


def requirement_name(requirement: str) -> str:
    """The distribution of a requirement, without extras, versions and markers."""
    for sign in "<>=!~[;@ ":
        requirement = requirement.partition(sign)[0]
    return requirement


def entry_files(plan: PipelinePlan) -> dict[str, str]:
    """The files that start the application, by path."""
    package = f"src/{plan.name}"
    summary = escape_line(title_of(plan)).replace("\\", "\\\\").replace('"', "'")
    return {
        f"{package}/__init__.py": f'"""{summary}."""\n',
        f"{package}/__main__.py": _MAIN.format(package=plan.name),
        f"{package}/py.typed": "",
        f"{package}/tasks/__init__.py": '"""The tasks, one function each."""\n',
        "run.py": _RUN.format(package=plan.name),
    }


def readme(plan: PipelinePlan) -> str:
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
            "| task | does | reads | stores |",
            "|---|---|---|---|",
            *(_row(task) for task in plan.tasks),
            "",
            "Written from a notebook; what it said is in [docs/decisions.md](docs/decisions.md).",
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


def decisions(plan: PipelinePlan) -> str:
    """`docs/decisions.md`: the notebook's own text, under the task whose cells follow it."""
    starts = {task.name: plan.plan.whole_cells(task.function.cells)[0] for task in plan.tasks}
    lines = [f"# Decisions: {escape_markdown(title_of(plan))}", ""]
    current: str | None = None
    for cell in plan.facts.notebook.cells:
        if cell.kind != "markdown" or not cell.source.strip():
            continue
        following = [name for name, first in starts.items() if first > cell.index]
        within = [name for name, first in starts.items() if first < cell.index]
        task = _task_of(cell.index, plan) or (following or within or [""])[0]
        if task != current:
            lines += [f"## `{task}`", ""]
            current = task
        lines += [f"Cell {cell.number}:", "", *_quoted(cell.source), ""]
    return "\n".join(lines)


def _task_of(cell: int, plan: PipelinePlan) -> str | None:
    """The task with code on both sides of a cell."""
    for task in plan.tasks:
        cells = plan.plan.whole_cells(task.function.cells)
        if cells[0] < cell < cells[-1]:
            return task.name
    return None


def _quoted(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"> {escape_markdown(line)}".rstrip()
