"""What surrounds the package of an application: how it is installed, started, built and read."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence

from nbprod.pipeline.code.readme import title_of
from nbprod.pipeline.types import PipelinePlan
from nbprod.report.escaping import escape_line, escape_markdown

__all__ = [
    "decisions",
    "entry_files",
    "project_file",
    "requirement_name",
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
{serve}dev = [{dev}]

[project.scripts]
{name} = "{package}.runtime.cli:main"

[tool.hatch.build.targets.wheel]
only-include = [{included}]
sources = ["src"]

[tool.pytest.ini_options]
pythonpath = ["src"]
testpaths = ["tests"]

[tool.ruff]
line-length = 88
target-version = "py310"
{excluded}
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
files = ["src/{package}"]
strict = true
ignore_missing_imports = true
{untyped}"""
# What the runtime in the package needs, beside the notebook's own libraries.
_RUNTIME_NEEDS = ("fsspec", "ruamel.yaml")
_FRAMES = ("pandera[pandas]", "pyarrow")
_FRAME_FORMATS = frozenset(["frame", "series", "index"])
_OF_FORMATS = {"model": "joblib", "skops": "skops", "torch": "safetensors"}
_OF_SPARK = ("pandas", "pyarrow")
_SERVED = ("fastapi", "prometheus-client", "uvicorn")
_DEV = ("pytest", "ruff", "mypy")

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


def project_file(
    plan: PipelinePlan,
    dependencies: Sequence[str],
    python: str,
    targets: Collection[str],
    beside: Sequence[str] = (),
) -> str:
    """`pyproject.toml`.

    Args:
        plan: the application.
        dependencies: requirements of the notebook's code.
        python: the lowest version of Python, as in ``3.11``.
        targets: what the application comes with.
        beside: the notebook's own modules, as paths below `src`.
    """
    formats = {stored for task in plan.tasks for stored in task.outputs.values()}
    needed = [*dependencies, *_RUNTIME_NEEDS]
    needed += _FRAMES if formats & _FRAME_FORMATS or plan.model else ()
    needed += [library for form, library in _OF_FORMATS.items() if form in formats]
    needed += _OF_SPARK if _takes_pandas_from_spark(plan) else ()
    named = {requirement_name(requirement).lower(): requirement for requirement in reversed(needed)}
    listed = "".join(f"    {json.dumps(named[name])},\n" for name in sorted(named))
    is_served = plan.model is not None and "serve" in targets
    return _PYPROJECT.format(
        name=plan.name.replace("_", "-"),
        package=plan.name,
        summary=json.dumps(escape_line(title_of(plan)), ensure_ascii=False),
        python=python,
        dependencies=listed,
        **_own(plan.name, beside),
        serve=f"serve = {json.dumps(_SERVED)}\n" if is_served else "",
        dev=", ".join(
            json.dumps(each) for each in (*_DEV, *(("httpx", *_SERVED) if is_served else ()))
        ),
    )


def _takes_pandas_from_spark(plan: PipelinePlan) -> bool:
    """Whether the notebook calls what PySpark does with pandas, which it does not bring."""
    return any(
        name in cell.source
        for cell in plan.facts.notebook.cells
        if cell.is_python
        for name in ("toPandas(", "pandas_udf", "applyInPandas", "mapInPandas")
    )


def _own(package: str, beside: Sequence[str]) -> dict[str, str]:
    """The parts of `pyproject.toml` about the notebook's own modules, which keep their style."""
    tops = sorted({path.split("/")[0] for path in beside})
    included = [f"src/{name}" for name in (package, *tops)]
    modules = [text for name in tops for text in _mypy_names(name.removesuffix(".py"))]
    return {
        "included": ", ".join(map(json.dumps, included)),
        "excluded": f"extend-exclude = {json.dumps(included[1:])}\n" if tops else "",
        "untyped": f"\n[[tool.mypy.overrides]]\nmodule = {json.dumps(modules)}\n"
        "ignore_errors = true\n" if tops else "",
    }  # fmt: skip


def _mypy_names(name: str) -> tuple[str, str]:
    return name, f"{name}.*"


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
