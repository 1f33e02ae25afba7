"""What the functions of a plan do with small data: tried in the interpreter of the notebook."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from nbprod.disk.read import read_text
from nbprod.disk.scratch import scratch_folder, write_scratch
from nbprod.execution.kernel import ExecutionError
from nbprod.execution.run import RunOptions
from nbprod.extract.plan.targets import Target
from nbprod.extract.suite.data_files import data_files_of
from nbprod.extract.suite.randomness import randomness_of
from nbprod.extract.suite.recording import Recorded, Seen
from nbprod.facts import Facts
from nbprod.programs import clean_environment, run_program
from nbprod.refactor.plan import Plan

__all__ = ["Experiment", "experiments_of"]


class Experiment(NamedTuple):
    """One call with small data: its arguments as expressions, what it gave for each result, what it
    printed (None: not the same twice), and the arguments that it left as they were. With a
    ``problem`` there was no call. ``files`` are those that it reads, by their relative paths."""

    arguments: Mapping[str, str]
    results: tuple[Mapping[str, Any], ...]
    printed: str | None
    unchanged: frozenset[str]
    seed: tuple[str, ...]
    problem: str = ""
    files: Mapping[str, bytes] = MappingProxyType({})


def experiments_of(
    plan: Plan,
    facts: Facts,
    files: Mapping[str, bytes],
    target: Target,
    recorded: Mapping[str, Recorded],
    options: RunOptions,
) -> dict[str, Experiment]:
    """Call each function of a plan with samples of the values that a run has recorded.

    Args:
        plan: the functions.
        facts: the notebook.
        files: the module and what is beside it.
        target: where the module goes.
        recorded: the values, by function.
        options: the interpreter and its limits.
    """
    with scratch_folder() as folder:
        folder_of_notebook = os.path.dirname(os.path.abspath(facts.notebook.path))
        read = {
            function.name: data_files_of(function, folder_of_notebook, facts.hidden)
            for function in plan.functions
        }
        for name, data in (pair for own in read.values() for pair in own.items()):
            write_scratch(folder, os.path.join("data", name), data)
        for path, data in files.items():
            relative = os.path.relpath(path, target.project)
            if path.endswith(".py") and not relative.startswith(os.pardir):
                write_scratch(folder, os.path.join("project", relative), data)
        seeds = {name: _seed(name, plan, facts, recorded) for name in recorded}
        job = {
            "module": target.module,
            "path": [os.path.join(folder, "project", os.path.relpath(target.root, target.project))],
            "answers": os.path.join(folder, "answers.json"),
            "functions": [
                {
                    "name": function.name,
                    "parameters": {
                        variable.name: _value_file(
                            recorded[function.name].before.get(variable.name),
                            f"{function.name}-{variable.name}.pickle",
                            folder,
                        )
                        for variable in function.parameters
                    },
                    "results": [variable.name for variable in function.results]
                    + ([""] if function.returned is not None and function.results else []),
                    "seed": seeds[function.name],
                    "folder": os.path.join(folder, "data") if read[function.name] else folder,
                }
                for function in plan.functions
                if function.name in recorded
            ],
        }
        answers = _answers(job, folder, options)
    return {
        name: _experiment(answer, tuple(seeds[name]), options)._replace(files=read[name])
        for name, answer in answers.items()
    }


def _value_file(seen: Seen | None, name: str, folder: str) -> str | None:
    """The file with a recorded value, None where there is none."""
    if seen is None or seen.data is None:
        return None
    return write_scratch(folder, name, seen.data)


def _seed(name: str, plan: Plan, facts: Facts, recorded: Mapping[str, Recorded]) -> list[str]:
    function = next(function for function in plan.functions if function.name == name)
    randomness = randomness_of(function, plan, facts, recorded[name])
    return randomness.seeded(0) if randomness is not None else []


def _answers(job: Mapping[str, Any], folder: str, options: RunOptions) -> dict[str, Any]:
    path = write_scratch(folder, "job.json", json.dumps(job).encode())
    script = os.path.join(os.path.dirname(__file__), "experiment.py")
    environment = clean_environment(**dict(options.environment), MPLBACKEND="Agg")
    try:
        done = run_program(
            [options.python, script, path], folder=folder, seconds=options.seconds,
            environment=environment,
        )  # fmt: skip
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
        return Experiment({}, (), None, frozenset(), seed, "it holds a credential")
    return Experiment(
        answer["arguments"], tuple(answer["results"]), answer["printed"],
        frozenset(answer["unchanged"]), seed,
    )  # fmt: skip
