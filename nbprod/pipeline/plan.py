"""The plan of a pipeline: its tasks, what each reads and stores, its settings, why it is cut so.

The functions of the tasks are made as `extract` makes them; what is refused there joins a task with
the one before it, until every task is a function or one is left.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from nbprod.extract.extraction import NothingToExtract, Refused
from nbprod.extract.plan.atoms import Atom, Atoms
from nbprod.extract.plan.planning import Planner, PlanOptions
from nbprod.extract.plan.select import all_cells
from nbprod.facts import Facts
from nbprod.pipeline.boundaries import CutWishes, TaskCuts, TaskStretch
from nbprod.pipeline.carried import format_of_hint
from nbprod.pipeline.model_plan import model_choices, planned_model
from nbprod.pipeline.paths import path_key, path_use, path_use_of_name
from nbprod.pipeline.spark_use import spark_frames
from nbprod.pipeline.task_function import as_task, setting_value
from nbprod.pipeline.types import JoinedTask, PipelinePlan, TaskPlan
from nbprod.refactor.module_level import ModuleLevel, imports_of
from nbprod.refactor.pieces import CutNotebook, cut_notebook
from nbprod.refactor.plan import CellGroup, Function, Import, Plan, Refusal
from nbprod.syntax.walk import walk

__all__ = ["pipeline_atoms", "plan_pipeline"]

_MOST_ROUNDS = 60
# Settings of the notebook that several tasks may read are below this key.
COMMON = "parameters"


def plan_pipeline(
    facts: Facts,
    name: str,
    wishes: CutWishes = CutWishes(),
    options: PlanOptions = PlanOptions(),
    without: Mapping[int, str] = MappingProxyType({}),
) -> PipelinePlan:
    """The plan of a notebook's pipeline.

    Args:
        facts: the notebook.
        name: the application.
        wishes: what is asked of the cut.
        options: how functions are made.
        without: boundaries, by the statement after them, that turned out not to do, and why.

    Raises:
        NothingToExtract: the notebook has no Python that does anything.
        Refused: the notebook cannot become functions, not even one.
    """
    options = options._replace(parameters=True, package=True, nested=True)
    return _Planning(facts, name, wishes, options).finished(without)


def pipeline_atoms(facts: Facts) -> Atoms:
    """The statements of a notebook as a pipeline's plan counts them."""
    return _Planning(facts, "", CutWishes(), PlanOptions(parameters=True)).atoms


class _Planning:
    def __init__(self, facts: Facts, name: str, wishes: CutWishes, options: PlanOptions) -> None:
        self.facts = facts
        self.name = name
        self.wishes = wishes
        self.options = options
        self.planner = Planner(facts, options)
        self.looked_up: dict[str, str] = {}
        self.cells = all_cells(facts.notebook)
        closure = ModuleLevel(facts, self.planner.names, self.cells, settings=True)
        self.atoms = Atoms(facts, self.planner.names, self.planner.modules, closure)

    def finished(self, excluded: Mapping[int, str]) -> PipelinePlan:
        """Cut, make the functions, and join what is refused until nothing is."""
        if not self.cells:
            raise NothingToExtract(self.facts.notebook.path, "it has no Python cells")
        cuts = TaskCuts(self.atoms, frozenset(self.constants), self.wishes)
        joined = {
            place: JoinedTask(self.atoms.all[place].cell, boundary.blocked)
            for place, boundary in cuts.boundaries.items()
            if boundary.blocked is not None and boundary.price < 0
        }
        for place, why in excluded.items():
            joined[place] = JoinedTask(self.atoms.all[place].cell, why)
        without = set(excluded)
        for _ in range(_MOST_ROUNDS):
            stretches = cuts.cheapest(frozenset(without))
            plan = self._planned(stretches)
            tasks, problems = self._tasks(plan, stretches, cuts)
            refusals = [*plan.refusals, *problems]
            if not refusals and not tasks:
                raise NothingToExtract(self.facts.notebook.path, "its code computes nothing")
            if not refusals:
                left = tuple(joined[place] for place in sorted(joined))
                return self._whole(plan, tasks, left)
            guilty = self._guilty(refusals[0], stretches, plan)
            if guilty is None:
                break
            without.add(guilty)
            joined[guilty] = JoinedTask(self.atoms.all[guilty].cell, refusals[0].reason)
        raise Refused(self.facts.notebook.path, self._in_whole(refusals, plan))

    def _whole(
        self, plan: Plan, tasks: list[TaskPlan], joined: tuple[JoinedTask, ...]
    ) -> PipelinePlan:
        models = model_choices(self.atoms, tasks)
        model, tasks = planned_model(self.atoms, tasks, self.wishes.model)
        return PipelinePlan(
            self.name,
            self.facts,
            plan,
            tuple(tasks),
            self._settings(tasks),
            tuple(self._imports()),
            joined,
            model=model,
            models=models,
            looked_up=self.looked_up,
        )

    # --- what no task holds -------------------------------------------------------------------

    @cached_property
    def constants(self) -> dict[str, Any]:
        """The settings of the notebook: names that are bound once, to a plain literal."""
        found: dict[str, Any] = {}
        for atom in self.atoms.all:
            pair = _literal(atom.unit.node)
            if pair is not None and atom.role in ("work", "hard"):
                name, value = pair
                if self.planner.names.is_single(name) or self.facts.is_parameters(atom.cell):
                    found[name] = value
        return found

    @cached_property
    def frames_of_spark(self) -> frozenset[str]:
        """The names of frames of Spark."""
        return spark_frames(self.atoms.all)

    def _is_outside(self, atom: Atom) -> bool:
        """Whether a statement is in no task: a setting of the notebook or of the session."""
        pair = _literal(atom.unit.node)
        if pair is not None and pair[0] in self.constants:
            return True
        return atom.role == "setting" and self._is_session(atom)

    def _is_session(self, atom: Atom) -> bool:
        """Whether a session setting reads nothing that a task makes."""
        if any(word in ast.unparse(atom.unit.node) for word in ("seed", "basicConfig")):
            return False
        return all(
            self.atoms.is_module_level(name) or not sources
            for name, sources in atom.sources.items()
        )

    # --- functions ----------------------------------------------------------------------------

    def _planned(self, stretches: Sequence[TaskStretch]) -> Plan:
        """The functions of some stretches, and what goes to the library."""
        belongs = {
            place: number
            for number, stretch in enumerate(stretches, 1)
            for place in range(stretch.start, stretch.end)
        }

        def way(atom: Atom) -> int:
            return 0 if self._is_outside(atom) else belongs[atom.place]

        cut = cut_notebook(self.facts, self.atoms.cuts_between(way))
        pieces: dict[int, dict[int, None]] = {}
        for atom in self.atoms.all:
            if way(atom):
                piece = cut.at(atom.cell, atom.unit.code)
                pieces.setdefault(way(atom), {}).setdefault(piece)
        groups = [
            CellGroup(tuple(row), self._name_of(row, cut, stretches[number - 1]))
            for number, row in sorted(pieces.items())
        ]
        plan = Planner(cut.facts, self.options, cut.inner).plan(groups)
        functions = tuple(as_task(function, self.planner.shows) for function in plan.functions)
        literals = {
            node: plan.literals[node]
            for function in functions
            for node in _settings(function, plan)
        }
        return replace(plan, functions=functions, literals=literals, cut=cut)

    def _name_of(self, pieces: Iterable[int], cut: CutNotebook, stretch: TaskStretch) -> str | None:
        """The name that a person gave the task of some pieces."""
        if self.wishes.places is not None:
            return self.wishes.named.get(stretch.start)
        cells = {cut.pieces[piece].cell for piece in pieces}
        return next((name for cell, name in self.wishes.names.items() if cell in cells), None)

    def _tasks(
        self, plan: Plan, stretches: Sequence[TaskStretch], cuts: TaskCuts
    ) -> tuple[list[TaskPlan], list[Refusal]]:
        """The tasks of a plan's functions, wired; what has no source is refused."""
        made: dict[str, str] = {}
        written: dict[str, str] = {}
        tasks: list[TaskPlan] = []
        refusals: list[Refusal] = []
        assert plan.cut is not None
        for function in plan.functions:
            first = self._stretch_of(function, plan.cut, stretches)
            part = self.atoms.all[first.start : first.end]
            task = TaskPlan(
                function.name,
                function,
                outputs={
                    result.name: "spark"
                    if result.name in self.frames_of_spark
                    else format_of_hint(result.hint)
                    for result in function.results
                },
                settings=tuple(self._settings_before(first.end)),
                boundary=cuts.boundaries.get(first.start),
                purpose=next((atom.purpose for atom in part if atom.purpose), None),
            )
            refusals += self._wire(task, made)
            self._wire_files(task, written)
            made |= dict.fromkeys(task.outputs, task.name)
            tasks.append(task)
        return tasks, refusals

    def _wire(self, task: TaskPlan, made: dict[str, str]) -> Iterator[Refusal]:
        """Say where the arguments of a task come from.

        Args:
            task: gets its inputs, parameters and files.
            made: for each name the last task above that returns it.
        """
        for variable in task.function.parameters:
            if variable.name in made:
                task.inputs[variable.name] = f"{made[variable.name]}.{variable.name}"
            elif variable.name in self.constants:
                self._wire_constant(task, variable.name)
            else:
                reason = f"`{variable.name}` is made by no task"
                yield Refusal(variable.cell, variable.line, reason, "join the tasks")
        for setting in task.function.settings:
            use = path_use(setting)
            if use == "read":
                task.files[setting.name] = path_key(setting.name)
            elif use == "write":
                task.writes[setting.name] = path_key(setting.name)
            else:
                task.parameters[setting.name] = f"{task.name}.{setting.name}"

    def _wire_constant(self, task: TaskPlan, name: str) -> None:
        """Where a setting of the notebook comes from: a path of one file has a key of its own."""
        nodes = (node for unit in task.function.body for node in unit.nodes)
        use = path_use_of_name(name, self.constants[name], nodes)
        if use == "read":
            task.files[name] = path_key(name)
        elif use == "write":
            task.writes[name] = path_key(name)
        else:
            task.parameters[name] = f"{COMMON}.{name}"

    def _wire_files(self, task: TaskPlan, written: dict[str, str]) -> None:
        """Let a task read what another one has written as an artefact.

        Args:
            task: its files become inputs.
            written: for each path `task.argument` of the last task above that writes it.
        """
        values = {setting.name: setting_value(setting) for setting in task.function.settings}
        paths = {
            argument: os.path.normpath(str(values.get(argument, self.constants.get(argument))))
            for argument in (*task.files, *task.writes)
        }
        own = {paths[name] for name in task.files} & {paths[name] for name in task.writes}
        for table in (task.files, task.writes):
            for argument in [name for name in table if paths[name] in own]:
                # What it writes and reads itself stays a file where it works.
                task.parameters[argument] = table.pop(argument)
        for argument in [name for name in task.files if paths[name] in written]:
            task.inputs[argument] = written[paths[argument]]
            del task.files[argument]
        written |= {paths[argument]: f"{task.name}.{argument}" for argument in task.writes}

    def _settings_before(self, end: int) -> Iterator[Atom]:
        """The session settings above a place, in order."""
        for atom in self.atoms.all[:end]:
            if atom.role == "setting" and self._is_outside(atom) and not atom.unit.is_setting:
                yield atom

    def _stretch_of(
        self, function: Function, cut: CutNotebook, stretches: Sequence[TaskStretch]
    ) -> TaskStretch:
        piece = cut.pieces[function.cells[0]]
        inside = (
            stretch
            for stretch in stretches
            for atom in self.atoms.all[stretch.start : stretch.end]
            if atom.cell == piece.cell and atom.unit.stop > piece.start
        )
        return next(inside, stretches[0])

    def _settings(self, tasks: Iterable[TaskPlan]) -> dict[str, Any]:
        """The values of the configuration, by key. Two files of one name get keys of their own."""
        found: dict[str, Any] = {}
        for task in tasks:
            literals = {setting.name: setting_value(setting) for setting in task.function.settings}
            for keys in (task.parameters, task.files, task.writes):
                for argument, key in keys.items():
                    value = literals.get(argument, self.constants.get(argument))
                    if isinstance(value, str) and value in self.facts.hidden:
                        # A credential by its name: the application looks it up where it runs.
                        variable = f"{self.name.upper()}_{argument.upper()}"
                        self.looked_up[variable] = value
                        value = f"${{env:{variable}}}"
                    if key in found and found[key] != value:
                        key = keys[argument] = f"{key}_of_{task.name}"
                    found[key] = value
        return found

    def _imports(self) -> Iterator[Import]:
        for atom in self.atoms.all:
            if isinstance(atom.unit.node, (ast.Import, ast.ImportFrom)):
                yield from imports_of(atom.unit.node, atom.cell)

    # --- what is refused ----------------------------------------------------------------------

    def _guilty(self, refusal: Refusal, stretches: Sequence[TaskStretch], plan: Plan) -> int | None:
        """The boundary that has to go for a refusal: above the task it is in, else below."""
        assert plan.cut is not None
        piece = plan.cut.pieces[refusal.cell]
        for number, stretch in enumerate(stretches):
            part = self.atoms.all[stretch.start : stretch.end]
            if any(atom.cell == piece.cell and atom.unit.stop > piece.start for atom in part):
                if stretch.start:
                    return stretch.start
                return stretches[number + 1].start if number + 1 < len(stretches) else None
        return None

    @staticmethod
    def _in_whole(refusals: Iterable[Refusal], plan: Plan) -> list[Refusal]:
        """Refusals with the cells and lines of the whole notebook."""
        cut = plan.cut
        assert cut is not None
        return [
            refusal._replace(
                cell=cut.pieces[refusal.cell].cell,
                line=refusal.line + cut.pieces[refusal.cell].line,
            )
            for refusal in refusals
        ]


def _settings(function: Function, plan: Plan) -> Iterator[ast.AST]:
    """The literals that are still settings of a function."""
    names = {constant.name for constant in function.settings}
    for unit in function.body:
        yield from (part for part in walk(unit.node) if plan.literals.get(part) in names)


def _literal(node: ast.AST) -> tuple[str, Any] | None:
    """The name and value of a statement that gives one name to a plain literal."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
        value: ast.expr | None = node.value
    elif isinstance(node, ast.AnnAssign):
        target, value = node.target, node.value
    else:
        return None
    if not isinstance(target, ast.Name) or value is None:
        return None
    try:
        found = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return (target.id, found) if isinstance(found, (bool, int, float, str)) else None
