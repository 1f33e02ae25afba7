# SPDX-License-Identifier: MIT-0
"""Run one task in this process: read artefacts, call the function, write artefacts, a record."""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TextIO

from . import randomness
from .artifacts import fetch_file, load_value, publish, store_bytes, store_value
from .config import Config
from .errors import ApplicationError, load_module
from .graph import STATE, Artifact, Pipeline, Task
from .keys import versions_of
from .prepare import Job, is_volatile, load_pipeline, locate
from .records import Record, Records, Stored
from .storage import Storage, is_local, local_path, open_storage

__all__ = ["TaskError", "execute", "main"]

_PLOTS = f"{__package__}.plots"


class TaskError(ApplicationError):
    """A task's own function raised an exception, which the log has."""


@dataclass
class _Outcome:
    """What a call printed, warned of and showed, and how long it took."""

    value: Any = None
    printed: str = ""
    warned: list[str] = field(default_factory=list)
    shown: list[bytes] = field(default_factory=list)
    seconds: float = 0.0


def execute(job: Job, storage: Storage, log: TextIO | None = None) -> Record:
    """Run a task and return its record, which is in storage by then.

    Args:
        job: what `prepare` worked out.
        storage: where artefacts and records are.
        log: gets what the task prints, by line; the standard error without it.
    """
    pipeline = load_pipeline()
    task, config = pipeline.task(job.task), Config(job.config)
    started = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    hidden = config.secrets_of(task.parameters.values())
    places = {name: locate(key, config) for name, key in {**task.files, **task.writes}.items()}
    log = log or sys.stderr
    os.environ["MPLBACKEND"] = f"module://{_PLOTS}"
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].use(os.environ["MPLBACKEND"])
    function = _function(f"tasks.{task.name}", task.name)
    _print_as_notebooks_do()
    with tempfile.TemporaryDirectory() as scratch, _in_folder(config, scratch):
        if task.settings:
            _function("settings", task.settings)()
        arguments = _arguments(pipeline, job, storage, places, Path(scratch))
        state = arguments.pop(STATE, None)
        if state is not None:
            randomness.restore(state, job.seed or 0)
        elif job.seed is not None:
            randomness.start(job.seed)
        outcome = _call(task, function, arguments, log, hidden)
        values = _values(task, outcome.value)
        if STATE in task.artifacts:
            values[STATE] = randomness.state()
        outputs, figures = _store(task, job, storage, values, arguments, hidden)
    shown = tuple(
        store_bytes(storage, job, f"shown-{number}.png", "figure", "figure", picture)
        for number, picture in enumerate(outcome.shown, 1)
    )
    figures["peak_bytes"] = _peak_memory()
    record = Record(
        task=task.name,
        run=job.run,
        key=job.key,
        inputs=job.inputs,
        parameters=job.parameters,
        outputs=outputs,
        figures=figures,
        shown=shown,
        printed=outcome.printed,
        warnings=tuple(outcome.warned),
        versions=versions_of(pipeline),
        host=platform.node(),
        started=started,
        seconds=round(outcome.seconds, 3),
        volatile=is_volatile(task, job) or job.unchecked,
    )
    publish(task, record, config, storage)
    Records(storage).keep(record)
    return record


def _print_as_notebooks_do() -> None:
    """Let pandas print as many columns as in a notebook, not what fits a terminal."""
    if pandas := sys.modules.get("pandas"):
        pandas.set_option("display.max_columns", 20)


def _function(module: str, name: str) -> Any:
    """Return a function of a module of the application."""
    found = getattr(load_module(module), name, None)
    if not callable(found):
        raise ApplicationError(f"{module.replace('.', '/')}.py has no function `{name}`")
    return found


@contextlib.contextmanager
def _in_folder(config: Config, scratch: str) -> Iterator[None]:
    """Work in the directory of the data, so that relative paths mean what the notebook meant."""
    before = os.getcwd()
    data = str(config.get("data")) if "data" in config.values else "."
    target = local_path(data) if is_local(data) else Path(scratch)
    if not target.is_dir():
        raise ApplicationError(f"`data` is {data}, which is not a directory")
    os.chdir(target)
    try:
        yield
    finally:
        os.chdir(before)


def _arguments(
    pipeline: Pipeline, job: Job, storage: Storage, places: dict[str, str], scratch: Path
) -> dict[str, Any]:
    """Return all arguments of a task's function, and the generators' state."""
    task, config = pipeline.task(job.task), Config(job.config)
    arguments: dict[str, Any] = {}
    for argument, source in pipeline.inputs_of(task).items():
        upstream, _, output = source.rpartition(".")
        artifact = pipeline.task(upstream).artifacts[output]
        stored = job.sources[argument]
        if job.unchecked:
            artifact = Artifact(artifact.format)
        arguments[argument] = load_value(
            storage, stored, artifact, source, scratch / argument, job.allow_versions
        )
    for argument, key in task.parameters.items():
        arguments[argument] = config.get(key)
    for argument in task.files:
        arguments[argument] = fetch_file(places[argument], config, scratch / argument)
    for argument in task.writes:
        (scratch / argument).mkdir()
        arguments[argument] = str(scratch / argument / Path(places[argument]).name)
    return arguments


class _Tee(io.TextIOBase):
    """Text that is kept, and logged by line after the name of the task."""

    def __init__(self, task: str, log: TextIO, hidden: list[str]) -> None:
        self.kept, self._part = io.StringIO(), ""
        self._log, self._task, self._hidden = log, task, hidden

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.kept.write(text)
        *lines, self._part = (self._part + text).split("\n")
        self._log_lines(lines)
        return len(text)

    def close(self) -> None:
        self._log_lines([self._part] if self._part else [])
        self._part = ""

    def _log_lines(self, lines: list[str]) -> None:
        for line in lines:
            self._log.write(f"{self._task} | {_masked(line, self._hidden)}\n")


def _call(
    task: Task, function: Any, arguments: dict[str, Any], log: TextIO, hidden: list[str]
) -> _Outcome:
    """Call a task's function; what it raises is logged from its own first line on."""
    outcome, tee = _Outcome(), _Tee(task.name, log, hidden)
    usual = warnings.showwarning

    def note(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        outcome.warned.append(f"{category.__name__}: {message}")
        usual(message, category, *rest, **more)

    warnings.showwarning = note
    began = time.perf_counter()
    try:
        with contextlib.redirect_stdout(tee):
            outcome.value = function(**arguments)
            if _PLOTS in sys.modules:
                outcome.shown = sys.modules[_PLOTS].take_shown()
    except Exception as error:  # anything that a task's own code raises
        inner = error.__traceback__ and error.__traceback__.tb_next
        trace = "".join(traceback.format_exception(type(error), error, inner))
        log.write(_masked(trace, hidden))
        raise TaskError(f"{task.name} failed") from error
    finally:
        tee.close()
        warnings.showwarning = usual
    outcome.seconds = time.perf_counter() - began
    outcome.printed = _masked(tee.kept.getvalue(), hidden)
    outcome.warned = [_masked(text, hidden) for text in outcome.warned]
    return outcome


def _values(task: Task, value: Any) -> dict[str, Any]:
    """Return the results of a function by name."""
    names = list(task.outputs)
    if len(names) < 2:
        return dict.fromkeys(names, value)
    if not isinstance(value, tuple) or len(value) != len(names):
        raise ApplicationError(
            f"{task.name} must return {len(names)} values ({', '.join(names)}), "
            f"not a {type(value).__name__}"
        )
    return dict(zip(names, value, strict=True))


def _store(
    task: Task,
    job: Job,
    storage: Storage,
    values: dict[str, Any],
    arguments: dict[str, Any],
    hidden: list[str],
) -> tuple[dict[str, Stored], dict[str, float]]:
    """Write what a task returned and the files it wrote; return them with their figures."""
    outputs: dict[str, Stored] = {}
    figures: dict[str, float] = {}
    for name, artifact in task.artifacts.items():
        what = f"{task.name}.{name}"
        if name in task.writes:
            path = Path(arguments[name])
            if not path.is_file():
                raise ApplicationError(f"{task.name} has not written {path.name} (`{name}`)")
            data = path.read_bytes()
            outputs[name] = store_bytes(storage, job, path.name, "file", "file", data)
        else:
            stored, numbers = store_value(storage, job, artifact, what, values[name], hidden)
            outputs[name] = stored
            figures.update({f"{name}.{key}": number for key, number in numbers.items()})
    return outputs, figures


def _masked(text: str, hidden: list[str]) -> str:
    for secret in hidden:
        text = text.replace(secret, "***")
    return text


def _peak_memory() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def main() -> None:
    """Run the job on the standard input; its record or error goes to the standard output.

    What libraries print below Python goes to the log.
    """
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = Job.from_json(sys.stdin.read())
    config = Config(job.config)
    try:
        storage = open_storage(str(config.get("storage")), config.storage_options)
        answer.write(execute(job, storage).to_json())
    except ApplicationError as error:
        failed = isinstance(error, TaskError)
        answer.write(json.dumps({"error": str(error), "failed": failed}))
    answer.flush()
