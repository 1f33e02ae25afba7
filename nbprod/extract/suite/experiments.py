"""What the functions of a plan do with small data: tried in the interpreter of the notebook."""

from __future__ import annotations

import ast
import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple

from nbprod.disk.read import read_bytes, read_text
from nbprod.disk.scratch import scratch_folder, write_scratch
from nbprod.disk.write import make_folders
from nbprod.execution import shapes
from nbprod.execution.forking import ForkingProcess, PythonProgram, run_python
from nbprod.execution.kernel import ExecutionError
from nbprod.execution.run import RunOptions
from nbprod.extract.plan.targets import Target
from nbprod.extract.suite.data_files import data_files_of, levels_up, texts_named
from nbprod.extract.suite.randomness import gives_the_same, randomness_of, statements_reached
from nbprod.extract.suite.recording import Recorded, Recording, Seen
from nbprod.facts import Facts
from nbprod.programs import clean_environment, one_thread
from nbprod.refactor.plan import Function, Plan
from nbprod.refactor.run_folder import reach_of_run
from nbprod.refactor.sentences import names_of_columns_read
from nbprod.syntax.walk import walk

__all__ = ["Experiment", "Experiments", "Step", "experiments_of"]


# The tests repeat what the calls do.
_SHARE_OF_TIME = 0.4
_BESIDE = ("expression_texts", "generators", "object_texts", "result_texts", "written_files")


class Step(NamedTuple):
    """A call that makes an argument which has no expression: what it calls, with which of the
    values, what it returns, and the statements that seed it."""

    function: str
    call: tuple[str, ...]
    targets: tuple[str, ...]
    seed: tuple[str, ...]


class Experiment(NamedTuple):
    """One call with small data: its arguments as expressions, what it gave for each result, what it
    printed (None: not the same twice), and the arguments that it left as they were. With a
    ``problem`` there was no call. ``files`` are those that it reads, by their relative paths;
    ``steps`` make what has no expression; ``call`` are the arguments in order."""

    arguments: Mapping[str, str]
    results: tuple[Mapping[str, Any], ...]
    printed: str | None
    unchanged: frozenset[str]
    seed: tuple[str, ...]
    problem: str = ""
    files: Mapping[str, bytes] = MappingProxyType({})
    steps: tuple[Step, ...] = ()
    call: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    """The lines that import what its expressions need."""
    written: Mapping[str, bytes] = MappingProxyType({})
    """The files that its expressions read."""
    drawn: tuple[Mapping[str, Any], ...] = ()
    """The figure that it leaves open and does not return."""
    made: Mapping[str, str | None] = MappingProxyType({})
    """The files that it writes, by their paths from where it is called, with short texts."""


class Experiments(NamedTuple):
    """The calls of the functions that were made and of the author's own."""

    calls: Mapping[str, Experiment]
    where: str = ""
    """Where the functions are called, below the folder of the files that they read: paths that
    lead up do not lead out of it."""


def experiments_of(
    plan: Plan,
    facts: Facts,
    files: Mapping[str, bytes],
    target: Target,
    recording: Recording,
    options: RunOptions,
) -> Experiments:
    """Call each function of a plan with samples of the values that a run has recorded.

    Args:
        plan: the functions.
        facts: the notebook.
        files: the module and what is beside it.
        target: where the module goes.
        recording: what a run has shown.
        options: the interpreter and its limits.
    """
    recorded, makers = recording.functions, _makers(plan)
    with scratch_folder() as folder:
        read, where = _files_read(plan, facts, recorded)
        _lay_out(folder, read, files, target)
        data = os.path.join(folder, "data")
        make_folders(os.path.join(data, where), within=(folder,))
        seeds = {name: _seed(name, plan, facts, recorded) for name in recorded}
        made = [
            {
                **_asked_of(function, recorded[function.name], folder),
                "bounds": _bounds_of(function, plan),
                "texts": _texts(_nodes(function)),
                "makers": makers[function.name],
                "seed": seeds[function.name],
                "settled": gives_the_same(function.body, plan, facts),
            }
            for function in plan.own_functions
            if function.name in recorded
        ]
        own = _own_functions(plan, facts, recording, folder)
        for asked in (*made, *own):
            is_there = bool(read.get(str(asked["name"])) or where)
            asked["folder"] = os.path.join(data, where) if is_there else folder
        seeds |= {asked["name"]: asked["seed"] for asked in own}
        job = _job(folder, target, [*made, *own])
        job["seconds"] = _SHARE_OF_TIME * options.seconds
        kernels = options.kernels
        is_served = kernels is not None and kernels.serves(files[target.path].decode("utf-8"))
        answers = _answers(job, folder, options, kernels if is_served else None)
        calls = {
            name: _experiment(answer, tuple(seeds.get(name, ())), options)._replace(
                written=_written(answer, folder)
            )
            for name, answer in answers.items()
        }
    return Experiments(
        {name: one._replace(files=_files_of(name, one, read)) for name, one in calls.items()}, where
    )


def _files_read(
    plan: Plan, facts: Facts, recorded: Mapping[str, Recorded]
) -> tuple[dict[str, dict[str, bytes]], str]:
    """The files that each function reads, by their paths below a folder, and where in it they are
    called: as deep as their paths lead up."""
    own = os.path.dirname(os.path.abspath(facts.notebook.path))
    texts = {name: [*named] for name, named in _texts_of_functions(plan, facts, recorded)}
    up = max(map(levels_up, texts.values()), default=0)
    where = os.path.join(*own.split(os.sep)[-up:]) if up else ""
    reach = reach_of_run(facts)
    found = {}
    for function, named in texts.items():
        data = data_files_of(named, own, facts.hidden, reach)
        found[function] = {
            os.path.normpath(os.path.join(where, name)): content for name, content in data.items()
        }
    return found, where


def _texts_of_functions(
    plan: Plan, facts: Facts, recorded: Mapping[str, Recorded]
) -> Iterator[tuple[str, Iterable[str]]]:
    """The texts that each function names or is called with, the author's own included."""
    for function in plan.own_functions:
        settings = [constant.text for constant in function.settings]
        named = texts_named(_nodes(function), settings)
        yield function.name, chain(named, _texts_given(function, recorded))
    called: dict[str, list[ast.AST]] = {}
    for parsed in facts.parsed:
        for call in parsed.live_nodes_of(ast.Call) if parsed is not None else ():
            if isinstance(call.func, ast.Name):
                called.setdefault(call.func.id, []).append(call)
    for item in plan.taken:
        if isinstance(item.unit.node, ast.FunctionDef):
            yield item.name, texts_named([*item.unit.nodes, *called.get(item.name, ())])


def _job(folder: str, target: Target, functions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is asked of the script that calls functions."""
    root = os.path.relpath(target.root, target.project)
    return {
        "module": target.module,
        "path": [os.path.join(folder, "project", root)],
        "beside": [*_scripts()],
        "data": os.path.join(folder, "data"),
        "answers": os.path.join(folder, "answers.json"),
        "functions": list(functions),
    }


def _lay_out(
    folder: str,
    read: Mapping[str, Mapping[str, bytes]],
    files: Mapping[str, bytes],
    target: Target,
) -> None:
    """Write the files that functions read, and the modules of the project, below a folder."""
    for name, data in (pair for own in read.values() for pair in own.items()):
        write_scratch(folder, os.path.join("data", name), data)
    for path, data in files.items():
        relative = os.path.relpath(path, target.project)
        if path.endswith(".py") and not relative.startswith(os.pardir):
            write_scratch(folder, os.path.join("project", relative), data)


def _scripts() -> Iterator[str]:
    """The files that the script which calls functions loads."""
    here = os.path.dirname(os.path.abspath(__file__))
    yield from (os.path.join(here, f"{name}.py") for name in _BESIDE)
    yield os.path.abspath(shapes.__file__)


def _own_functions(
    plan: Plan, facts: Facts, recording: Recording, folder: str
) -> list[dict[str, Any]]:
    """What of the author's own functions goes into a job: those that the run has called."""
    found = []
    for item in plan.taken:
        seen, node = recording.arguments.get(item.name), item.unit.node
        if not isinstance(node, ast.FunctionDef) or seen is None or seen.data is None:
            continue
        randomness = randomness_of([item.unit], plan, facts)
        asked = {
            "name": item.name,
            "arguments": write_scratch(folder, f"call-{item.name}.pickle", seen.data),
            "parameters": {},
            "columns": {},
            "bounds": _bounds([node]),
            "texts": _texts([node]),
            "results": [""],
            "makers": {},
            "seed": randomness.seeded(0) if randomness is not None else [],
            "settled": gives_the_same([item.unit], plan, facts),
        }
        found.append(asked)
    return found


def _asked_of(function: Function, recorded: Recorded, folder: str) -> dict[str, Any]:
    """What of a function's own goes into a job: its parameters with the files of their values."""
    return {
        "name": function.name,
        "parameters": {
            variable.name: _value_file(
                recorded.before.get(variable.name),
                f"{function.name}-{variable.name}.pickle",
                folder,
            )
            for variable in function.parameters
        },
        "columns": {
            variable.name: names_of_columns_read(variable.name, _nodes(function))
            for variable in function.parameters
        },
        "results": _result_names(function),
    }


def _result_names(function: Function) -> list[str]:
    names = [variable.name for variable in function.results]
    return names + (["_"] if function.returned is not None and function.results else [])


def _nodes(function: Function) -> list[ast.AST]:
    return [node for unit in function.body for node in unit.nodes]


def _texts_given(function: Function, recorded: Mapping[str, Recorded]) -> list[str]:
    """The texts among the arguments of a function."""
    seen = recorded[function.name].before if function.name in recorded else {}
    found = []
    for variable in function.parameters:
        value = seen.get(variable.name)
        if value is not None and value.type == "builtins.str" and value.text is not None:
            found.append(str(ast.literal_eval(value.text)))
    return found


def _bounds_of(function: Function, plan: Plan) -> list[float]:
    """The numbers that a function compares something with, itself or by what it calls."""
    nodes = [node for unit in statements_reached(function.body, plan) for node in unit.nodes]
    return _bounds(nodes, [constant.text for constant in function.settings])


def _bounds(nodes: Iterable[ast.AST], settings: Iterable[str] = ()) -> list[float]:
    """The numbers that some statements compare something with."""
    found: dict[float, None] = {}
    for node in nodes:
        for part in walk(node):
            if isinstance(part, ast.Compare):
                for side in (part.left, *part.comparators):
                    if isinstance(side, ast.Constant) and isinstance(side.value, (int, float)):
                        found.setdefault(float(side.value))
    for text in settings:
        with contextlib.suppress(ValueError):
            found.setdefault(float(text))
    return list(found)


def _texts(nodes: Iterable[ast.AST]) -> list[str]:
    """The texts that some statements name."""
    parts = (part for node in nodes for part in walk(node))
    constants = [part.value for part in parts if isinstance(part, ast.Constant)]
    return sorted({text for text in constants if isinstance(text, str) and text})


def _makers(plan: Plan) -> dict[str, dict[str, str]]:
    """For each function, the functions before it that return its arguments."""
    last: dict[str, str] = {}
    found: dict[str, dict[str, str]] = {}
    for function in plan.own_functions:
        found[function.name] = {
            variable.name: last[variable.name]
            for variable in function.parameters
            if variable.name in last
        }
        last |= {variable.name: function.name for variable in function.results}
    return found


def _files_of(
    name: str, one: Experiment, read: Mapping[str, Mapping[str, bytes]]
) -> dict[str, bytes]:
    """The files that a call and the calls before it read."""
    found: dict[str, bytes] = {}
    for function in (*(step.function for step in one.steps), name):
        found |= read.get(function, {})
    return found


def _written(answer: Mapping[str, Any], folder: str) -> dict[str, bytes]:
    """The files of the arguments of a call."""
    return {
        name: read_bytes(os.path.join(folder, "data", name)) for name in answer.get("files", ())
    }


def _value_file(seen: Seen | None, name: str, folder: str) -> str | None:
    """The file with a recorded value, None where there is none."""
    if seen is None or seen.data is None:
        return None
    return write_scratch(folder, name, seen.data)


def _seed(name: str, plan: Plan, facts: Facts, recorded: Mapping[str, Recorded]) -> list[str]:
    function = next(function for function in plan.functions if function.name == name)
    given = [
        recorded[name].before[variable.name]
        for variable in function.parameters
        if variable.name in recorded[name].before
    ]
    randomness = randomness_of(function.body, plan, facts, given)
    return randomness.seeded(0) if randomness is not None else []


def _answers(
    job: Mapping[str, Any], folder: str, options: RunOptions, forks: ForkingProcess | None
) -> dict[str, Any]:
    options.report("Calling the functions with small data")
    path = write_scratch(folder, "job.json", json.dumps(job).encode())
    script = os.path.join(os.path.dirname(__file__), "experiment.py")
    environment = clean_environment(**one_thread(), **dict(options.environment), MPLBACKEND="Agg")
    program = PythonProgram([path], folder, environment, script=script)
    try:
        done = run_python(program, options.python, options.seconds, forks)
    except TimeoutError:
        raise ExecutionError(
            f"calling the functions with small data takes longer than {options.seconds} seconds;"
            " raise the limit with --timeout, or write no tests with --no-tests"
        ) from None
    if not os.path.exists(job["answers"]):
        problem = f"the module cannot be imported: {done.complaint}"
        return {function["name"]: {"problem": problem} for function in job["functions"]}
    answers: dict[str, Any] = json.loads(read_text(job["answers"]))
    return answers


def _experiment(
    answer: Mapping[str, Any], seed: tuple[str, ...], options: RunOptions
) -> Experiment:
    hidden = [value for _, value in options.environment]
    if "problem" in answer:
        return Experiment({}, (), None, frozenset(), seed, answer["problem"])
    if any(value and value in json.dumps(answer) for value in hidden):
        return Experiment({}, (), None, frozenset(), seed, "it contains a secret")
    steps = tuple(
        Step(one["function"], tuple(one["call"]), tuple(one["targets"]), tuple(one["seed"]))
        for one in answer["steps"]
    )
    return Experiment(
        answer["arguments"], tuple(answer["results"]), answer["printed"],
        frozenset(answer["unchanged"]), tuple(answer["seed"]), steps=steps,
        call=tuple(answer["call"]),
        imports=tuple(answer["imports"]), drawn=tuple(answer["drawn"]), made=answer["made"],
    )  # fmt: skip
