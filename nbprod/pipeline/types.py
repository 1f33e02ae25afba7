"""What a plan of a pipeline consists of, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from nbprod.extract.plan.atoms import Atom
from nbprod.facts import Facts
from nbprod.pipeline.boundaries import ModelChoice, TaskBoundary
from nbprod.refactor.pieces import CutNotebook
from nbprod.refactor.plan import Function, Import, Plan

__all__ = ["TARGETS", "Draws", "Given", "JoinedTask", "ModelPlan", "PipelinePlan", "TaskPlan"]

# What an application may come with beside its tasks.
TARGETS = ("airflow", "docker", "github", "serve")

Draws = Literal["carry", "start", "seed"]
"""How a task gets and leaves the global random generators."""
Given = Literal["frame", "series", "array"]
"""As what rows reach the first part of a model."""


@dataclass(frozen=True, slots=True)
class ModelPlan:
    """A `Model` of the application.

    ``estimator``, ``steps`` and ``source``, of which the rows are, are `task.output`; ``task`` is
    where the notebook predicts and ``predicted`` the expression that has its predictions there,
    empty where none has. ``added`` are the results that tasks have for the model alone. From a run
    come ``given``, as what the rows reach the first step, ``schema`` and ``columns``.
    """

    estimator: str
    source: str
    task: str
    steps: tuple[str, ...] = ()
    predicted: str = ""
    columns: tuple[str, ...] | None = None
    given: Given = "frame"
    schema: str | None = None
    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cell: int = 0
    """The number of the cell in which it predicts."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What is fitted, in the order in which it is applied."""
        return (*self.steps, self.estimator)


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """One task. ``inputs``: argument to `task.output`; ``parameters``, ``files`` (which it reads)
    and ``writes``: argument to the key of the configuration; ``outputs``: result to format;
    ``schemas``: result to the name of its schema; ``settings``: the statements up to its end that
    set something up for the session; ``boundary``: the cut above it; ``draws`` and ``volatile``:
    as `Task` of the runtime; ``chosen``: the results whose formats a person has chosen."""

    name: str
    function: Function
    inputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    writes: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    settings: tuple[Atom, ...] = ()
    boundary: TaskBoundary | None = None
    purpose: str | None = None
    schemas: dict[str, str] = field(default_factory=dict)
    draws: Draws | None = None
    volatile: bool = False
    chosen: frozenset[str] = frozenset()

    @property
    def start(self) -> int:
        """The place of the statement that it begins with."""
        return self.boundary.before if self.boundary is not None else 0


class JoinedTask(NamedTuple):
    """A cut that cannot be: the cell that would have begun a task, and why it does not."""

    cell: int
    reason: str


@dataclass(frozen=True, slots=True)
class PipelinePlan:
    """Everything that the application is made of.

    ``plan`` has the functions and what goes to the library; ``settings`` are the values of the
    configuration by dotted key; ``imports`` all imports of the notebook; ``joined`` are cuts that
    could not be made. From a run come ``schemas``, the source of each by its name, and
    ``profiles``, by `task.output`.
    """

    name: str
    facts: Facts
    plan: Plan
    tasks: tuple[TaskPlan, ...]
    settings: dict[str, Any]
    imports: tuple[Import, ...] = ()
    joined: tuple[JoinedTask, ...] = ()
    schemas: dict[str, str] = field(default_factory=dict)
    profiles: dict[str, Any] = field(default_factory=dict)
    model: ModelPlan | None = None
    models: tuple[ModelChoice, ...] = ()
    """The estimators that can be the model, the one that is taken first without a wish first."""
    looked_up: dict[str, str] = field(default_factory=dict)
    """The credentials that settings look up, by variable of the environment: for runs only."""

    @property
    def cut(self) -> CutNotebook:
        """The notebook as it is cut for the tasks."""
        assert self.plan.cut is not None
        return self.plan.cut

    @property
    def cut_places(self) -> tuple[int, ...]:
        """The statements before which the tasks but the first begin."""
        return tuple(task.boundary.before for task in self.tasks if task.boundary is not None)

    def upstream_of(self, number: int) -> list[str]:
        """The tasks that a task reads from, the one that passes the generators on included."""
        task = self.tasks[number]
        found = {source.rpartition(".")[0] for source in task.inputs.values()}
        if task.draws == "carry":
            drew = [each.name for each in self.tasks[:number] if each.draws in ("carry", "start")]
            found.update(drew[-1:])
        return sorted(found)
