"""Calls extracted functions with small data, in the interpreter that runs the notebook.

It is started as a script with the path of a job and imports nothing of nbprod. For each function of
the job it writes down arguments as expressions, what the call gives, prints and changes. A job, in
JSON, has

* ``module``: the dotted name of the module; ``path``: folders to import from; ``beside``: the files
  of the scripts that this one loads;
* ``functions``: each with its ``name``, the ``folder`` to call it in, its ``parameters`` with the
  files of recorded values, the ``columns`` that it reads of them, the ``bounds`` that it compares
  with, the ``makers`` before it that return them, the names of its ``results`` and the statements
  that ``seed`` its random numbers;
* ``answers``: the file of the answers, by function, with those of the module's own definitions that
  were called on the way, and the types that these were called with.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import inspect
import io
import json
import os
import pickle
import signal
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

# Rows of the sample, from few that are easy to read to all.
SIZES = (6, 40, 200)
SECONDS = 20
LONGEST_RESULT = 700
LONGEST_PRINTED = 1500
_MOST_COLUMNS = 15
_MOST_CALLS = 30


class _Unpickler(pickle.Unpickler):
    """What the notebook called its own is the module's now."""

    module = ""

    def find_class(self, module: str, name: str) -> Any:
        """Find a class of the notebook in the module."""
        return super().find_class(self.module if module == "__main__" else module, name)


def loaded(path: str) -> Any:
    """A script that stands in a file, as a module."""
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Laboratory:
    """Calls the functions of one module, in order: later ones may need what earlier ones give."""

    def __init__(self, job: dict[str, Any], module: Any) -> None:
        self.module = module
        self.texts, self.shapes = (loaded(path) for path in job["beside"])
        self.answers: dict[str, dict[str, Any]] = {}
        self.jobs = {function["name"]: function for function in job["functions"]}
        self.seen: dict[str, dict[str, Any]] = {}
        self.types: dict[str, list[dict[str, Any]]] = {}

    # --- the functions that were made ---------------------------------------------------------

    def try_all(self) -> None:
        """Call each function, and then the author's own with what they were called with."""
        own = self._watch_definitions()
        for name, job in self.jobs.items():
            try:
                self.answers[name] = self.tried(job)
            except Exception as error:
                self.answers[name] = {"problem": f"it cannot be tried: {type(error).__name__}"}
        for name, function in own.items():
            setattr(self.module, name, function)
        for name, given in self.seen.items():
            job = {"name": name, "results": [""], "seed": [], "folder": os.getcwd()}
            with contextlib.suppress(Exception):
                self.answers[name] = self._called(own[name], given, [], job)

    def tried(self, job: dict[str, Any]) -> dict[str, Any]:
        """What a function does with the smallest sample of its arguments that it takes."""
        values: dict[str, Any] = {}
        missing = ""
        for name, path in job["parameters"].items():
            try:
                values[name] = self._value(name, path)
            except ValueError as error:
                if name not in job["makers"]:
                    return {"problem": str(error)}
                missing = str(error)
        problem = missing or "it cannot be called with small data"
        ways = [(SIZES[0], True, True), (SIZES[0], True, False)]
        ways += [(size, False, False) for size in SIZES[1:]]
        function = getattr(self.module, job["name"])
        for size, telling, narrow in ways:
            part = self._narrowed(values, job) if narrow else values
            sample = self.texts.sampled(part, size, job["bounds"], telling=telling)
            try:
                given, steps = self._arguments(sample, job)
            except self.texts.Unwritable as error:
                return {"problem": f"an argument is {error}"}
            try:
                return self._called(function, given, steps, job)
            except Exception as error:
                problem = f"it fails with small data: {type(error).__name__}"
        return {"problem": problem}

    def _value(self, name: str, path: str | None) -> Any:
        if path is None:
            raise ValueError(f"no recorded value of `{name}`")
        try:
            with open(path, "rb") as file:
                unpickler = _Unpickler(file)
                unpickler.module = self.module.__name__
                return unpickler.load()
        except Exception as error:
            problem = f"`{name}` cannot be read again: {type(error).__name__}"
            raise ValueError(problem) from None

    def _narrowed(self, values: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
        """The values with those columns alone that the function reads."""
        found = {}
        for name, value in values.items():
            wanted = job["columns"].get(name, ())
            if hasattr(value, "columns") and wanted:
                kept = [column for column in value.columns if column in wanted]
                value = value[kept] if kept and value.columns.is_unique else value
            found[name] = value
        return found

    def _arguments(
        self, sample: dict[str, Any], job: dict[str, Any]
    ) -> tuple[dict[str, str], list[dict[str, Any]]]:
        """The arguments as expressions, and the calls that make those that have none."""
        writer = self.texts.Writer(self.texts.DIGITS_OF_SAMPLE)
        given: dict[str, str] = {}
        steps: list[dict[str, Any]] = []
        for name in job["parameters"]:
            try:
                if name not in sample:
                    raise self.texts.Unwritable(f"a value that cannot be kept: `{name}`")
                given[name] = writer.written(sample[name])
            except self.texts.Unwritable:
                maker = job["makers"].get(name)
                made = self.answers.get(maker or "", {"problem": ""})
                if "problem" in made:
                    raise
                steps += [step for step in self._steps(maker, made) if step not in steps]
        inputs: dict[str, str] = {}
        for step in steps:
            # What the makers are called with fits what they make.
            inputs |= step["given"]
        outputs = {target for step in steps for target in step["targets"]}
        given = {name: text for name, text in given.items() if name not in outputs}
        return {**given, **inputs}, steps

    def _steps(self, maker: str, made: dict[str, Any]) -> list[dict[str, Any]]:
        job = self.jobs[maker]
        own = {
            "function": maker, "call": made["call"], "targets": job["results"],
            "given": made["arguments"], "seed": job["seed"], "folder": job["folder"],
        }  # fmt: skip
        return [*made["steps"], own]

    def _called(
        self,
        function: Callable[..., Any],
        given: dict[str, str],
        steps: list[dict[str, Any]],
        job: dict[str, Any],
    ) -> dict[str, Any]:
        folders = [step["folder"] for step in steps if step["folder"] != job["folder"]]
        os.chdir(folders[0] if folders else job["folder"])
        call = list(job.get("parameters", given))
        first = self._once(function, given, steps, job, call)
        again = self._once(function, given, steps, job, call)
        for one, other in zip(first["results"], again["results"], strict=True):
            if one != other:
                for key in ("text", "parts", "attributes"):
                    one.pop(key, None)
        if first["printed"] != again["printed"]:
            first["printed"] = None
        return {"arguments": given, "steps": steps, "call": call, **first}

    def _once(
        self,
        function: Callable[..., Any],
        given: dict[str, str],
        steps: list[dict[str, Any]],
        job: dict[str, Any],
        call: list[str],
    ) -> dict[str, Any]:
        names = {name: self.texts.evaluated(text) for name, text in given.items()}
        out = io.StringIO()
        with _time_limit():
            for step in steps:
                with contextlib.redirect_stdout(io.StringIO()):
                    self._make(step, names)
            for line in job["seed"]:
                exec(line, _modules(line))  # noqa: S102 - it is one of ours
            with contextlib.redirect_stdout(out):
                given_back = function(*(names[name] for name in call))
        count = len(job["results"])
        parts = list(given_back) if count > 1 and isinstance(given_back, tuple) else [given_back]
        printed = out.getvalue()
        stable = len(printed) < LONGEST_PRINTED and " at 0x" not in printed
        found = {
            "results": [self._result(part) for part in parts],
            "printed": printed if stable else None,
            "unchanged": [name for name, text in given.items() if self._is_as(names[name], text)],
        }
        _close_figures()
        return found

    def _make(self, step: dict[str, Any], names: dict[str, Any]) -> None:
        for line in step["seed"]:
            exec(line, _modules(line))  # noqa: S102 - it is one of ours
        made = getattr(self.module, step["function"])(*(names[name] for name in step["call"]))
        if len(step["targets"]) == 1:
            names[step["targets"][0]] = made
        else:
            names.update(zip(step["targets"], made, strict=True))

    def _is_as(self, value: Any, text: str) -> bool:
        try:
            return bool(self.texts.Writer().written(value) == text)
        except self.texts.Unwritable:
            return False

    # --- results ------------------------------------------------------------------------------

    def _result(self, value: Any) -> dict[str, Any]:
        kind = type(value)
        found: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
        text = self._expected(value, LONGEST_RESULT)
        if text is not None:
            found["text"] = text
        else:
            found["parts"] = list(self._parts(value))
        if kind.__name__ == "Figure" and hasattr(value, "axes"):
            found["axes"] = [_axes(axes) for axes in value.axes]
        if text is None and not found["parts"]:
            found["attributes"] = dict(self._attributes(value))
        return found

    def _expected(self, value: Any, longest: int = LONGEST_RESULT) -> str | None:
        """The expression of a value that comparisons hold for, None where there is none."""
        digits = self.texts.DIGITS_OF_RESULT if _is_compared_closely(value) else 0
        writer = self.texts.Writer(digits, longest)
        if self.texts.is_generator(value):
            return None
        with contextlib.suppress(Exception):
            text = str(writer.written(value))
            if self._is_same(self.texts.evaluated(text), value, writer):
                return text
        return None

    def _is_same(self, made: Any, value: Any, writer: Any) -> bool:
        """Whether an expression has given a value back, types and indexes of a frame included."""
        kind = type(value).__name__
        if kind in ("DataFrame", "Series") and hasattr(value, "iloc"):
            testing: Any = importlib.import_module("pandas.testing")
            name = "assert_frame_equal" if kind == "DataFrame" else "assert_series_equal"
            getattr(testing, name)(made, value)
            return True
        same_type = type(made) is type(value) or kind == "float64"
        return same_type and bool(writer.written(made) == writer.written(value))

    def _parts(self, value: Any) -> Iterator[tuple[str, str]]:
        """Expressions on a result that is too long to be written, with what they give."""
        kind = type(value).__name__
        ways: list[tuple[str, Callable[[], Any]]] = []
        if hasattr(value, "iloc"):
            ways.append(("{0}.shape", lambda: value.shape))
            if kind == "DataFrame":
                if value.shape[1] < _MOST_COLUMNS:
                    ways.append(("list({0}.columns)", lambda: list(value.columns)))
                ways.append(("{0}.reset_index().head(3)", lambda: value.reset_index().head(3)))
            ways.append(("{0}.head(3)", lambda: value.head(3)))
        elif kind == "ndarray":
            ways = [("{0}.shape", lambda: value.shape), ("{0}[:3]", lambda: value[:3])]
            if value.dtype.kind in "if":
                ways.append(("{0}.sum()", lambda: value.sum()))
        elif isinstance(value, (list, tuple, str)):
            few = 3 if not isinstance(value, str) else 60
            ways = [("len({0})", lambda: len(value)), (f"{{0}}[:{few}]", lambda: value[:few])]
        elif isinstance(value, dict):
            ways = [
                ("len({0})", lambda: len(value)),
                ("dict(list({0}.items())[:2])", lambda: dict(list(value.items())[:2])),
            ]
        for template, way in ways:
            with contextlib.suppress(Exception):
                text = self._expected(way())
                if text is not None:
                    yield template, text
                    if template.endswith(".head(3)"):
                        return

    def _attributes(self, value: Any) -> Iterator[tuple[str, str]]:
        """What an estimator has learned, and plain fields of other objects."""
        for name, item in list(vars(value).items())[:40] if hasattr(value, "__dict__") else ():
            text = None if name.startswith("_") else self._expected(item, 200)
            if text is not None:
                yield name, text

    # --- the author's own functions -----------------------------------------------------------

    def _watch_definitions(self) -> dict[str, Callable[..., Any]]:
        """Write down what the module's other functions are called with first."""
        own: dict[str, Callable[..., Any]] = {
            name: value
            for name, value in vars(self.module).items()
            if isinstance(value, types.FunctionType)
            and value.__module__ == self.module.__name__
            and name not in self.jobs
        }
        for name, function in own.items():
            setattr(self.module, name, self._watched(name, function))
        return own

    def _watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)
        names = [
            name
            for name, one in signature.parameters.items()
            if one.kind is one.POSITIONAL_OR_KEYWORD
        ]

        @functools.wraps(function)
        def called(*args: Any, **options: Any) -> Any:
            seen = self.types.setdefault(name, [])
            if len(seen) >= _MOST_CALLS:
                return function(*args, **options)
            bound = signature.bind(*args, **options).arguments
            if name not in self.seen and list(bound) == names[: len(bound)]:
                with contextlib.suppress(Exception):
                    writer = self.texts.Writer()
                    self.seen[name] = {key: writer.written(one) for key, one in bound.items()}
            found = {key: self.shapes.type_shape(one) for key, one in bound.items()}
            value = function(*args, **options)
            seen.append({"parameters": found, "returns": self.shapes.type_shape(value)})
            return value

        return called


def common_types(calls: list[dict[str, Any]], common: Callable[..., Any]) -> dict[str, Any]:
    """The types that all calls of a function agree on."""
    names = calls[0]["parameters"].keys()
    return {
        "parameters": {
            name: common([call["parameters"].get(name, []) or [""] for call in calls])
            for name in names
        },
        "returns": common([call["returns"] for call in calls]),
    }


def _is_compared_closely(value: Any) -> bool:
    """Whether a comparison of a value allows for its last digits: not where numbers are nested."""
    items = list(value.values()) if isinstance(value, dict) else value
    if isinstance(items, (list, tuple, set, frozenset)):
        return all(type(item) in (int, float) for item in items)
    return True


def _modules(line: str) -> dict[str, Any]:
    names = {"np": "numpy", "random": "random", "torch": "torch", "tf": "tensorflow"}
    return {
        short: importlib.import_module(module)
        for short, module in names.items()
        if line.startswith(f"{short}.")
    }


def _axes(axes: Any) -> dict[str, Any]:
    return {
        "title": axes.get_title(),
        "x": axes.get_xlabel(),
        "y": axes.get_ylabel(),
        "lines": len(axes.lines),
        "patches": len(axes.patches),
        "collections": len(axes.collections),
    }


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _close_figures() -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")


def main(path: str) -> None:
    """Try all functions of a job."""
    os.environ["MPLBACKEND"] = "Agg"
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    if sys.path[:1] == [os.path.dirname(os.path.abspath(__file__))]:
        # What is beside this script is no module of the notebook's.
        del sys.path[0]
    sys.path[:0] = job["path"]
    laboratory = Laboratory(job, importlib.import_module(job["module"]))
    laboratory.try_all()
    types_seen = {
        name: common_types(calls, laboratory.shapes.common_shape)
        for name, calls in laboratory.types.items()
        if calls
    }
    found = {"functions": laboratory.answers, "types": types_seen}
    with open(job["answers"], "w", encoding="utf-8") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main(sys.argv[1])
