"""Tests of functions on small data, as a person would write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from nbprod.extract.suite.experiments import Experiment
from nbprod.patterns import lazy_pattern
from nbprod.refactor.plan import Function

__all__ = ["WORK_FOLDER", "Call", "call_of_function", "needs_copy", "test_of_call"]

WORK_FOLDER = "work_folder"
"""The name of the fixture that makes a temporary directory the working one."""

_MOST_ATTRIBUTES = 4
# A list or a dictionary of numbers, which `pytest.approx` compares.
_NUMBERS = lazy_pattern(
    r"\[[\d.e+-]+(?:, [\d.e+-]+)*\]|\([\d.e+-]+(?:, [\d.e+-]+)*,?\)|"
    r"\{(?:'[^']*'|-?\d+): [\d.e+-]+(?:, (?:'[^']*'|-?\d+): [\d.e+-]+)*\}"
)
_TYPE = lazy_pattern(r', dtype="[^"]*"\)$')
_WHOLE = lazy_pattern(r"np\.u?int\d+\(-?\d+\)")
_MOST_AXES = 4
_COPIED = ("pd.DataFrame(", "pd.Series(", "pd.read_csv(", "np.array(", "[", "{")


class Call(NamedTuple):
    """One function to test: its name, the names of its results, and whether it draws a figure."""

    name: str
    results: tuple[str, ...]
    draws: bool = False
    has_value: bool = False
    """Whether the value of its last expression is its last result."""


def call_of_function(function: Function) -> Call:
    """What the test of a function that was made needs to know of it."""
    results = tuple(variable.name for variable in function.results)
    return Call(function.name, results, function.figure is not None, function.returned is not None)


def needs_copy(experiment: Experiment, where: str) -> bool:
    """Whether a test has to work in a temporary directory: its function writes files, or its paths
    lead up from where it is called."""
    return not experiment.problem and bool(experiment.made or (where and experiment.files))


def test_of_call(
    call: Call,
    experiment: Experiment,
    fixtures: Mapping[str, str] = MappingProxyType({}),
    where: str = "",
) -> str:
    """A test that calls a function with small data: its results, output and unchanged arguments.

    Args:
        call: the function.
        experiment: what it did.
        fixtures: arguments that are fixtures, by their expressions, with their types.
        where: where it was called, below the folder of the files that it reads.
    """
    name = f"test_{call.name.strip('_')}"
    if experiment.problem:
        return (
            f"@pytest.mark.skip(reason={experiment.problem!r})\n"
            f'def {name}() -> None:\n    """Needs data that cannot be written here."""\n'
            f"    {call.name}({', '.join(['...'] * len(experiment.call))})\n"
        )
    is_copied = needs_copy(experiment, where)
    lines = list(_lines(call, experiment, fixtures))
    if experiment.files and not is_copied:
        lines.insert(0, "monkeypatch.chdir(DATA)")
    shared = {
        name: fixtures[f"{name} = {text}"]
        for name, text in experiment.arguments.items()
        if f"{name} = {text}" in fixtures
    }
    takes = [f"{name}: {hint}" for name, hint in shared.items()]
    takes += ["capsys: pytest.CaptureFixture[str]"] if experiment.printed else []
    takes += ["monkeypatch: pytest.MonkeyPatch"] if experiment.files and not is_copied else []
    body = "".join(f"    {line}\n" for line in [_sentence(call, experiment), *lines])
    mark = f'@pytest.mark.usefixtures("{WORK_FOLDER}")\n' if is_copied else ""
    return f"{mark}def {name}({', '.join(takes)}) -> None:\n{body}"


def _sentence(call: Call, experiment: Experiment) -> str:
    """What a test is about, as its docstring."""
    parts = []
    if call.draws or experiment.drawn:
        parts.append("titles, labels and marks of the figure")
    if not call.draws and (call.results or call.has_value or _has_checks(experiment)):
        of = " for small data" if experiment.arguments else ""
        has_file = experiment.files or experiment.written
        parts.append(f"results{' for the file beside the tests' if has_file else of}")
    if experiment.printed:
        parts.append("printed text")
    if experiment.made:
        parts.append("written files")
    text = " and ".join(parts) if parts else "runs with small data and returns nothing"
    return f'"""{text[:1].upper()}{text[1:]}."""'


def _has_checks(experiment: Experiment) -> bool:
    return any(result.get("text") != "None" for result in experiment.results)


def _lines(call: Call, experiment: Experiment, fixtures: Mapping[str, str]) -> Iterator[str]:
    arguments = experiment.arguments
    for name, text in arguments.items():
        if f"{name} = {text}" not in fixtures and name != text:
            yield f"{name} = {text}"
    for step in experiment.steps:
        yield from step.seed
        yield f"{', '.join(step.targets)} = {step.function}({', '.join(step.call)})"
    kept = [
        name for name in arguments
        if name in experiment.unchanged and arguments[name].startswith(_COPIED)
    ]  # fmt: skip
    for name in kept:
        yield f"{name}_before = {name}.copy()"
    yield from experiment.seed
    text = f"{call.name}({', '.join(experiment.call)})"
    names = _names(call, experiment)
    checks = [
        list(_checks(name, result)) for name, result in zip(names, experiment.results, strict=False)
    ]
    if not any(checks):
        shown = experiment.printed or experiment.drawn or experiment.made
        nothing = not (call.results or call.has_value or shown)
        yield f"assert {text} is None" if nothing and not call.draws else text
    elif len(names) == 1:
        yield f"{names[0]} = {text}"
    else:
        # What nothing is said of has no name.
        told = [name if own else "_" for name, own in zip(names, checks, strict=False)]
        yield f"{', '.join(told)} = {text}"
    for own in checks:
        yield from own
    for drawn in experiment.drawn:
        yield "figure = plt.gcf()"
        yield from _checks("figure", drawn)
    if experiment.printed:
        yield f"assert capsys.readouterr().out == {_printed(experiment.printed)}"
    for path, written in experiment.made.items():
        if written is None:
            yield f"assert Path({path!r}).is_file()"
        else:
            yield f'assert Path({path!r}).read_text(encoding="utf-8") == {_printed(written)}'
    for name in kept:
        yield _same(name, f"{name}_before", arguments[name])


def _printed(text: str) -> str:
    """A printed text as an expression, a line each."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 2:
        return repr(text)
    return f"({' '.join(repr(line) for line in lines)})"


def _names(call: Call, experiment: Experiment) -> list[str]:
    """The names of the results in the test; those of arguments stay theirs."""
    if call.draws:
        return ["figure"]
    names = [*call.results, *(["value"] if call.has_value else [])]
    taken = {*experiment.arguments, *(name for step in experiment.steps for name in step.targets)}
    taken.add(call.name)
    found = [f"new_{name}" if name in taken else name for name in names]
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
    parts = result.get("parts", ())
    for template, part in parts:
        yield _same(template.format(name), part, part)
    if "axes" in result:
        whole = bool(result.get("is_axes"))
        yield from _checks_of_axes(name, result["axes"], is_figure=not whole)
        return
    attributes = dict(result.get("attributes", {}))
    for attribute in list(attributes)[:_MOST_ATTRIBUTES]:
        yield _same(f"{name}.{attribute}", attributes[attribute], attributes[attribute])
    if not parts and not attributes:
        kind = str(result["type"]).rpartition(".")[2]
        yield f'assert type({name}).__name__ == "{kind}"'


def _checks_of_axes(name: str, axes: list[Mapping[str, Any]], *, is_figure: bool) -> Iterator[str]:
    """What holds of the parts of a figure, or of the one part that a function returns."""
    if is_figure:
        yield f"assert len({name}.axes) == {len(axes)}"
    for place, drawn in enumerate(axes[:_MOST_AXES]):
        part = f"{name}.axes[{place}]" if is_figure else name
        if drawn["title"]:
            yield f"assert {part}.get_title() == {drawn['title']!r}"
        if drawn["x"] or drawn["y"]:
            labels = (drawn["x"], drawn["y"])
            yield f"assert ({part}.get_xlabel(), {part}.get_ylabel()) == {labels!r}"
        for field in ("lines", "patches", "collections", "images", "texts"):
            if drawn[field]:
                yield f"assert len({part}.{field}) == {drawn[field]}"
        for template, text in drawn["checks"]:
            yield _same(template.format(part), text, text)


def _same(name: str, expected: str, kind: str) -> str:
    """The comparison of a value with an expression by the means of its library."""
    numbers = _TYPE.sub("", kind.replace('float("nan")', "0.0"))
    if kind.startswith("pd.read_csv("):
        what = "series" if kind.endswith(("]", ".rename(None)")) else "frame"
        return f"pd.testing.assert_{what}_equal({name}, {expected})"
    if kind.startswith("pd.DataFrame("):
        return f"pd.testing.assert_frame_equal({name}, {expected})"
    if kind.startswith("pd.Series("):
        return f"pd.testing.assert_series_equal({name}, {expected})"
    if kind.startswith("pd.Index("):
        return f"assert list({name}) == list({expected})"
    if kind.startswith("np.array("):
        if "." not in numbers.partition("(")[2] or any(
            sign in numbers for sign in ("'", '"', "True", "False")
        ):
            return f"np.testing.assert_array_equal({name}, {expected})"
        if name == expected.removesuffix("_before"):
            return f"np.testing.assert_array_equal({name}, {expected})"
        return f"np.testing.assert_allclose({name}, {expected}, rtol=1e-6)"
    if "pd." in kind:
        return f"assert repr({name}) == repr({expected})"
    if kind[:1] in "[({" and "np." in kind:
        return f"np.testing.assert_equal({name}, {expected})"
    if _WHOLE.fullmatch(kind):
        return f"assert {name} == {expected.partition('(')[2].removesuffix(')')}"
    number = kind.removeprefix("-")
    if "." in kind and number.replace(".", "", 1).replace("e-", "").isdigit():
        return f"assert {name} == pytest.approx({expected})"
    if kind == 'float("nan")':
        return f"assert {name} != {name}"
    if _NUMBERS.fullmatch(kind) and "." in kind:
        return f"assert {name} == pytest.approx({expected})"
    if kind in ("True", "False", "None"):
        return f"assert {name} is {expected}"
    return f"assert {name} == {expected}"
