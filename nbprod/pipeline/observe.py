"""What one run of the notebook tells of the tasks: how their results are stored, who draws."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nbprod.disk.read import read_bytes
from nbprod.disk.scratch import scratch_folder
from nbprod.errors import UsageError
from nbprod.execution.failures import cell_failure
from nbprod.execution.kernel import ExecutionError, run_job
from nbprod.execution.run import RunOptions, workspace
from nbprod.patterns import lazy_pattern
from nbprod.pipeline.types import PipelinePlan, TaskPlan

__all__ = [
    "OF_MAIN",
    "RUNTIME",
    "Observed",
    "SeenOutput",
    "SeenTask",
    "inside",
    "observe",
    "run_cells",
    "written_files",
]

_HERE = os.path.dirname(os.path.abspath(__file__))
RUNTIME = os.path.join(_HERE, "runtime")
# A shorter one is a part of many a word.
_SHORTEST_CREDENTIAL = 8
OF_MAIN = " of __main__"
_DISPLAY = lazy_pattern(r"^%(?:matplotlib|config[ \t]+InlineBackend)\b.*$", re.MULTILINE)
_MOST_BYTES = 2_000_000_000


class SeenOutput(NamedTuple):
    """A result of a task: its type, its format and the bytes in it, or the problem with it.

    ``value`` describes it as plain data, ``schema`` the columns of a frame, ``failed`` says why the
    formats before the one that is taken are not; ``rows`` has the columns of what a model
    predicts, where it is no frame; ``shape`` the types of it and of what it holds.
    """

    type: str = ""
    format: str | None = None
    bytes: int = 0
    problem: str | None = None
    value: Any = None
    schema: dict[str, Any] | None = None
    profile: Mapping[str, Any] = {}
    failed: Mapping[str, str] = {}
    rows: dict[str, Any] | None = None
    shape: Sequence[Any] = ()


class SeenTask(NamedTuple):
    """One task in the notebook's run.

    ``draws`` are the libraries whose global generators it moved on; ``entropy`` how many numbers
    the system had given to generators without a seed before it; ``inputs`` and ``live`` hash what
    it is given, and what is stored for later tasks by then; ``shared`` are inputs that have an
    object in common, ``changed`` inputs that it mutates; ``reads``, ``writes`` are files
    below the notebook's folder; ``uses``: `network`, `database`; ``printed`` and ``figures`` (PNG
    in base64) are what its cells showed; ``predicted`` what the notebook's model did there.
    """

    outputs: Mapping[str, SeenOutput]
    draws: tuple[str, ...]
    entropy: Mapping[str, int]
    inputs: Mapping[str, str | None]
    live: Mapping[str, str | None]
    shared: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]
    reads: frozenset[str]
    writes: frozenset[str]
    uses: frozenset[str]
    printed: str
    figures: tuple[str, ...]
    predicted: Any = None


class RunCell(NamedTuple):
    """A cell of the run: the cell of the cut notebook that it is of, and what of it runs;
    ``is_above``: it is above the first statement of a task."""

    cell: int
    source: str
    is_above: bool = False


@dataclass(frozen=True, slots=True)
class Observed:
    """A run of the notebook: its tasks by name, its variables in the end, and the hashes of the
    files that it wrote, by path below its folder."""

    tasks: Mapping[str, SeenTask]
    final: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)


def inside(name: str) -> str:
    """The path of a program that the notebook's Python runs."""
    return os.path.join(_HERE, "inside", name)


def observe(
    plan: PipelinePlan,
    folder: str,
    start: str,
    options: RunOptions,
    *,
    models: str = "joblib",
    credentials: Collection[str] = (),
    disturbed: bool = False,
) -> Observed:
    """Run the notebook once, in a copy of its folder, and look at what crosses.

    Args:
        plan: the tasks.
        folder: what is copied for the run.
        start: the folder inside of it to run in, relative.
        options: how to run it.
        models: the format of estimators, `joblib` or `skops`.
        credentials: values that nothing stored may hold.
        disturbed: whether to change what nobody may rely on.

    Raises:
        ExecutionError: the notebook fails before its end, or its Python lacks what tasks need.
        UsageError: the folder is too big.
    """
    run = run_cells(plan)
    sources = [cell.source for cell in run]
    spans = {task.name: _span(task, run) for task in plan.tasks}
    with workspace(folder, options) as copy, scratch_folder() as pickles:
        job = {
            "cells": sources,
            "cwd": os.path.join(copy, start),
            "path": [copy],
            "seconds": options.seconds,
            "environment": dict(options.environment),
            "observer": inside("observer.py"),
            "observe": _asked(plan, spans),
            "given": {
                "runtime": RUNTIME,
                "models": models,
                "hidden": _hidden(options, credentials),
            },
            "pickles": pickles,
            "pictures": True,
            "disturbed": disturbed,
        }
        result = run_job(job, options.python)
        files = written_files(os.path.join(copy, start), os.path.join(folder, start))
    _require_success(result, plan, run)
    tasks = {task.name: _seen(result["cells"], spans[task.name], task, run) for task in plan.tasks}
    _require_chosen(plan, tasks)
    return Observed(tasks, result["final"], files)


def written_files(copy: str, original: str) -> dict[str, str]:
    """The files of a copy of a folder that are new or others than there: their hashes by path.

    Hashes of pickles of the notebook's own classes end with `OF_MAIN`.
    """
    found = {}
    for top, folders, names in os.walk(copy):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        for name in names:
            path = os.path.join(top, name)
            relative = os.path.relpath(path, copy)
            if os.path.isfile(path) and _is_new(path, os.path.join(original, relative)):
                data = read_bytes(path, _MOST_BYTES)
                own = OF_MAIN if b"__main__" in data else ""
                found[relative] = hashlib.sha256(data).hexdigest() + own
    return found


def _is_new(path: str, before: str) -> bool:
    if not os.path.isfile(before):
        return True
    now, then = os.stat(path), os.stat(before)
    return (now.st_size, now.st_mtime_ns) != (then.st_size, then.st_mtime_ns)


def run_cells(plan: PipelinePlan) -> list[RunCell]:
    """The cells that run: each task begins with a cell of its own, after the imports above it."""
    starts = {
        task.function.body[0].cell: task.function.body[0].start
        for task in plan.tasks[::-1]
        if task.function.body
    }
    found = []
    for cell in plan.cut.facts.notebook.cells:
        if not cell.is_python:
            continue
        source = _DISPLAY.sub(_plain_display, cell.source)
        start = 0 if cell.source.lstrip().startswith("%%") else starts.get(cell.index, 0)
        if not source[:start].strip():
            start = 0
        if start:
            found.append(RunCell(cell.index, source[:start], is_above=True))
        found.append(RunCell(cell.index, source[start:]))
    return found


def _plain_display(line: re.Match[str]) -> str:
    """A comment as long as a magic for how figures are shown: they are compared as usual ones."""
    return "#".ljust(len(line[0]))


def _hidden(options: RunOptions, credentials: Collection[str]) -> list[str]:
    hidden = {*credentials, *(value for _, value in options.environment)}
    return sorted(value for value in hidden if len(value) >= _SHORTEST_CREDENTIAL)


def _span(task: TaskPlan, run: Sequence[RunCell]) -> tuple[int, int]:
    """The places of the first and the last of a task's cells that run."""
    places = [place for place, cell in enumerate(run) if _is_of(task, cell)]
    return places[0], places[-1]


def _is_of(task: TaskPlan, cell: RunCell) -> bool:
    """Whether a cell is one that a task stands for: imports above its first statement are not."""
    body = task.function.body
    is_import = bool(body) and cell.cell < body[0].cell
    if is_import or cell.is_above:
        return False
    return cell.cell in task.function.cells and bool(cell.source.strip())


def _asked(plan: PipelinePlan, spans: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """What the observer has to look at before and after the tasks, by the place of a cell."""
    asked: dict[str, Any] = {}
    for number, task in enumerate(plan.tasks):
        first, last = spans[task.name]
        before = {"task": task.name, "inputs": list(task.inputs)}
        behind: dict[str, Any] = {
            "outputs": list(task.outputs),
            "live": sorted(_live(plan, number)),
            "chosen": {name: task.outputs[name] for name in sorted(task.chosen)},
        }
        model = plan.model
        if model is not None and model.source.startswith(f"{task.name}."):
            behind["rows"] = [model.source.rpartition(".")[2]]
        if model is not None and model.task == task.name:
            behind["predicted"] = [model.predicted]
        asked.setdefault(str(first), {})["before"] = before
        asked.setdefault(str(last), {})["after"] = behind
    return asked


def _live(plan: PipelinePlan, number: int) -> Iterator[str]:
    """The names that a task or one before it stores and a later one reads."""
    stored = {f"{task.name}.{name}" for task in plan.tasks[: number + 1] for name in task.outputs}
    later = {source for task in plan.tasks[number + 1 :] for source in task.inputs.values()}
    yield from {source.rpartition(".")[2] for source in stored & later}


def _require_success(result: Mapping[str, Any], plan: PipelinePlan, run: Sequence[RunCell]) -> None:
    if "failed" in result:
        raise ExecutionError(f"the notebook could not be run: {result['failed']}")
    for place, cell in enumerate(result["cells"]):
        if "error" in cell:
            whole = plan.cut.pieces[run[place].cell].cell
            raise ExecutionError(cell_failure(whole, cell["error"]))


def _require_chosen(plan: PipelinePlan, seen: Mapping[str, SeenTask]) -> None:
    """Refuse formats that a person has chosen and that do not give the value back."""
    for task in plan.tasks:
        for name in sorted(task.chosen):
            problem = seen[task.name].outputs[name].problem
            if problem is not None:
                raise UsageError(
                    f"`{name}` of `{task.name}` cannot be stored as `{task.outputs[name]}`:"
                    f" {problem}; choose another format in the plan"
                )


def _seen(
    cells: Sequence[Mapping[str, Any]],
    span: tuple[int, int],
    task: TaskPlan,
    run: Sequence[RunCell],
) -> SeenTask:
    found = cells[span[1]]["observed"]
    if "problem" in found:
        raise ExecutionError(f"what `{task.name}` leaves cannot be looked at: {found['problem']}")
    shown = [cells[place] for place, cell in enumerate(run) if _is_of(task, cell)]
    outputs = [output for cell in shown for output in cell["outputs"]]
    touched = found["touched"]
    return SeenTask(
        {name: _output(entry) for name, entry in found["outputs"].items()},
        tuple(found["draws"]),
        found["entropy"],
        found["inputs"],
        found["live"],
        tuple((one, other) for one, other in found["shared"]),
        tuple(found["changed"]),
        frozenset(touched["reads"]),
        frozenset(touched["writes"]),
        frozenset(touched["uses"]),
        "".join(one["text"] for one in outputs if one.get("stream") == "stdout"),
        tuple(one["data"]["image/png"] for one in outputs if _is_figure(one.get("data", {}))),
        found.get("predicted"),
    )


def _is_figure(data: Mapping[str, str]) -> bool:
    return "image/png" in data and data.get("text/plain", "").startswith("<Figure size")


def _output(entry: Mapping[str, Any]) -> SeenOutput:
    known = {name: entry[name] for name in SeenOutput._fields if name in entry}
    return SeenOutput(**known)
