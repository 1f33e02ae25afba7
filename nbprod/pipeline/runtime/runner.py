# SPDX-License-Identifier: MIT-0
"""Run tasks in order, several at a time, reusing what is stored already."""

from __future__ import annotations

import platform
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import datetime, timezone
from typing import Any

from .artifacts import publish
from .config import Config
from .engines import Engine, open_engine
from .errors import ApplicationError
from .graph import Pipeline, Task
from .prepare import find_record, prepare, settle
from .records import Record, Records
from .storage import Storage
from .worker import TaskError, execute

__all__ = ["new_run_id", "run_one", "run_tasks", "sized"]

Note = Callable[[str], None]


def new_run_id() -> str:
    """Return a name for a run; names sort by time."""
    return f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def run_one(
    pipeline: Pipeline,
    task: Task,
    config: Config,
    storage: Storage,
    run: str,
    allow_versions: bool = False,
    again: bool = False,
    unchecked: bool = False,
) -> Record:
    """Run one task in this process, from what a run has stored; reuse its record where it can."""
    records = Records(storage)
    config = settle(config, run, records)
    found = {name: records.of_run(run, name) for name in pipeline.upstream_of(task)}
    upstream = {name: record for name, record in found.items() if record}
    job = prepare(pipeline, task, config, run, upstream, allow_versions, unchecked)
    record = find_record(records, pipeline, job, again=again)
    if record is None:
        try:
            return execute(job, storage)
        except TaskError as error:
            raise ApplicationError(f"{error}; the same command goes on from there") from error
    publish(task, record, config, storage)
    return record


def run_tasks(
    pipeline: Pipeline,
    targets: Iterable[str],
    config: Config,
    storage: Storage,
    run: str,
    *,
    jobs: int = 1,
    engine: str = "processes",
    allow_versions: bool = False,
    again: bool = False,
    unchecked: bool = False,
    is_new: bool = False,
    note: Note | None = None,
) -> dict[str, Record]:
    """Run tasks and all that they need; return the records that the run uses.

    Args:
        pipeline: the graph.
        targets: names of tasks; none: all.
        config: the configuration.
        storage: where artefacts and records are.
        run: the name of the run; one that exists goes on.
        jobs: how many tasks run at a time.
        engine: where they run.
        allow_versions: read models that another version of a library wrote.
        again: also run tasks that are already stored.
        unchecked: warn about frames that do not match their schemas instead of failing.
        is_new: nobody has used the name of the run before.
        note: gets a line for each task that has finished.
    """
    records = Records(storage)
    before = set() if is_new else records.tasks_of(run)
    config = settle(config, run, records)
    waiting = pipeline.needed_for(list(targets) or pipeline.tasks)
    records.describe(run, _description(waiting, config))
    say = note or (lambda line: print(line, file=sys.stderr))
    done: dict[str, Record] = {}

    def start(task: Task, pool: Engine) -> Future[Record] | None:
        job = prepare(pipeline, task, config, run, done, allow_versions, unchecked)
        record = find_record(records, pipeline, job, task.name in before, again)
        if record is None:
            return pool.submit(job)
        publish(task, record, config, storage)
        done[task.name] = record
        say(_line(pipeline, record, reused=True))
        return None

    def finish(task: Task, future: Future[Record]) -> None:
        done[task.name] = future.result()
        say(_line(pipeline, done[task.name]))

    with open_engine(engine, jobs, storage) as pool:
        _drain(pipeline, waiting, done, pool, start, finish, run)
    return done


def _drain(
    pipeline: Pipeline,
    waiting: list[Task],
    done: Mapping[str, Record],
    pool: Engine,
    start: Callable[[Task, Engine], Future[Record] | None],
    finish: Callable[[Task, Future[Record]], None],
    run: str,
) -> None:
    """Start tasks as soon as they can; after an error, wait for those that are running."""
    running: dict[Future[Record], Task] = {}
    errors: list[ApplicationError] = []
    while running or (waiting and not errors):
        ready = [task for task in waiting if set(pipeline.upstream_of(task)) <= set(done)]
        for task in ready[: 0 if errors else pool.slots - len(running)]:
            waiting.remove(task)
            try:
                if future := start(task, pool):
                    running[future] = task
            except ApplicationError as error:
                errors.append(error)
                break
        for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
            try:
                finish(running.pop(future), future)
            except ApplicationError as error:
                errors.append(error)
    if errors and isinstance(errors[0], TaskError):
        advice = f"the same command with --run-id {run} goes on from there"
        raise ApplicationError(f"{errors[0]}; {advice}")
    if errors:
        raise errors[0]


def _description(tasks: list[Task], config: Config) -> dict[str, Any]:
    """Return what a run was asked to do, as JSON has it."""
    return {
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "tasks": [task.name for task in tasks],
        "config": config.values,
        "changed": {key: origin for key, origin in config.origins.items() if origin[0] == "-"},
        "as_of": config.values.get("as_of"),
        "host": platform.node(),
        "python": platform.python_version(),
    }


def _line(pipeline: Pipeline, record: Record, reused: bool = False) -> str:
    width = max(map(len, pipeline.tasks))
    if reused:
        return f"{record.task:{width}}  reused"
    stored = sum(output.bytes for output in record.outputs.values())
    count = len(record.outputs)
    what = f"  {count} artefact{'s' * (count != 1)}, {sized(stored)}" if count else ""
    return f"{record.task:{width}}  {record.seconds:.1f} s{what}"


def sized(count: int) -> str:
    """Return a number of bytes for people."""
    amount, units = float(count), ["B", "KB", "MB", "GB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.0f} B" if units[0] == "B" else f"{amount:.1f} {units[0]}"
