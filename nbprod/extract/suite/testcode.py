"""The pytest file of a module: what the notebook itself says its functions do."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from nbprod.extract.code.format import formatted
from nbprod.extract.plan.settings import parameter_names
from nbprod.extract.plan.targets import Target
from nbprod.extract.suite.calls import test_of_call
from nbprod.extract.suite.examples import DocstringExample, known_values, saved_examples
from nbprod.extract.suite.experiments import Experiment
from nbprod.extract.suite.rejections import refused_arguments
from nbprod.facts import Facts
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
_UNSTABLE = "does not repeat: it depends on state outside its arguments"


def suite_of(
    plan: Plan,
    facts: Facts,
    target: Target,
    experiments: Mapping[str, Experiment] | None = None,
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
    tests: list[str] = [_public_names(plan)]
    tests += refused_arguments(plan)
    for number, example in enumerate(saved_examples(plan, facts), 1):
        name = f"test_{example.names[0].lower()}_gives_the_saved_result_{number}"
        if name not in failing:
            tests.append(_saved(example, name))
    for function in plan.functions:
        experiment = (experiments or {}).get(function.name)
        if experiment is None:
            tests.append(_without_run(function, facts))
            continue
        if f"test_{function.name}_on_a_small_sample" in failing:
            experiment = experiment._replace(problem=_UNSTABLE)
        tests.append(test_of_call(function, experiment))
    body = "\n\n".join(tests)
    text = _head(plan, facts, target, body) + body + "\n"
    return formatted(text, "test_it.py", target.module)


def _head(plan: Plan, facts: Facts, target: Target, body: str) -> str:
    notebook = facts.notebook.path.replace("\\", "/").rpartition("/")[2]
    lines = [f'"""Tests of `{target.module}`, which was extracted from `{notebook}`."""\n']
    lines += ["import importlib", "import inspect"]
    lines += [name for word, name in _LIBRARIES.items() if re.search(rf"(?<![\w.]){word}\.", body)]
    lines += ["from pathlib import Path"] if "(DATA)" in body else []
    lines += ["import pytest"]
    names = sorted(name for name in _names(plan) if f"{name}(" in body)
    if names:
        lines.append(f"from {target.module} import {', '.join(names)}")
    if "(DATA)" in body:
        lines.append(f'\nDATA = Path(__file__).with_name("{os.path.basename(target.recorded)}")')
    lines.append(f'\nMODULE = importlib.import_module("{target.module}")\n\n\n')
    return "\n".join(lines)


def _names(plan: Plan) -> list[str]:
    taken = [item.name for item in plan.taken if item.unit.kind == "definition"]
    return [*taken, *(function.name for function in plan.functions)]


def _public_names(plan: Plan) -> str:
    rows = []
    for function in plan.functions:
        names = [*(variable.name for variable in function.parameters), *parameter_names(function)]
        rows.append(f'("{function.name}", {names!r}),')
    for taken in plan.taken:
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
        "    value = getattr(MODULE, name)\n"
        "    if parameters is not None:\n"
        "        assert list(inspect.signature(value).parameters) == parameters\n"
    )


def _saved(example: DocstringExample, name: str) -> str:
    return f"def {name}() -> None:\n    assert {example.expression} == {example.literal}\n"


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
            f"    assert {call} == {expected}\n"
        )
    names = [variable.name for variable in function.parameters]
    missing = " and ".join(f"`{name}`" for name in names[:2]) if names else "its result"
    reason = f"no recorded value of {missing}; run `nbprod extract --run`"
    call = f"{function.name}({', '.join(f'{name}=...' for name in names)})"
    return (
        f"@pytest.mark.skip(reason={reason!r})\n"
        f"def test_{function.name}() -> None:\n    assert {call} is not None\n"
    )
