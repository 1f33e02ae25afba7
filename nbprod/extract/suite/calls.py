"""Tests of functions on small data, as a person would write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbprod.extract.suite.experiments import Experiment
from nbprod.refactor.plan import Function

__all__ = ["test_of_call"]

_MOST_ATTRIBUTES = 3
_COPIED = ("pd.DataFrame(", "pd.Series(", "np.array(", "[", "{")


def test_of_call(function: Function, experiment: Experiment) -> str:
    """A test that calls a function with small data: what it gives, prints and leaves as it was."""
    name = f"test_{function.name}_on_a_small_sample"
    if experiment.problem:
        given = ", ".join(f"{variable.name}=..." for variable in function.parameters)
        return (
            f"@pytest.mark.skip(reason={experiment.problem!r})\n"
            f"def {name}() -> None:\n    {function.name}({given})\n"
        )
    lines = list(_lines(function, experiment))
    takes = ["capsys: pytest.CaptureFixture[str]"] if experiment.printed else []
    takes += ["monkeypatch: pytest.MonkeyPatch"] if experiment.files else []
    return f"def {name}({', '.join(takes)}) -> None:\n" + "".join(f"    {line}\n" for line in lines)


def _lines(function: Function, experiment: Experiment) -> Iterator[str]:
    arguments = experiment.arguments
    if experiment.files:
        yield "monkeypatch.chdir(DATA)"
    for name, text in arguments.items():
        yield f"{name} = {text}"
    kept = [
        name for name in arguments
        if name in experiment.unchanged and arguments[name].startswith(_COPIED)
    ]  # fmt: skip
    for name in kept:
        yield f"{name}_before = {name}.copy()"
    yield from experiment.seed
    call = f"{function.name}({', '.join(arguments)})"
    names = _names(function, experiment)
    checks = [
        check
        for name, result in zip(names, experiment.results, strict=False)
        for check in _checks(name, result)
    ]
    if function.figure is not None or len(names) == 1:
        yield f"{names[0]} = {call}" if checks else call
    elif checks:
        yield f"{', '.join(names)} = {call}"
    elif not function.results and function.returned is None and not experiment.printed:
        yield f"assert {call} is None"
    else:
        yield call
    yield from checks
    if experiment.printed:
        yield f"assert capsys.readouterr().out == {experiment.printed!r}"
    for name in kept:
        yield _same(name, f"{name}_before", arguments[name])


def _names(function: Function, experiment: Experiment) -> list[str]:
    """The names of the results in the test; those of arguments stay theirs."""
    if function.figure is not None:
        return ["figure"]
    names = [variable.name for variable in function.results]
    names += ["value"] if function.returned is not None else []
    found = [f"new_{name}" if name in experiment.arguments else name for name in names]
    return found or ["result"]


def _checks(name: str, result: Mapping[str, Any]) -> Iterator[str]:
    """What holds of one result."""
    text = result.get("text")
    if text == "None":
        if name != "result":
            yield f"assert {name} is None"
        return
    if text is not None:
        yield _same(name, text, text)
        return
    if "axes" in result:
        yield from _checks_of_figure(name, result["axes"])
        return
    kind = str(result["type"]).rpartition(".")[2]
    yield f'assert type({name}).__name__ == "{kind}"'
    if "columns" in result and len(result["columns"]) < 40:
        yield f"assert list(map(str, {name}.columns)) == {result['columns']!r}"
    elif "shape" in result:
        yield f"assert {name}.shape == {tuple(result['shape'])!r}"
    attributes = dict(result.get("attributes", {}))
    learned = [key for key in attributes if key.endswith("_")] or list(attributes)
    for attribute in learned[:_MOST_ATTRIBUTES]:
        yield _same(f"{name}.{attribute}", attributes[attribute], attributes[attribute])


def _checks_of_figure(name: str, axes: list[Mapping[str, Any]]) -> Iterator[str]:
    yield f"assert len({name}.axes) == {len(axes)}"
    for place, drawn in enumerate(axes[:4]):
        part = f"{name}.axes[{place}]"
        if drawn["title"]:
            yield f"assert {part}.get_title() == {drawn['title']!r}"
        if drawn["x"] or drawn["y"]:
            labels = (drawn["x"], drawn["y"])
            yield f"assert ({part}.get_xlabel(), {part}.get_ylabel()) == {labels!r}"
        for field in ("lines", "patches", "collections"):
            if drawn[field]:
                yield f"assert len({part}.{field}) == {drawn[field]}"


def _same(name: str, expected: str, kind: str) -> str:
    """The comparison of a value with an expression by the means of its library."""
    if kind.startswith("pd.DataFrame("):
        return f"pd.testing.assert_frame_equal({name}, {expected})"
    if kind.startswith("pd.Series("):
        return f"pd.testing.assert_series_equal({name}, {expected})"
    if kind.startswith("pd.Index("):
        return f"assert list({name}) == list({expected})"
    if kind.startswith("np.array("):
        if any(sign in kind for sign in ("'", '"', "True", "False")):
            return f"np.testing.assert_array_equal({name}, {expected})"
        return f"np.testing.assert_allclose({name}, {expected})"
    if "pd." in kind:
        return f"assert repr({name}) == repr({expected})"
    if "np." in kind and kind[:1] in "[({":
        return f"np.testing.assert_equal({name}, {expected})"
    number = kind.removeprefix("-").removeprefix("np.float64(").rstrip(")")
    if "." in kind and number.replace(".", "", 1).replace("e-", "").isdigit():
        return f"assert {name} == pytest.approx({expected})"
    if kind == 'float("nan")':
        return f"assert {name} != {name}"
    if kind in ("True", "False"):
        return f"assert {name} is {expected}"
    return f"assert {name} == {expected}"
