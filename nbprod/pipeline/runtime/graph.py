# SPDX-License-Identifier: MIT-0
"""The graph of tasks as data: importing it imports no task and no library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Literal

from .errors import ApplicationError, nearest

__all__ = ["STATE", "Artifact", "Pipeline", "Task"]

# The output and input in which the state of the random generators goes from task to task.
STATE = "generators"


@dataclass(frozen=True)
class Artifact:
    """A value that a task stores: a format of `formats.py`, and a schema of `schemas.py`."""

    format: str
    schema: str | None = None


@dataclass(frozen=True)
class Task:
    """One function, `tasks.NAME.NAME`, and where its arguments come from and its results go.

    Attributes:
        name: the task, its module and its function.
        inputs: argument -> `task.output`.
        parameters: argument -> dotted key of the configuration.
        files: argument -> dotted key of a path that is read; the function gets a local path.
        writes: argument -> dotted key of a path that is written; the function gets a local path,
            and the file becomes an output of that name.
        outputs: what the function returns, in order: one value, or a tuple of them.
        settings: the function of `settings.py` that is called first.
        draws: `carry` goes on with the generators' state of the last task that drew, `start` sets
            them itself and passes them on, `seed` has a seed of its own.
        volatile: reads a clock, a network or a database: never reused by another run.
    """

    name: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    writes: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Artifact] = field(default_factory=dict)
    settings: str | None = None
    draws: Literal["carry", "start", "seed"] | None = None
    volatile: bool = False

    @property
    def artifacts(self) -> dict[str, Artifact]:
        """Everything the task stores: results, written files, the generators' state."""
        stored = dict(self.outputs)
        stored.update({name: Artifact("file") for name in self.writes})
        if self.draws in ("carry", "start"):
            stored[STATE] = Artifact("json")
        return stored


class Pipeline:
    """Tasks in an order in which they can run, checked when it is made."""

    def __init__(
        self, name: str, *tasks: Task, libraries: Iterable[str] = (), modules: Iterable[str] = ()
    ) -> None:
        """Check the graph.

        Args:
            name: the application.
            tasks: each after those that it reads from.
            libraries: the distributions whose versions change results.
            modules: those beside the package that are the application's own.
        """
        self.name = name
        self.tasks = {task.name: task for task in tasks}
        self.libraries = tuple(libraries)
        self.modules = tuple(modules)
        if len(self.tasks) != len(tasks):
            raise ApplicationError("two tasks have one name")
        above: dict[str, set[str]] = {}
        for task in tasks:
            for source in self.inputs_of(task).values():
                upstream, _, output = source.rpartition(".")
                if output not in above.get(upstream, ()):
                    raise ApplicationError(
                        f"`{task.name}` reads {source}, which no task above stores"
                    )
            above[task.name] = set(task.artifacts)

    @cached_property
    def _carriers(self) -> dict[str, str]:
        """Task that carries the generators on -> the task that drew last before it."""
        drew = [task for task in self.tasks.values() if task.draws in ("carry", "start")]
        return {task.name: before.name for before, task in pairwise(drew) if task.draws == "carry"}

    def task(self, name: str) -> Task:
        """Return a task by its name."""
        if name not in self.tasks:
            raise ApplicationError(f"unknown task `{name}`{nearest(name, self.tasks)}")
        return self.tasks[name]

    def inputs_of(self, task: Task) -> dict[str, str]:
        """Return the inputs of a task, the generators' state included."""
        carrier = self._carriers.get(task.name)
        return {**task.inputs, **({STATE: f"{carrier}.{STATE}"} if carrier else {})}

    def first_draw(self, task: Task) -> Task:
        """Return the task in which the generators' state began that a task draws from."""
        while task.name in self._carriers:
            task = self.tasks[self._carriers[task.name]]
        return task

    def upstream_of(self, task: Task) -> list[str]:
        """Return the tasks that a task reads from."""
        return sorted({source.rpartition(".")[0] for source in self.inputs_of(task).values()})

    def needed_for(self, names: Iterable[str]) -> list[Task]:
        """Return some tasks and all that they need, in the order of the pipeline."""
        needed: set[str] = set()
        waiting = [self.task(name) for name in names]
        while waiting:
            task = waiting.pop()
            if task.name not in needed:
                needed.add(task.name)
                waiting += [self.tasks[name] for name in self.upstream_of(task)]
        return [task for task in self.tasks.values() if task.name in needed]
