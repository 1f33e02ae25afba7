"""The pytest file of a module: what the notebook itself says its functions do."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nbprod.extract.code.format import formatted
from nbprod.extract.code.render import shown_name
from nbprod.extract.plan.settings import parameter_names
from nbprod.extract.plan.targets import Target
from nbprod.extract.suite.examples import Example, known_values, saved_examples
from nbprod.extract.suite.randomness import Randomness, randomness_of
from nbprod.extract.suite.recording import Recorded, Seen
from nbprod.extract.suite.rejections import refused_arguments
from nbprod.facts import Facts
from nbprod.refactor.plan import Function, Plan

__all__ = ["Suite", "seeded_test", "suite_of"]

_SAME = '''
def _assert_same(actual: object, expected: object) -> None:
    """Equal, numbers up to one part in a billion; arrays and frames by their own means."""
    assert type(actual).__name__ == type(expected).__name__
    kind = type(expected).__module__.partition(".")[0]
    if kind == "pandas":
        testing = pytest.importorskip("pandas").testing
        compare = {
            "DataFrame": testing.assert_frame_equal,
            "Series": testing.assert_series_equal,
        }.get(type(expected).__name__)
        if compare is not None:
            compare(actual, expected, rtol=1e-9)
        else:
            testing.assert_index_equal(actual, expected)
    elif kind == "numpy" and hasattr(expected, "dtype"):
        testing = pytest.importorskip("numpy").testing
        if expected.dtype.kind in "fc":
            testing.assert_allclose(actual, expected, rtol=1e-9)
        else:
            testing.assert_array_equal(actual, expected)
    elif isinstance(expected, float):
        assert actual == pytest.approx(expected, rel=1e-9, nan_ok=True)
    elif isinstance(expected, dict):
        assert list(actual) == list(expected)
        for key, value in expected.items():
            _assert_same(actual[key], value)
    elif isinstance(expected, (list, tuple)):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            _assert_same(one, other)
    elif hasattr(expected, "getstate"):
        assert actual.getstate() == expected.getstate()
    elif hasattr(expected, "__dict__") and not callable(expected):
        _assert_same(vars(actual), vars(expected))
    elif type(expected).__eq__ is object.__eq__ and not callable(expected):
        # What it would be pickled as: the trees of a forest, for example.
        assert pickle.dumps(actual) == pickle.dumps(expected)
    else:
        assert actual == expected
'''
_LOAD = '''
class _Recorded(pickle.Unpickler):
    """What the notebook called its own is the module's now."""

    def find_class(self, module: str, name: str) -> object:
        return super().find_class(MODULE.__name__ if module == "__main__" else module, name)


def _recorded(name: str) -> object:
    """A value as the notebook had it, recorded when the module was extracted."""
    return _Recorded(io.BytesIO((DATA / f"{name}.pickle").read_bytes())).load()
'''


_UNSEEDED = '''
@pytest.fixture(autouse=True)
def _unseeded() -> None:
    """Random numbers start anywhere, so that no test leans on those of another."""
    {seeds}
'''
_LIBRARIES = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "random": "import random",
    "tf": "import tensorflow as tf",
    "torch": "import torch",
}
_UNSTABLE = "does not repeat by itself: it depends on state outside its arguments"


class Suite(NamedTuple):
    """The test file's text, and the files of values beside it by name."""

    text: str
    data: dict[str, bytes]


def suite_of(
    plan: Plan,
    facts: Facts,
    target: Target,
    recorded: Mapping[str, Recorded] | None = None,
    unstable: frozenset[str] = frozenset(),
    *,
    trial: bool = False,
) -> Suite:
    """The tests of a plan's module.

    Args:
        plan: what the module has.
        facts: the notebook.
        target: where the module goes.
        recorded: values from a run of the notebook, by function.
        unstable: the tests that are known to fail, since what they repeat is not the same twice.
        trial: whether tests under a seed also make sure that another seed gives something else:
            those that cannot fail are to be found out.
    """
    data = Values()
    tests: list[str] = [_signatures(plan)]
    tests += refused_arguments(plan)
    for number, example in enumerate(saved_examples(plan, facts), 1):
        name = f"test_{example.names[0].lower()}_gives_the_saved_result_{number}"
        if name not in unstable:
            tests.append(_saved(example, name))
    for function in plan.functions:
        seen = (recorded or {}).get(function.name)
        if seen is not None:
            name = f"test_{function.name}_repeats_the_notebook"
            tests.append(_characterised(function, seen, data, name, name in unstable))
            randomness = randomness_of(function, plan, facts, seen)
            name = seeded_test(function)
            if randomness is not None and name not in unstable:
                tests += _deterministic(function, seen, data, name, randomness, trial)
        else:
            tests.append(_without_run(function, facts))
    body = "\n\n".join(tests)
    text = _head(plan, facts, target, body) + body + "\n"
    return Suite(formatted(text, "test_it.py", target.module), data.files)


def seeded_test(function: Function) -> str:
    """The name of the test that a function gives the same under a seed."""
    return f"test_{function.name}_is_deterministic_under_a_seed"


def _head(plan: Plan, facts: Facts, target: Target, body: str) -> str:
    notebook = facts.notebook.path.replace("\\", "/").rpartition("/")[2]
    lines = [f'"""Tests of `{target.module}`, which was extracted from `{notebook}`."""\n']
    lines += ["import importlib", "import inspect"]
    if "_recorded(" in body:
        lines += ["import io", "from pathlib import Path"]
    if "_recorded(" in body or "_assert_same(" in body:
        lines.append("import pickle")
    lines += [name for word, name in _LIBRARIES.items() if re.search(rf"(?<![\w.]){word}\.", body)]
    lines += ["import pytest"]
    names = sorted(name for name in _names(plan) if f"{name}(" in body)
    if names:
        lines.append(f"from {target.module} import {', '.join(names)}")
    if "_recorded(" in body:
        lines.append(f'\nDATA = Path(__file__).with_name("{os.path.basename(target.recorded)}")')
    lines.append(f'\nMODULE = importlib.import_module("{target.module}")\n')
    if "_recorded(" in body:
        lines.append(_LOAD)
    if "_assert_same(" in body:
        lines.append(_SAME)
    seeded = [text for text in ("random.seed(", "np.random.seed(") if f"        {text}" in body]
    if seeded:
        lines.append(_UNSEEDED.format(seeds="\n    ".join(f"{text})" for text in seeded)))
    lines.append("\n\n")
    return "\n".join(lines)


def _names(plan: Plan) -> list[str]:
    taken = [item.name for item in plan.taken if item.unit.kind == "definition"]
    return [*taken, *(function.name for function in plan.functions)]


def _signatures(plan: Plan) -> str:
    rows = []
    for function in plan.functions:
        names = [*(variable.name for variable in function.parameters), *parameter_names(function)]
        rows.append(f'("{function.name}", {names!r}),')
    for taken in plan.taken:
        if taken.unit.kind != "definition":
            rows.append(f'("{taken.name}", None),')
            continue
        arguments = getattr(taken.unit.node, "args", None)
        if arguments is None or getattr(taken.unit.node, "decorator_list", None):
            rows.append(f'("{taken.name}", None),')
            continue
        every = [*arguments.posonlyargs, *arguments.args]
        every += [arguments.vararg] if arguments.vararg else []
        every += [*arguments.kwonlyargs, *([arguments.kwarg] if arguments.kwarg else [])]
        rows.append(f'("{taken.name}", {[one.arg for one in every]!r}),')
    return (
        '@pytest.mark.parametrize(("name", "parameters"), [\n    '
        + "\n    ".join(rows)
        + "\n])\ndef test_what_the_notebook_imports_is_there("
        "name: str, parameters: list[str] | None) -> None:\n"
        "    value = getattr(MODULE, name)\n"
        "    if parameters is not None:\n"
        "        assert list(inspect.signature(value).parameters) == parameters\n"
    )


def _saved(example: Example, name: str) -> str:
    return (
        f"def {name}() -> None:\n"
        f"    # Shown by cell {example.cell + 1} of the notebook.\n"
        f"    assert {example.expression} == {example.literal}\n"
    )


def _without_run(function: Function, facts: Facts) -> str:
    """A test of constants where they decide everything, else an honest skip."""
    known = known_values(function, facts)
    if known is not None and not function.settings and shown_name(function) is None:
        given, results = known
        call = f"{function.name}({', '.join(given.values())})"
        values = list(results.values())
        expected = values[0] if len(values) == 1 else f"({', '.join(values)})"
        return (
            f"def test_{function.name}_gives_what_the_notebook_has() -> None:\n"
            f"    assert {call} == {expected}\n"
        )
    names = [variable.name for variable in function.parameters]
    missing = f"values of {', '.join(names)}" if names else "a result to compare with"
    reason = f"needs {missing}: extract with --run to record them"
    arguments = "".join(f"    {name} = ...\n" for name in names)
    call = f"{function.name}({', '.join(names)})"
    return (
        f"@pytest.mark.skip(reason={reason!r})\n"
        f"def test_{function.name}() -> None:\n{arguments}"
        f"    result = {call}\n    assert result is not None\n"
    )


def _characterised(
    function: Function, seen: Recorded, data: Values, test: str, is_unstable: bool
) -> str:
    """A test that repeats what the notebook did, with the values of its run."""
    results = [variable.name for variable in function.results]
    figure = function.figure
    given = [variable.name for variable in function.parameters]
    before = {name: data.text(seen.before.get(name), f"{test}-given-{name}") for name in given}
    after = {
        name: data.text(seen.after.get(name), f"{test}-returned-{name}")
        for name in results
        if name != figure
    }
    lines = [f"    {name} = {text or '...'}" for name, text in before.items()]
    call = f"{function.name}({', '.join(given)})"
    shown = shown_name(function)
    targets = [f"got_{name}" for name in results] + (["_"] if shown and results else [])
    lines.append(f"    {', '.join(targets)} = {call}" if results else f"    {call}")
    checks = [f"    _assert_same(got_{name}, {text or '...'})" for name, text in after.items()]
    if figure is not None:
        checks.append(f"    assert got_{figure}.axes")
    left = [
        (name, text)
        for name in given
        if name not in results
        and (text := data.text(seen.after.get(name), f"{test}-left-{name}")) is not None
    ]
    if left and all(before[name] == text for name, text in left):
        checks.append("    # It does not mutate its arguments.")
    # Arguments that are not returned are as the notebook left them.
    checks += [f"    _assert_same({name}, {text})" for name, text in left]
    if not checks and shown is None:
        lines[-1] = f"    assert {call} is None"
    missing = [
        *(_problem(name, seen.before.get(name)) for name, text in before.items() if text is None),
        *(_problem(name, seen.after.get(name)) for name, text in after.items() if text is None),
    ]
    reason = _UNSTABLE if is_unstable else "; ".join(missing)
    mark = f"@pytest.mark.skip(reason={reason!r})\n" if reason else ""
    return f"{mark}def {test}() -> None:\n" + "\n".join([*lines, *checks]) + "\n"


def _deterministic(
    function: Function, seen: Recorded, data: Values, test: str, source: Randomness, trial: bool
) -> Iterator[str]:
    """A test that two calls with the same start of random numbers give the same; none where there
    is nothing to compare."""
    comparable = [variable for variable in function.results if variable.name != function.figure]
    if not comparable and shown_name(function) is None:
        return
    repeats = f"test_{function.name}_repeats_the_notebook"
    given = [variable.name for variable in function.parameters]
    values = {name: data.text(seen.before.get(name), f"{repeats}-given-{name}") for name in given}
    if None in values.values():
        return
    made = "".join(f"        {name} = {text}\n" for name, text in values.items())
    call = f"{function.name}({', '.join(given)})"

    def calling(seed: int) -> str:
        seeds = "".join(f"        {line}\n" for line in source.seeded(seed))
        return f"() -> object:\n{seeds}{made}        return {call}\n\n"

    text = f"def {test}() -> None:\n    def again{calling(0)}    _assert_same(again(), again())\n"
    if trial and source.libraries:
        text += f"\n    def other{calling(1)}"
        text += "    with pytest.raises(Exception):\n        _assert_same(other(), again())\n"
    yield text


class Values:
    """Recorded values as expressions; what is too long for one becomes a file, once."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._names: dict[bytes, str] = {}

    def text(self, seen: Seen | None, name: str) -> str | None:
        """An expression for a value, None when it was not recorded."""
        if seen is None or seen.text is not None:
            return seen.text if seen is not None else None
        if seen.data is None:
            return None
        name = self._names.setdefault(seen.data, name.removeprefix("test_"))
        self.files[name] = seen.data
        return f'_recorded("{name}")'


def _problem(name: str, seen: Seen | None) -> str:
    return (
        f"{name} was not recorded: {seen.problem if seen and seen.problem else 'it had no value'}"
    )
