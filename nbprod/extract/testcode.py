"""The pytest file of a module: what the notebook itself says its functions do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nbprod.extract.examples import Example, known_values, saved_examples
from nbprod.extract.formatting import formatted
from nbprod.extract.plan import Function, Plan
from nbprod.extract.recording import Recorded, Seen
from nbprod.extract.render import shown_name
from nbprod.extract.targets import Target
from nbprod.facts import Facts

__all__ = ["Suite", "suite_of"]

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
    elif kind == "numpy":
        testing = pytest.importorskip("numpy").testing
        if getattr(expected, "dtype", None) is not None and expected.dtype.kind in "fc":
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
    elif hasattr(expected, "__dict__") and not callable(expected):
        _assert_same(vars(actual), vars(expected))
    else:
        assert actual == expected
'''
_LOAD = '''
def _recorded(name: str) -> object:
    """A value as the notebook had it, recorded when the module was extracted."""
    return pickle.loads((DATA / f"{name}.pickle").read_bytes())
'''


class Suite(NamedTuple):
    """The test file's text, and the files of values beside it by name."""

    text: str
    data: dict[str, bytes]


def suite_of(
    plan: Plan,
    facts: Facts,
    target: Target,
    recorded: Mapping[str, Recorded] | None = None,
    unstable: Mapping[str, str] | None = None,
) -> Suite:
    """The tests of a plan's module.

    Args:
        plan: what the module has.
        facts: the notebook.
        target: where the module goes.
        recorded: values from a run of the notebook, by function.
        unstable: functions whose recorded values do not repeat, and why.
    """
    data: dict[str, bytes] = {}
    tests: list[str] = [_signatures(plan)]
    for number, example in enumerate(saved_examples(plan, facts), 1):
        tests.append(_saved(example, number))
    for function in plan.functions:
        seen = (recorded or {}).get(function.name)
        if seen is not None:
            tests.append(_characterised(function, seen, data, (unstable or {}).get(function.name)))
        else:
            tests.append(_without_run(function, facts))
    body = "\n\n".join(tests)
    text = _head(plan, facts, target, body) + body + "\n"
    return Suite(formatted(text, "test_it.py", target.module), data)


def _head(plan: Plan, facts: Facts, target: Target, body: str) -> str:
    notebook = facts.notebook.path.replace("\\", "/").rpartition("/")[2]
    lines = [f'"""Tests of `{target.module}`, which was extracted from `{notebook}`."""\n']
    package, _, name = target.module.rpartition(".")
    lines += ["import inspect"]
    if "_recorded(" in body:
        lines += ["import pickle", "from pathlib import Path"]
    lines += ["import pytest", f"from {package} import {name}" if package else f"import {name}"]
    names = sorted(one for one in _names(plan) if f"{one}(" in body)
    if names:
        lines.append(f"from {target.module} import {', '.join(names)}")
    if "_recorded(" in body:
        lines.append(f'\nDATA = Path(__file__).with_name("{name}_data")\n')
        lines.append(_LOAD)
    if "_assert_same(" in body:
        lines.append(_SAME)
    lines.append(f"\nMODULE = {name}\n\n\n")
    return "\n".join(lines)


def _names(plan: Plan) -> list[str]:
    taken = [one.name for one in plan.taken if one.unit.kind == "definition"]
    return [*taken, *(one.name for one in plan.functions)]


def _signatures(plan: Plan) -> str:
    rows = []
    for function in plan.functions:
        names = [one.name for one in function.parameters] + [one.name for one in function.settings]
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


def _saved(example: Example, number: int) -> str:
    name = example.names[0].lower()
    return (
        f"def test_{name}_gives_the_saved_result_{number}() -> None:\n"
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
    names = [one.name for one in function.parameters]
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
    function: Function, seen: Recorded, data: dict[str, bytes], unstable: str | None
) -> str:
    """A test that repeats what the notebook did, with the values of its run."""
    results = [one.name for one in function.results]
    lines: list[str] = []
    problems: list[str] = []
    for one in function.parameters:
        text = _value(seen.before.get(one.name), f"{function.name}-given-{one.name}", data)
        if text is None:
            problems.append(_problem(one.name, seen.before.get(one.name)))
        lines.append(f"    {one.name} = {text or '...'}")
    expected: list[str] = []
    for name in results:
        text = _value(seen.after.get(name), f"{function.name}-returned-{name}", data)
        if text is None:
            problems.append(_problem(name, seen.after.get(name)))
        expected.append(text or "...")
    call = f"{function.name}({', '.join(one.name for one in function.parameters)})"
    shown = shown_name(function)
    extra = ["_"] if shown and results else []
    if results:
        targets = [f"got_{name}" for name in results] + extra
        lines.append(f"    {', '.join(targets)} = {call}")
    else:
        lines.append(f"    {call}")
    for name, text in zip(results, expected, strict=True):
        lines.append(f"    _assert_same(got_{name}, {text})")
    for one in function.parameters:
        if one.name not in results and one.name in seen.after:
            # Arguments that are not returned are as the notebook left them.
            text = _value(seen.after.get(one.name), f"{function.name}-left-{one.name}", data)
            if text is not None:
                lines.append(f"    _assert_same({one.name}, {text})")
    checks = any("_assert_same" in line for line in lines)
    reason = unstable or ("; ".join(problems) if problems else None)
    if reason is None and not checks:
        lines[-1] = f"    assert {lines[-1].strip()} is None" if shown is None else lines[-1]
    mark = f"@pytest.mark.skip(reason={reason!r})\n" if reason else ""
    return (
        f"{mark}def test_{function.name}_repeats_the_notebook() -> None:\n"
        + "\n".join(lines)
        + "\n"
    )


def _value(seen: Seen | None, name: str, data: dict[str, bytes]) -> str | None:
    """An expression for a recorded value; larger ones become files."""
    if seen is None:
        return None
    if seen.text is not None:
        return seen.text
    if seen.data is None:
        return None
    data[name] = seen.data
    return f'_recorded("{name}")'


def _problem(name: str, seen: Seen | None) -> str:
    return (
        f"{name} was not recorded: {seen.problem if seen and seen.problem else 'it had no value'}"
    )
