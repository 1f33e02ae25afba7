# SPDX-License-Identifier: MIT-0
"""Work out, without running it, what a task would read and the key of its result."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .config import Config, Layers, load_config
from .errors import ApplicationError, load_module
from .graph import Pipeline, Task
from .keys import file_tag, task_key
from .randomness import seed_for
from .records import Record, Records, Stored
from .storage import is_local, local_path

__all__ = [
    "Job",
    "base_config",
    "check_run_id",
    "find_record",
    "is_volatile",
    "load_pipeline",
    "locate",
    "options_for",
    "prepare",
    "settle",
]


@dataclass(frozen=True)
class Job:
    """All that a process needs to run one task, as JSON has it.

    Attributes:
        config: the settings as written: credentials are looked up where the task runs.
        sources: argument -> the stored value that it reads.
        attempt: makes the places of what it writes its own.
        seed: what the generators start with; None where the task draws nothing.
        unchecked: frames that are not as their schemas say are a warning.
    """

    task: str
    run: str
    key: str
    config: dict[str, Any]
    inputs: dict[str, str]
    parameters: dict[str, Any]
    sources: dict[str, Stored]
    attempt: str
    seed: int | None = None
    allow_versions: bool = False
    unchecked: bool = False

    def to_json(self) -> str:
        """Return the job as JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Job:
        """Return the job of JSON."""
        data = json.loads(text)
        data["sources"] = {name: Stored.from_dict(item) for name, item in data["sources"].items()}
        return Job(**data)


def load_pipeline() -> Pipeline:
    """Return the `PIPELINE` of the application that holds this runtime."""
    pipeline = getattr(load_module("pipeline"), "PIPELINE", None)
    if not isinstance(pipeline, Pipeline):
        raise ApplicationError("pipeline.py has no `PIPELINE`")
    return pipeline


def base_config(layers: Layers) -> Config:
    """Return the application's configuration with layers applied."""
    base = Path(__file__).parents[1] / "conf" / "base.yaml"
    return load_config(base.read_text(encoding="utf-8"), layers)


def check_run_id(run: str) -> str:
    """Return the name of a run; one that could leave its directory is an error."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", run):
        raise ApplicationError(
            f"--run-id {run!r} must be letters, digits, `.`, `_` and `-`, at most 100"
        )
    return run


def settle(config: Config, run: str, records: Records) -> Config:
    """Fix what depends on where and when a run began: relative directories, `as_of` of null."""
    values = dict(config.values)
    for key in {"data", "storage"} & set(values):
        if is_local(str(values[key])) and "${env:" not in values[key]:
            values[key] = str(local_path(values[key]))
    if "as_of" in values and values["as_of"] is None:
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        values["as_of"] = records.description(run).get("as_of") or now
    return Config(values, config.origins)


def options_for(url: str, config: Config) -> dict[str, Any]:
    """Return the options of the file system of a URL outside the artefacts."""
    if "data_options" in config.values:
        return dict(config.get("data_options"))
    scheme = str(config.get("storage")).partition("://")[0]
    return config.storage_options if url.startswith(f"{scheme}://") else {}


def locate(key: str, config: Config) -> str:
    """Return the absolute path or URL of a setting; one that is relative is below `data`."""
    place = str(config.get(key))
    if "://" not in place and not os.path.isabs(place) and "data" in config.values:
        place = f"{str(config.get('data')).rstrip('/')}/{place}"
    return str(local_path(place)) if is_local(place) else place


def prepare(
    pipeline: Pipeline,
    task: Task,
    config: Config,
    run: str,
    upstream: Mapping[str, Record],
    allow_versions: bool = False,
    unchecked: bool = False,
) -> Job:
    """Return the job of a task.

    Args:
        pipeline: the graph.
        task: what runs.
        config: the complete configuration of the run.
        run: the name of the run.
        upstream: the records of the tasks that it reads from.
        allow_versions: read models that another version of a library wrote.
        unchecked: warn about frames that do not match their schemas instead of failing.
    """
    sources: dict[str, Stored] = {}
    for argument, source in pipeline.inputs_of(task).items():
        name, _, output = source.rpartition(".")
        if name not in upstream or output not in upstream[name].outputs:
            raise ApplicationError(
                f"{task.name} needs {name}, which has not been run in `{run}`; run it first"
            )
        sources[argument] = upstream[name].outputs[output]
    inputs = {argument: stored.sha256 for argument, stored in sources.items()}
    for argument, key in task.files.items():
        url = locate(key, config)
        inputs[argument] = file_tag(url, options_for(url, config))
    parameters = {
        argument: config.raw(key)
        for argument, key in {**task.parameters, **task.files, **task.writes}.items()
    }
    seed = _seed(pipeline, task, config, run)
    keyed = {**parameters, "random_seed": seed} if seed is not None else parameters
    return Job(
        task.name,
        run,
        task_key(pipeline, task, keyed, inputs),
        config.values,
        inputs,
        keyed,
        sources,
        secrets.token_hex(4),
        seed,
        allow_versions,
        unchecked,
    )


def _seed(pipeline: Pipeline, task: Task, config: Config, run: str) -> int | None:
    """Return what the generators start with.

    Without a configured seed it follows from the name of the run, so all tasks of a run agree; a
    task that starts the generators itself, and those that go on from it, have the same in each run,
    so that others can reuse them.
    """
    if task.draws is None:
        return None
    configured = config.values.get("random_seed")
    if configured is None:
        first = pipeline.first_draw(task)
        configured = 0 if first.draws == "start" else seed_for("run", run)
    return seed_for(configured, task.name) if task.draws == "seed" else int(configured) % 2**32


def find_record(
    records: Records, pipeline: Pipeline, job: Job, in_run: bool = True, again: bool = False
) -> Record | None:
    """Return a record that makes a job unnecessary: of the same run, or of the same key.

    Args:
        records: where records are.
        pipeline: the graph.
        job: what would run.
        in_run: whether the run may have a record of the task.
        again: also run tasks whose results are stored.
    """
    if again:
        return None
    own = records.of_run(job.run, job.task) if in_run else None
    if own and own.key == job.key:
        return own
    if is_volatile(pipeline.task(job.task), job):
        return None
    found = records.of_key(job.task, job.key)
    return records.use(found, job.run) if found else None


def is_volatile(task: Task, job: Job) -> bool:
    """Return whether another run must not reuse a result.

    So are tasks that are declared so, and those that take a value from the environment: a key that
    depended on it could be used to guess it.
    """
    return task.volatile or "${env:" in json.dumps(job.parameters, default=str)
