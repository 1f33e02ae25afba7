"""The pytest file of a module: what the notebook itself says its functions do."""

from __future__ import annotations

import ast
import collections
import json
import os
import re
from collections.abc import Container, Iterator, Mapping, Sequence

from nbprod.extract.code.format import formatted
from nbprod.extract.code.noqa import add_noqa
from nbprod.extract.plan.settings import parameter_names
from nbprod.extract.plan.targets import Target
from nbprod.extract.suite.calls import (
    WORK_FOLDER,
    Call,
    call_of_function,
    needs_copy,
    test_of_call,
)
from nbprod.extract.suite.examples import DocstringExample, known_values, saved_examples
from nbprod.extract.suite.experiments import Experiment, Experiments
from nbprod.extract.suite.rejections import refused_arguments
from nbprod.facts import Facts
from nbprod.patterns import lazy_pattern
from nbprod.refactor.plan import Function, Plan

__all__ = ["suite_of"]

_LIBRARIES = {
    "datetime": "import datetime",
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "random": "import random",
    "tf": "import tensorflow as tf",
    "torch": "import torch",
}
# Arguments above this length that several tests have are fixtures.
_LONG = 80
_FIXTURE_NAMES = frozenset(
    "request tmp_path capsys monkeypatch cache recwarn caplog DATA plt".split()
) | {WORK_FOLDER}
_KNOWN_TYPES = lazy_pattern(
    r"(?:pd\.DataFrame|pd\.Series|np\.ndarray|str|int|float|bool|"
    r"(?:list|dict|tuple|set)\[(?:str|int|float|bool|list|dict|tuple|[\[\], ])+\])"
)
_CLOSING = '''@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Close the figures of a test after it."""
    yield
    plt.close("all")


'''
_UNSTABLE = "does not repeat: it depends on state outside its arguments"


def suite_of(
    plan: Plan,
    facts: Facts,
    target: Target,
    experiments: Experiments | None = None,
    failing: frozenset[str] = frozenset(),
) -> str:
    """The tests of a plan's module.

    Args:
        plan: what the module has.
        facts: the notebook.
        target: where the module goes.
        experiments: what its functions do with small data, None where nothing was run.
        failing: the tests that are known not to hold a second time.
    """
    tests: list[str] = list(refused_arguments(plan))
    tested: set[str] = set()
    for number, example in enumerate(saved_examples(plan, facts), 1):
        name = f"test_{example.names[0].lower()}_gives_the_saved_result_{number}"
        if name not in failing:
            tests.append(_saved(example, name))
            tested |= set(example.names)
    if experiments is None:
        tests += [_without_run(function, facts) for function in plan.own_functions]
        fixtures: dict[str, str] = {}
        calls: list[tuple[Call, Experiment]] = []
    else:
        calls = _calls(plan, experiments, failing)
        fixtures = _shared_arguments(plan, [experiment for _, experiment in calls])
        where = experiments.where
        tests += [test_of_call(call, experiment, fixtures, where) for call, experiment in calls]
        tested |= {call.name for call, _ in calls}
    untested = [name for name in _names(plan) if name not in tested]
    if experiments is None or untested:
        tests.insert(0, _public_names(plan, None if experiments is None else untested))
    body = "\n\n".join([*_fixtures(fixtures), *_work_folder(calls, experiments), *tests])
    needed = [line for _, experiment in calls for line in experiment.imports]
    text = _head(plan, facts, target, body, needed) + body + "\n"
    return add_noqa(formatted(text, "test_it.py", target.module), target.module)


def _calls(
    plan: Plan, experiments: Experiments, failing: frozenset[str]
) -> list[tuple[Call, Experiment]]:
    """The functions with what they did: the author's own first, where something called them."""
    found: list[tuple[Call, Experiment]] = []
    for item in plan.taken:
        own = experiments.calls.get(item.name)
        is_function = isinstance(item.unit.node, ast.FunctionDef)
        if own is not None and is_function and not own.problem:
            if f"test_{item.name.strip('_')}" not in failing:
                found.append((Call(item.name, ()), own))
    for function in plan.own_functions:
        experiment = experiments.calls.get(function.name)
        if experiment is None:
            continue
        if f"test_{function.name}" in failing:
            experiment = experiment._replace(problem=_UNSTABLE)
        found.append((call_of_function(function), experiment))
    return found


def _shared_arguments(plan: Plan, experiments: Sequence[Experiment]) -> dict[str, str]:
    """The long arguments of several tests, as the assignments that they would be, with types."""
    hints = {
        variable.name: variable.hint
        for function in plan.own_functions
        for variable in function.parameters
    }
    count = collections.Counter(
        (name, text)
        for experiment in experiments
        for name, text in experiment.arguments.items()
        if not experiment.problem and len(text) > _LONG and name not in _FIXTURE_NAMES
    )
    found: dict[str, str] = {}
    taken = set(_names(plan))
    for (name, text), times in count.most_common():
        hint = hints.get(name, "Any")
        if times > 1 and name not in taken and _KNOWN_TYPES.fullmatch(hint):
            taken.add(name)
            found[f"{name} = {text}"] = hint
    return found


def _fixtures(shared: Mapping[str, str]) -> Iterator[str]:
    for assignment, hint in shared.items():
        name, _, text = assignment.partition(" = ")
        yield (
            f'@pytest.fixture\ndef {name}() -> {hint}:\n    """Return a few rows."""\n'
            f"    return {text}\n"
        )


def _work_folder(
    calls: Sequence[tuple[Call, Experiment]], experiments: Experiments | None
) -> Iterator[str]:
    """The fixture of the tests that work in a temporary directory."""
    where = experiments.where if experiments is not None else ""
    own = [experiment for _, experiment in calls if needs_copy(experiment, where)]
    if not own:
        return
    has_files = any(experiment.files for experiment in own)
    sentence = "with the files beside the tests" if has_files else "where files may be written"
    lines = [
        f"@pytest.fixture\ndef {WORK_FOLDER}("
        "tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:",
        f'    """Work in a temporary directory, {sentence}."""',
    ]
    lines += ["    shutil.copytree(DATA, tmp_path, dirs_exist_ok=True)"] if has_files else []
    place = "tmp_path"
    if where:
        path = where.replace(os.sep, "/")
        lines.append(f"    folder = tmp_path / {json.dumps(path, ensure_ascii=False)}")
        lines.append("    folder.mkdir(parents=True, exist_ok=True)")
        place = "folder"
    yield "\n".join([*lines, f"    monkeypatch.chdir({place})\n"])


def _head(plan: Plan, facts: Facts, target: Target, body: str, needed: Sequence[str]) -> str:
    notebook = facts.notebook.path.replace("\\", "/").rpartition("/")[2]
    lines = [f'"""Tests of `{target.module}`, which was extracted from `{notebook}`."""\n']
    draws = "figure = " in body
    has_data = re.search(r"\bDATA\b", body) is not None
    if "MODULE" in body:
        lines += ["import importlib", "import inspect"]
    lines += [name for word, name in _LIBRARIES.items() if re.search(rf"(?<![\w.]){word}\.", body)]
    lines += ["from collections import Counter"] if "Counter(" in body else []
    lines += dict.fromkeys(needed)
    lines += ["from collections.abc import Iterator"] if draws else []
    lines += ["from pathlib import Path"] if has_data or "Path" in body else []
    lines += ["import shutil"] if "shutil." in body else []
    lines += ["import matplotlib.pyplot as plt"] if draws else []
    lines += ["import pytest"]
    names = sorted(
        name for name in _names(plan) if re.search(rf"(?<![\w.\"'])\b{name}\b(?!=)", body)
    )
    if names:
        lines.append(f"from {target.module} import {', '.join(names)}")
    if has_data:
        lines.append(f'\nDATA = Path(__file__).with_name("{os.path.basename(target.recorded)}")')
    if "MODULE" in body:
        lines.append(f'\nMODULE = importlib.import_module("{target.module}")')
    text = "\n".join(lines) + "\n\n\n"
    return text + _CLOSING if draws else text


def _names(plan: Plan) -> list[str]:
    taken = [item.name for item in plan.taken if item.unit.kind == "definition"]
    return [*taken, *(function.name for function in plan.own_functions)]


def _public_names(plan: Plan, only: Container[str] | None) -> str:
    """A test of the names and parameters of the module, or of some of its names."""
    rows = []
    for function in plan.own_functions:
        if only is not None and function.name not in only:
            continue
        names = [function.inner(variable.name) for variable in function.parameters]
        names += map(function.inner, parameter_names(function))
        rows.append(f'("{function.name}", {names!r}),')
    for taken in plan.taken:
        if only is not None and taken.name not in only:
            continue
        arguments = getattr(taken.unit.node, "args", None)
        if (
            taken.unit.kind != "definition"
            or arguments is None
            or getattr(taken.unit.node, "decorator_list", None)
        ):
            rows.append(f'("{taken.name}", None),')
            continue
        every = [*arguments.posonlyargs, *arguments.args]
        every += [arguments.vararg] if arguments.vararg else []
        every += [*arguments.kwonlyargs, *([arguments.kwarg] if arguments.kwarg else [])]
        rows.append(f'("{taken.name}", {[argument.arg for argument in every]!r}),')
    return (
        '@pytest.mark.parametrize(("name", "parameters"), [\n    '
        + "\n    ".join(rows)
        + "\n])\ndef test_public_names(name: str, parameters: list[str] | None) -> None:\n"
        '    """Names and parameters."""\n'
        "    value = getattr(MODULE, name)\n"
        "    if parameters is not None:\n"
        "        assert list(inspect.signature(value).parameters) == parameters\n"
    )


def _saved(example: DocstringExample, name: str) -> str:
    return f'def {name}() -> None:\n    """A result that the notebook shows."""\n' + (
        f"    assert {example.expression} == {example.literal}\n"
    )


def _without_run(function: Function, facts: Facts) -> str:
    """A test of constants where they decide everything, else an honest skip."""
    known = known_values(function, facts)
    if known is not None and not function.settings and function.returned is None:
        given, results = known
        call = f"{function.name}({', '.join(given.values())})"
        values = list(results.values())
        expected = values[0] if len(values) == 1 else f"({', '.join(values)})"
        return (
            f"def test_{function.name}_gives_what_the_notebook_has() -> None:\n"
            '    """Constants decide the result."""\n'
            f"    assert {call} == {expected}\n"
        )
    names = [variable.name for variable in function.parameters]
    missing = " and ".join(f"`{name}`" for name in names[:2]) if names else "its result"
    reason = f"no recorded value of {missing}; run `nbprod extract --run`"
    call = f"{function.name}({', '.join(f'{name}=...' for name in names)})"
    return (
        f"@pytest.mark.skip(reason={reason!r})\n"
        f'def test_{function.name}() -> None:\n    """Needs recorded values."""\n'
        f"    assert {call} is not None\n"
    )
