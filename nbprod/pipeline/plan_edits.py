"""An edited plan of a pipeline, read back: where it is cut, names, formats, settings. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from nbprod.extract.plan.atoms import Atom, Atoms
from nbprod.extract.plan.plan_document import PlanDocument
from nbprod.extract.plan.plan_text import PLAN_VERSION, code_hash
from nbprod.facts import Facts
from nbprod.patterns import lazy_pattern
from nbprod.pipeline.boundaries import CutWishes, ModelChoice
from nbprod.pipeline.plan_file import lines_of, task_settings
from nbprod.pipeline.types import PipelinePlan, TaskPlan

__all__ = ["FORMATS", "PipelineEdits"]

# What a result may be stored as; `pipeline.runtime.formats` has what each is.
FORMATS = frozenset(
    """
    arrow array frame index json keras literal model pickle polars reference scalar series skops
    spark sparse statsmodels torch xgboost
    """.split()
)
_FIELDS = {
    "": {"version", "notebook", "code", "task", "setting", "model"},
    "model": {"estimator", "cell"},
    "task": {"name", "cells", "summary", "setting", "result"},
    "setting": {"name", "default"},
    "result": {"name", "format"},
}
_RANGE = lazy_pattern(r"(\d+)(?::(\d+)(?:-(\d+))?)?\Z")


class PipelineEdits:
    """The content of a plan's file, checked against the notebook as far as no plan is needed."""

    def __init__(self, path: str, text: str, atoms: Atoms) -> None:
        """Read the ``text`` of the file at a ``path``.

        Raises:
            UsageError: something in it cannot be read; the message has the line.
        """
        self.document = PlanDocument(path, text)
        self.atoms = atoms
        self.facts: Facts = atoms.facts
        self.tasks: list[Mapping[str, Any]] = self._checked()
        self.starts = list(self._starts())

    # --- what is asked --------------------------------------------------------------------------

    def wishes(self) -> CutWishes:
        """The cut that the file asks for."""
        names = {
            start: str(task["name"]) for start, task in zip(self.starts, self.tasks, strict=True)
        }
        places = tuple(start for start in self.starts if start)
        named = MappingProxyType(names)
        return CutWishes(places=places, named=named, model=self._model())

    def applied(self, plan: PipelinePlan) -> PipelinePlan:
        """The plan with the summaries and formats of the file.

        Raises:
            UsageError: it says something of a result that the task does not have, or asks for a
                model that there is not.
        """
        self._require_model(plan)
        by_name = {str(task["name"]): (n, task) for n, task in enumerate(self.tasks)}
        tasks = [
            self._changed(task, *by_name[task.name]) if task.name in by_name else task
            for task in plan.tasks
        ]
        return replace(plan, tasks=tuple(tasks))

    def settings(self, plan: PipelinePlan) -> dict[str, Any]:
        """The defaults of a plan's settings as the file has them.

        Raises:
            UsageError: there is no such setting, or its value has another type.
        """
        found = dict(plan.settings)
        for place, table in enumerate(self.document.content.get("setting", ())):
            self._set(found, table["name"], table, ("setting", place))
        by_name = {task.name: task for task in plan.tasks}
        for number, edited in enumerate(self.tasks):
            task = by_name.get(str(edited["name"]))
            for place, table in enumerate(edited.get("setting", ())):
                where = ("task", number, "setting", place)
                own = task_settings(task, plan) if task is not None else {}
                if task is None or table["name"] not in own:
                    known = ", ".join(f"`{name}`" for name in own) or "none"
                    text = f"`{edited['name']}` has no setting `{table['name']}`; it has {known}"
                    raise self.document.wrong((*where, "name"), text)
                self._set(found, task.parameters[table["name"]], table, where)
        return found

    def _set(
        self, found: dict[str, Any], key: str, table: Mapping[str, Any], where: tuple[Any, ...]
    ) -> None:
        if key not in found:
            known = ", ".join(f"`{each}`" for each in found) or "none"
            raise self.document.wrong(where, f"unknown setting `{key}`; there are {known}")
        value, old = table.get("default", found[key]), found[key]
        if isinstance(old, float) and type(value) is int:
            value = float(value)
        if type(value) is not type(old):
            text = f"`{key}` is {old!r} in the notebook; {value!r} has another type"
            raise self.document.wrong((*where, "default"), text)
        found[key] = value

    def _changed(self, task: TaskPlan, number: int, table: Mapping[str, Any]) -> TaskPlan:
        summary = " ".join(str(table.get("summary", "")).split()) or task.function.summary
        outputs, chosen = dict(task.outputs), set(task.chosen)
        for place, result in enumerate(table.get("result", ())):
            where = ("task", number, "result", place)
            name, kind = result["name"], result.get("format", outputs.get(result["name"]))
            if name not in outputs and name in self.atoms.names.bindings:
                continue  # a result of the task before its cells were changed
            if name not in outputs:
                known = ", ".join(f"`{each}`" for each in outputs) or "none"
                text = f"`{task.name}` has no result `{name}`; it has {known}"
                raise self.document.wrong((*where, "name"), f"{text}: the flow of data decides")
            if kind not in FORMATS:
                known = ", ".join(sorted(FORMATS))
                text = f"unknown format {kind!r}; choose from {known}"
                raise self.document.wrong((*where, "format"), text)
            if outputs[name] != kind:
                outputs[name] = kind
                chosen.add(name)
        function = replace(task.function, summary=summary)
        return replace(task, function=function, outputs=outputs, chosen=frozenset(chosen))

    def _model(self) -> ModelChoice | None:
        """The estimator that is asked for."""
        table = self.document.content.get("model")
        if table is None:
            return None
        if not isinstance(table, dict):
            raise self.document.wrong(("model",), "`model` is a table; write [model]")
        self.document.check_keys(("model",), table, _FIELDS["model"])
        estimator, cell = table.get("estimator"), table.get("cell")
        if not isinstance(estimator, str):
            raise self.document.wrong(("model",), "a model needs the name of its `estimator`")
        if cell is not None and type(cell) is not int:
            raise self.document.wrong(("model", "cell"), f"`cell` is a number, not {cell!r}")
        return ModelChoice(estimator, cell if estimator else None)

    def _require_model(self, plan: PipelinePlan) -> None:
        wish = self._model()
        known = {*plan.models, *(choice._replace(cell=None) for choice in plan.models)}
        if wish is None or not wish.estimator or wish in known:
            return
        where = "" if wish.cell is None else f" in cell {wish.cell}"
        listed = ", ".join(f"`{each.estimator}` in cell {each.cell}" for each in plan.models)
        text = f"no `{wish.estimator}` that a task can return predicts{where}"
        raise self.document.wrong(("model", "estimator"), f"{text}; there is {listed or 'none'}")

    # --- reading --------------------------------------------------------------------------------

    def _checked(self) -> list[Mapping[str, Any]]:
        document, content = self.document, self.document.content
        if content.get("version") != PLAN_VERSION:
            text = f"version {content.get('version')!r} is not {PLAN_VERSION}"
            raise document.wrong(("version",), f"{text}; remove the file to write it again")
        if content.get("code", "") != code_hash(self.facts):
            text = "the notebook's code has changed since the plan was written"
            advice = "remove the file to write it again, or check the cells and write the new code"
            raise document.wrong(("code",), f"{text}; {advice} {code_hash(self.facts)!r}")
        document.check_keys((), content, _FIELDS[""])
        for place, table in enumerate(self._tables(content, "setting", ())):
            self._check(("setting", place), table, "setting")
        tasks = self._tables(content, "task", ())
        if not tasks:
            raise document.wrong((), "the plan has no [[task]]; remove the file to write it again")
        seen: set[str] = set()
        for number, task in enumerate(tasks):
            self._check(("task", number), task, "task")
            for kind in ("setting", "result"):
                for place, table in enumerate(self._tables(task, kind, ("task", number))):
                    self._check(("task", number, kind, place), table, kind)
            name = task["name"]
            if not name.isidentifier() or name in seen:
                why = "is the name of two tasks" if name in seen else "is not a name of Python"
                raise document.wrong(("task", number, "name"), f"`{name}` {why}")
            seen.add(name)
        return tasks

    def _tables(
        self, content: Mapping[str, Any], kind: str, where: tuple[Any, ...]
    ) -> list[Mapping[str, Any]]:
        found: Any = content.get(kind, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            text = f"`{kind}` is a list of tables; write [[{kind}]]"
            raise self.document.wrong((*where, kind), text)
        return list(found)

    def _check(self, where: tuple[Any, ...], table: Mapping[str, Any], kind: str) -> None:
        self.document.check_keys(where, table, _FIELDS[kind])
        if not isinstance(table.get("name"), str):
            raise self.document.wrong(where, f"a {kind} needs a `name`")

    # --- cells ----------------------------------------------------------------------------------

    def _starts(self) -> Iterator[int]:
        """The statement with which each task begins; all have to be listed, in their order."""
        owners: dict[int, int] = {}
        for number, task in enumerate(self.tasks):
            where = ("task", number, "cells")
            cells = task.get("cells")
            if not isinstance(cells, list) or not cells:
                text = f'`{task["name"]}` needs its cells, as in cells = [4, "5:1-3"]'
                raise self.document.wrong(where, text)
            for word in cells:
                for atom in self._atoms(word, where):
                    if owners.setdefault(atom.place, number) != number:
                        other = self.tasks[owners[atom.place]]["name"]
                        text = f"{self._named(atom)} is in `{other}` as well; remove it from one"
                        raise self.document.wrong(where, text)
        last = -1
        for atom in self._work:
            owner = owners.get(atom.place)
            if owner is None:
                text = f"{self._named(atom)} is in no task; add it to the one above or below"
                raise self.document.wrong((), text)
            if owner not in (last, last + 1):
                name = self.tasks[owner]["name"]
                text = f"{self._named(atom)} is out of order in `{name}`"
                advice = "tasks are consecutive parts of the notebook"
                raise self.document.wrong(("task", owner, "cells"), f"{text}; {advice}")
            if owner == last + 1:
                last = owner
                yield atom.place if owner else 0

    @property
    def _work(self) -> list[Atom]:
        return [atom for atom in self.atoms.all if atom.role != "module"]

    def _named(self, atom: Atom) -> str:
        return f"line {lines_of(atom, self.facts)[0]} of cell {atom.cell + 1}"

    def _atoms(self, word: object, where: tuple[Any, ...]) -> Iterator[Atom]:
        """The statements that a number of a cell or a stretch of its lines means."""
        is_word = isinstance(word, (int, str)) and not isinstance(word, bool)
        match = _RANGE.match(str(word)) if is_word else None
        if match is None:
            text = f'`{word}` is not a cell; write 4, or "4:2-5" for lines of it'
            raise self.document.wrong(where, text)
        own = [atom for atom in self._work if atom.cell == int(match[1]) - 1]
        if match[2] is not None:
            first, last = int(match[2]), int(match[3] or match[2])
            lines = {atom: lines_of(atom, self.facts) for atom in own}
            own = [atom for atom in own if first <= lines[atom][0] and lines[atom][1] <= last]
        if not own:
            raise self.document.wrong(where, f"`{word}` has no statements for a task; remove it")
        yield from own
