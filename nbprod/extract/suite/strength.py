"""What generated tests are worth: the lines that they run, the faults that they notice."""

from __future__ import annotations

import ast
import json
import math
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from nbprod.disk.read import read_text
from nbprod.disk.scratch import scratch_folder, write_scratch
from nbprod.errors import NbprodError
from nbprod.execution.forking import PythonProgram, run_python
from nbprod.execution.run import RunOptions
from nbprod.extract.code.checking import imported_from_outside
from nbprod.extract.plan.targets import Target
from nbprod.extract.suite.beside import modules_beside
from nbprod.extract.suite.mutants import Mutant, mutants_of, statement_lines
from nbprod.extract.suite.trial import Trial, lay_out
from nbprod.programs import clean_environment, one_thread
from nbprod.syntax.walk import walk

__all__ = ["SuiteStrength", "WeakTests", "calls_itself", "strength_of"]

# Enough for twenty faults where the tests take few seconds.
_MOST_SECONDS = 120
_FAILED = (1, 2)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# A fault that makes an endless loop is noticed after so many times what the tests took.
_PATIENCE, _LEAST_PATIENCE, _LEAST_SPENT = 5, 10.0, 1.0
# Where no number of faults is asked for they may take this part of a run of the notebook, in the
# time of processors, and at least so many seconds.
_SHARE_OF_RUN, _LEAST_EFFORT = 0.25, 0.6


class SuiteStrength(NamedTuple):
    """The statements of a module that its tests run, and how many of the faults that were ``tried``
    make a test fail; ``asked`` is how many should have been."""

    covered: int
    statements: int
    noticed: int
    tried: int
    asked: int

    @property
    def percent(self) -> int:
        """The share of the statements that are run, rounded down."""
        return 100 * self.covered // self.statements if self.statements else 100

    def __str__(self) -> str:
        text = (
            f"The tests run {self.covered} of {self.statements} statements of the module"
            f" ({self.percent} %)"
        )
        if self.tried:
            text += f" and notice {self.noticed} of {self.tried} mutants"
        late = f" (there was no time for {self.asked - self.tried} more)"
        return f"{text}{late if self.tried < self.asked else ''}."


class WeakTests(NbprodError):
    """The tests run less of the module than was asked for."""

    exit_code = 1

    def __init__(self, strength: SuiteStrength, least: int) -> None:
        super().__init__(
            f"the tests run {strength.percent} % of the module, --min-coverage asks for {least} %;"
            " nothing was written"
        )


def strength_of(
    files: Mapping[str, bytes],
    target: Target,
    options: RunOptions,
    trial: Trial,
    faults: int,
    folders: Sequence[str] = (),
    run: float | None = None,
) -> SuiteStrength:
    """Say what tests that pass are worth; run them on copies of their module with a fault each.

    Args:
        files: the module, its tests and what they need, by path.
        target: where the module goes.
        options: the interpreter, and its time.
        trial: what came of the tests.
        faults: how many faults to try; as many as there is time for are.
        folders: where else modules lie that the module imports.
        run: the seconds of a run of the notebook, of which the faults may take a part; None: they
            may take long.
    """
    text = files[target.path].decode("utf-8")
    statements = statement_lines(text)
    executed = frozenset().union(*trial.lines.values())
    covered = sum(not executed.isdisjoint(one) for one in statements)
    mutants = mutants_of(text, faults)
    if not mutants:
        return SuiteStrength(covered, len(statements), 0, 0, 0)
    libraries = imported_from_outside(text) - {target.module.partition(".")[0]}
    files = {**modules_beside(text, folders, target), **files}
    plural = "s" if len(mutants) != 1 else ""
    options.report(f"Running the tests on {len(mutants)} fault{plural}")
    job = {
        "runs": _runs(mutants, statements, trial),
        "effort": None if run is None else max(_LEAST_EFFORT, _SHARE_OF_RUN * run),
        "libraries": [*sorted(libraries), *trial.modules],
        "name": target.module,
        "whole": calls_itself(text),
        "patience": max(_LEAST_PATIENCE, _PATIENCE * trial.seconds),
    }
    tried = _answers(files, target, options, job)
    noticed = sum(one["code"] is None or one["code"] in _FAILED for one in tried)
    return SuiteStrength(covered, len(statements), noticed, len(tried), len(mutants))


def _runs(
    mutants: Sequence[Mutant], statements: Sequence[range], trial: Trial
) -> list[dict[str, Any]]:
    """The runs of a job: those first that take least."""
    found = []
    for mutant in mutants:
        tests = _tests_of(mutant, statements, trial)
        spent = sum(trial.spent.get(name, 0.0) for name in tests)
        limit = math.ceil(max(_LEAST_SPENT, _PATIENCE * spent))
        found.append({"text": mutant.text, "tests": tests, "spent": spent, "limit": limit})
    return sorted(found, key=lambda run: run["spent"])


def calls_itself(text: str) -> bool:
    """Whether the import of a module reads functions that it defines itself."""
    body = ast.parse(text).body
    functions = {node.name for node in body if isinstance(node, _FUNCTIONS)}
    return any(
        isinstance(part, ast.Name) and part.id in functions
        for node in body
        for outer in _run_by_import(node)
        for part in walk(outer)
    )


def _run_by_import(node: ast.stmt) -> Sequence[ast.AST]:
    """What of a statement the import of its module executes."""
    if isinstance(node, _FUNCTIONS):
        return [*node.decorator_list, node.args]
    if isinstance(node, ast.ClassDef):
        inner = [part for statement in node.body for part in _run_by_import(statement)]
        return [*node.decorator_list, *node.bases, *inner]
    return [node]


def _tests_of(mutant: Mutant, statements: Sequence[range], trial: Trial) -> list[str]:
    """The tests that execute the statement with a fault: no other one can notice it."""
    around = [lines for lines in statements if mutant.line in lines]
    lines = min(around, key=len) if around else range(mutant.line, mutant.line + 1)
    return [name for name, seen in trial.lines.items() if name and not seen.isdisjoint(lines)]


def _answers(
    files: Mapping[str, bytes],
    target: Target,
    options: RunOptions,
    job: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """What came of each run, as far as there was time."""
    seconds = min(_MOST_SECONDS, options.seconds)
    with scratch_folder() as folder:
        project = os.path.join(folder, "project")
        lay_out(files, target, project)
        asked = {
            **job,
            "folder": project,
            "root": os.path.relpath(target.root, target.project),
            "module": os.path.relpath(target.path, target.project),
            "until": seconds,
            "answers": os.path.join(folder, "answers.jsonl"),
        }
        path = write_scratch(folder, "job.json", json.dumps(asked).encode())
        script = os.path.join(os.path.dirname(__file__), "strength_trial.py")
        environment = clean_environment(
            **one_thread(), **dict(options.environment), MPLBACKEND="Agg"
        )
        # What it has answered until then counts.
        with suppress(TimeoutError):
            program = PythonProgram([path], folder, environment, script=script)
            forks = options.tests_of(files[target.path].decode("utf-8"))
            run_python(program, options.python, seconds + 30, forks)
        answers = str(asked["answers"])
        if not os.path.exists(answers):
            return []
        return [json.loads(line) for line in read_text(answers).splitlines()]
