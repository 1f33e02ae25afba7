"""The model of a notebook: what is fitted, what is done to rows before it predicts them.

Only what a task can return in the state in which it predicted is part of it; where the way from
the rows to the prediction is not made of calls of `transform`, it begins at the last named value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from nbprod.extract.plan.atoms import Atom, Atoms
from nbprod.pipeline.boundaries import ModelChoice
from nbprod.pipeline.types import ModelPlan, TaskPlan
from nbprod.refactor.plan import Variable
from nbprod.syntax.walk import walk

__all__ = ["FITTED_FORMATS", "model_choices", "planned_model", "without_results"]

# The formats of what is fitted.
FITTED_FORMATS = frozenset(["model", "skops", "xgboost", "keras", "statsmodels"])
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Import, ast.ImportFrom)
_FITTING = frozenset(["fit", "fit_transform", "fit_predict", "fit_resample"])
_MOST_STEPS = 8


class _Rows(NamedTuple):
    """Where rows come from, and what is done to them."""

    source: str
    steps: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None


def model_choices(atoms: Atoms, tasks: Sequence[TaskPlan]) -> tuple[ModelChoice, ...]:
    """The estimators that can be the model, the one that is taken without a wish first.

    Args:
        atoms: the notebook's statements.
        tasks: the tasks, in order.
    """
    search = _Search(atoms, tasks)
    found: dict[ModelChoice, None] = {}
    for call, atom in search.predictions():
        if search.model(call, atom) is not None:
            found.setdefault(_choice(call, atom))
    return tuple(found)


def _choice(call: ast.Call, atom: Atom) -> ModelChoice:
    assert isinstance(call.func, ast.Attribute)
    return ModelChoice(ast.unparse(call.func.value), atom.cell + 1)


def planned_model(
    atoms: Atoms, tasks: Sequence[TaskPlan], wish: ModelChoice | None = None
) -> tuple[ModelPlan | None, list[TaskPlan]]:
    """The model of a notebook's last prediction, and the tasks with the results that it needs.

    Args:
        atoms: the notebook's statements.
        tasks: the tasks, in order.
        wish: the estimator that a person has chosen.
    """
    search = _Search(atoms, tasks)
    for call, atom in search.predictions():
        choice = _choice(call, atom)
        if wish is not None and wish not in (choice, choice._replace(cell=None)):
            continue
        found = search.model(call, atom)
        if found is not None:
            return found, [_with_results(task, found, search) for task in tasks]
    return None, list(tasks)


def _with_results(task: TaskPlan, model: ModelPlan, search: _Search) -> TaskPlan:
    names = model.added.get(task.name, ())
    atom = search.first_of(task)
    more = tuple(Variable(name, "the model needs it", atom.cell, 1) for name in names)
    fitted = {part.rpartition(".")[2] for part in model.parts if part.startswith(f"{task.name}.")}
    outputs = {**task.outputs, **dict.fromkeys(names, "pickle")}
    outputs |= dict.fromkeys(fitted, "model")
    function = replace(task.function, results=(*task.function.results, *more))
    return replace(task, function=function, outputs=outputs)


def without_results(task: TaskPlan, names: Sequence[str]) -> TaskPlan:
    """A task that does not return some values."""
    function = task.function
    results = tuple(each for each in function.results if each.name not in names)
    outputs = {name: kind for name, kind in task.outputs.items() if name not in names}
    return replace(task, function=replace(function, results=results), outputs=outputs)


class _Search:
    """Looks for what predicts, and whether tasks can return it."""

    def __init__(self, atoms: Atoms, tasks: Sequence[TaskPlan]) -> None:
        self.atoms = atoms
        self.tasks = tasks
        starts = [task.start for task in tasks]
        spans = pairwise([*starts, len(atoms.all)])
        self.spans = {task.name: span for task, span in zip(tasks, spans, strict=True)}
        self.added: dict[str, dict[str, None]] = {}

    def first_of(self, task: TaskPlan) -> Atom:
        """The first statement of a task."""
        return self.atoms.all[self.spans[task.name][0]]

    def predictions(self) -> Iterator[tuple[ast.Call, Atom]]:
        """The calls of `predict` of one argument, the last one first; those of rows that the
        estimator was fitted on after all others."""
        found = []
        for atom in reversed(self.atoms.all):
            if atom.role in ("work", "show") and isinstance(atom.unit.node, _SIMPLE):
                calls = [part for part in walk(atom.unit.node) if _is_prediction(part)]
                found += [(call, atom) for call in calls if isinstance(call, ast.Call)]
        trained = self._trained_on
        yield from (each for each in found if ast.unparse(each[0].args[0]) not in trained)
        yield from (each for each in found if ast.unparse(each[0].args[0]) in trained)

    @property
    def _trained_on(self) -> set[str]:
        return {
            ast.unparse(part.args[0])
            for atom in self.atoms.all
            for part in walk(atom.unit.node)
            if isinstance(part, ast.Call) and _method(part) in _FITTING and part.args
        }

    def model(self, call: ast.Call, atom: Atom) -> ModelPlan | None:
        """The model of a prediction; None where no task can return a part of it."""
        self.added = {}
        assert isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)
        estimator = self._fitted(call.func.value.id, atom)
        rows = self._rows(call.args[0], atom) if estimator else None
        task = self._task_at(atom.place)
        if estimator is None or rows is None or task is None:
            return None
        added = {name: tuple(names) for name, names in self.added.items()}
        return ModelPlan(
            estimator, rows.source, task.name, rows.steps, self._predicted(call, atom),
            rows.columns, added=added, cell=atom.cell + 1,
        )  # fmt: skip

    # --- parts ----------------------------------------------------------------------------------

    def _fitted(self, name: str, atom: Atom) -> str | None:
        """`task.output` of what is fitted when a statement calls it."""
        makers = [self.atoms.all[place] for place in atom.sources.get(name, ())]
        if not any(_fits(name, maker.unit.node) for maker in makers):
            return None
        return self._stored(name, atom)

    def _rows(self, value: ast.expr, atom: Atom, steps: int = 0) -> _Rows | None:
        """Where the rows of an expression begin."""
        if steps > _MOST_STEPS:
            return None
        if isinstance(value, ast.Call):
            return self._transformed(value, atom, steps)
        if isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name):
            columns = _texts(value.slice)
            source = self._stored(value.value.id, atom) if columns else None
            return None if source is None else _Rows(source, columns=columns)
        if not isinstance(value, ast.Name):
            return None
        return self._through(value.id, atom, steps) or self._named(value.id, atom)

    def _transformed(self, call: ast.Call, atom: Atom, steps: int) -> _Rows | None:
        if _method(call) != "transform" or len(call.args) != 1 or call.keywords:
            return None
        assert isinstance(call.func, ast.Attribute)
        if not isinstance(call.func.value, ast.Name):
            return None
        step = self._fitted(call.func.value.id, atom)
        rows = self._rows(call.args[0], atom, steps + 1) if step else None
        if step is None or rows is None:
            return None
        return rows._replace(steps=(*rows.steps, step))

    def _through(self, name: str, atom: Atom, steps: int) -> _Rows | None:
        """The rows before the statement that gives a name to what it makes of them."""
        makers = atom.sources.get(name, set())
        if len(makers) != 1:
            return None
        (maker,) = (self.atoms.all[place] for place in makers)
        node = maker.unit.node
        if not isinstance(node, ast.Assign) or maker.place >= atom.place:
            return None
        target = node.targets[0]
        is_plain = len(node.targets) == 1 and isinstance(target, ast.Name)
        if not is_plain or not isinstance(node.value, ast.Call):
            return None
        kept = {task: dict(names) for task, names in self.added.items()}
        found = self._transformed(node.value, maker, steps)
        if found is None:
            self.added = kept
        return found

    def _named(self, name: str, atom: Atom) -> _Rows | None:
        source = self._stored(name, atom)
        return None if source is None else _Rows(source)

    # --- what a task returns --------------------------------------------------------------------

    def _stored(self, name: str, atom: Atom) -> str | None:
        """`task.output` of a value as a statement sees it, if a task can return it so."""
        makers = atom.sources.get(name)
        if not makers or self.atoms.is_module_level(name):
            return None
        last = max(makers)
        task = self._task_at(last)
        if task is None or last >= atom.place:
            return None
        start, end = self.spans[task.name]
        if any(name in later.binds | later.changes for later in self.atoms.all[last + 1 : end]):
            return None
        if name not in task.outputs:
            own = [self.atoms.all[place] for place in makers if place >= start]
            if not all(isinstance(maker.unit.node, (*_SIMPLE, ast.With)) for maker in own):
                return None
            self.added.setdefault(task.name, {})[name] = None
        return f"{task.name}.{name}"

    def _task_at(self, place: int) -> TaskPlan | None:
        for task in self.tasks:
            start, end = self.spans[task.name]
            if start <= place < end:
                return task
        return None

    def _predicted(self, call: ast.Call, atom: Atom) -> str:
        """An expression that has the predictions after the task of a statement."""
        node = atom.unit.node
        text = ast.unparse(call)
        if isinstance(node, ast.Assign) and node.value is call and len(node.targets) == 1:
            text = ast.unparse(node.targets[0])
        names = {part.id for part in walk(ast.parse(text)) if isinstance(part, ast.Name)}
        task = self._task_at(atom.place)
        assert task is not None
        end = self.spans[task.name][1]
        later = self.atoms.all[atom.place + 1 : end]
        return "" if any(names & (each.binds | each.changes) for each in later) else text


def _is_prediction(part: ast.AST) -> bool:
    return (
        isinstance(part, ast.Call)
        and _method(part) == "predict"
        and isinstance(part.func, ast.Attribute)
        and isinstance(part.func.value, ast.Name)
        and len(part.args) == 1
        and all(word.arg == "verbose" for word in part.keywords)
    )


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _fits(name: str, node: ast.AST) -> bool:
    """Whether a statement fits what a name is bound to."""
    for part in walk(node):
        if isinstance(part, ast.Call) and _method(part) in _FITTING:
            assert isinstance(part.func, ast.Attribute)
            root = part.func.value
            if isinstance(root, ast.Name) and root.id == name:
                return True
            if isinstance(node, ast.Assign) and node.value is part:
                return True
        if isinstance(part, ast.Attribute) and part.attr == "best_estimator_":
            return True
    return False


def _texts(node: ast.expr) -> tuple[str, ...] | None:
    """The names of columns that are picked, written out."""
    if not isinstance(node, ast.List) or not node.elts:
        return None
    names = [item.value for item in node.elts if isinstance(item, ast.Constant)]
    if len(names) != len(node.elts) or not all(isinstance(name, str) for name in names):
        return None
    return tuple(str(name) for name in names)
