"""Calls extracted functions with small data, in the interpreter that runs the notebook.

It is started as a script with the path of a job and imports nothing of nbprod. For each function of
the job it writes down arguments as expressions, what the call gives, prints and changes. A job, in
JSON, has

* ``module``: the dotted name of the module; ``path``: folders to import from; ``beside``: the files
  of the scripts that this one loads;
* ``functions``: each with its ``name``, the ``folder`` to call it in, its ``parameters`` with the
  files of recorded values (of the author's own: ``arguments``, the file of all), the ``columns``
  that it reads of them, the ``bounds`` that it compares with, the ``makers`` before it that return
  them, the names of its ``results``, the statements that ``seed`` its random numbers, and whether
  it is ``settled``: certain to return the same each time;
* ``seconds``: how long all calls may take;
* ``data``: the folder of the files that functions read, which gets those of long arguments;
  ``answers``: the file of the answers, by function.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import io
import json
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# Rows of the sample, from few that are easy to read to all.
SIZES = (6, 40, 200)
SECONDS = 20
# How many columns may be found out one by one.
_MOST_COLUMNS = 8
LONGEST_PRINTED = 1500
_TOO_LONG = "to call the functions takes too long"


class _Unpickler(pickle.Unpickler):
    """What the notebook called its own is the module's now."""

    module = ""

    def find_class(self, module: str, name: str) -> Any:
        """Find a class of the notebook in the module."""
        return super().find_class(self.module if module == "__main__" else module, name)


def loaded(path: str) -> Any:
    """A script from a file, as a module."""
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Laboratory:
    """Calls the functions of one module, in order: later ones may need what earlier ones give."""

    def __init__(self, job: dict[str, Any], module: Any) -> None:
        self.module = module
        scripts = {os.path.basename(path)[:-3]: loaded(path) for path in job["beside"]}
        self.texts, self.library = scripts["expression_texts"], scripts["object_texts"]
        digits = self.texts.DIGITS_OF_SAMPLE
        self.files = scripts["written_files"].WrittenFiles(job["data"], digits)
        self.objects = self.library.Objects(module, scripts["shapes"].public_module)
        self.generators = scripts["generators"]
        self.results = scripts["result_texts"].Results(
            self.texts, self.library, self.objects, self.writer, self.evaluated
        )
        self.answers: dict[str, dict[str, Any]] = {}
        self.until = time.monotonic() + job["seconds"]
        self.jobs = {function["name"]: function for function in job["functions"]}

    def writer(self, digits: int = 0, longest: int = 0) -> Any:
        """Something that writes values, with the objects that a test can make."""
        return self.texts.Writer(digits, longest or self.texts.LONGEST, self.objects)

    def evaluated(self, text: str, names: Mapping[str, Any] | None = None) -> Any:
        """What an expression of ours gives, which may read other arguments."""
        known = {**self.objects.names_for(text), **(names or {}), "DATA": self.files.folder}
        return self.texts.evaluated(text, known)

    def try_all(self) -> None:
        """Call each function, the author's own as well."""
        for name, job in self.jobs.items():
            if time.monotonic() > self.until:
                self.answers[name] = {"problem": _TOO_LONG}
                continue
            try:
                self.answers[name] = self.tried(job)
            except Exception as error:
                self.answers[name] = {"problem": f"it cannot be tried: {type(error).__name__}"}

    def tried(self, job: dict[str, Any]) -> dict[str, Any]:
        """What a function does with the smallest sample of its arguments that it takes."""
        values: dict[str, Any] = {}
        missing = ""
        function = getattr(self.module, job["name"])
        if "arguments" in job:
            values = self._given(function, job)
            job["parameters"] = dict.fromkeys(values)
        for name, path in job["parameters"].items():
            if name in values:
                continue
            try:
                values[name] = self._value(name, path)
            except ValueError as error:
                if name not in job["makers"]:
                    return {"problem": str(error)}
                missing = str(error)
        problem = missing or "it cannot be called with small data"
        for sample in self._samples(values, job):
            if time.monotonic() > self.until:
                break
            for files in (None, self.files):
                known = {*self.files.known}
                try:
                    given, steps = self._arguments(sample, job, files)
                except self.texts.Unwritable as error:
                    problem = f"an argument is {error}"
                    self.files.forget(known)
                    continue
                try:
                    return self._called(function, given, steps, job)
                except Exception as error:
                    problem = f"it fails with small data: {type(error).__name__}"
                    self._note_column(error, values, job)
                    self.files.forget(known)
                if not steps:
                    break
        return {"problem": problem}

    def _note_column(self, error: Exception, values: dict[str, Any], job: dict[str, Any]) -> None:
        """Keep a column for the next sample that a function has missed in this one."""
        missed = getattr(error, "name", None) if isinstance(error, AttributeError) else None
        for name in [missed, *(error.args if isinstance(error, KeyError) else ())]:
            for key, value in values.items():
                wanted = job["columns"].get(key, ())
                if wanted and name in getattr(value, "columns", ()) and name not in wanted:
                    job["columns"][key] = [*wanted, name]

    def _samples(self, values: dict[str, Any], job: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Small parts of the values, those first that tell most and are easy to read."""
        size, bounds, texts = SIZES[0], job["bounds"], job["texts"]
        for part in self._parts(values, job):
            sample = self.texts.sampled(part, size, bounds, texts, telling=True)
            moved = self.texts.on_bounds(sample, bounds)
            if any(value is not sample[name] for name, value in moved.items()):
                yield moved
            yield sample
        for size in SIZES[1:]:
            for part in self._parts(values, job):
                yield self.texts.sampled(part, size, bounds, texts, telling=False)
        # What counts the rows, or looks for one of them, takes all.
        yield values

    def _parts(self, values: dict[str, Any], job: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The values with the columns that the function reads, more where it misses some, then
        with all."""
        before: dict[str, list[str]] | None = None
        for _ in range(_MOST_COLUMNS):
            narrow = self._narrowed(values, job)
            is_narrow = any(value is not narrow[name] for name, value in values.items())
            if not is_narrow or before == job["columns"]:
                break
            before = dict(job["columns"])
            yield narrow
        yield values

    def _given(self, function: Callable[..., Any], job: dict[str, Any]) -> dict[str, Any]:
        """The arguments of a call, without the last ones that are the defaults."""
        values: dict[str, Any] = self._value("arguments", job["arguments"])
        names = inspect.signature(function).parameters
        for name in reversed(list(values)):
            default = names[name].default if name in names else None
            if default is inspect.Parameter.empty or not self.library.is_same(
                values[name], default
            ):
                break
            del values[name]
        return values

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
        self, sample: dict[str, Any], job: dict[str, Any], files: Any = None
    ) -> tuple[dict[str, str], list[dict[str, Any]]]:
        """The arguments as expressions, and the calls that make those that have none; what is long
        is read from ``files`` where there are such."""
        writer = self.writer(self.texts.DIGITS_OF_SAMPLE)
        given: dict[str, str] = {}
        steps: list[dict[str, Any]] = []
        late: list[str] = []
        for name in job["parameters"]:
            try:
                if name not in sample:
                    raise self.texts.Unwritable(f"a value that cannot be kept: `{name}`")
                given[name] = writer.written(sample[name])
            except self.texts.Unwritable:
                read = self._read(job["name"], name, sample, files)
                if read:
                    given[name] = read
                    continue
                maker = job["makers"].get(name)
                made = self.answers.get(maker or "", {"problem": ""})
                if "problem" not in made:
                    steps += [step for step in self._steps(maker, made) if step not in steps]
                elif name not in sample:
                    raise
                else:
                    late.append(name)
        self.objects.given = {name: sample[name] for name in given}
        self.objects.makes_data = True
        try:
            given |= {name: writer.written(sample[name]) for name in late}
        finally:
            self.objects.given = {}
            self.objects.makes_data = False
        inputs: dict[str, str] = {}
        for step in steps:
            # What the makers are called with fits what they make.
            inputs |= step["given"]
        outputs = {target for step in steps for target in step["targets"]}
        given = {name: text for name, text in given.items() if name not in outputs}
        return {**given, **inputs}, steps

    def _read(self, function: str, name: str, sample: dict[str, Any], files: Any) -> str:
        """The expression that reads an argument from a file; empty where there is none."""
        found = files.text(f"{function}_{name}", sample[name]) if files and name in sample else None
        if found is None:
            return ""
        for line in found[1]:
            self.objects.imports[line.rpartition(" ")[2]] = line
        return str(found[0])

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
        again = first
        if first["draws"]:
            again = self._once(function, given, steps, job, call)
            if again["results"] != first["results"] or again["printed"] != first["printed"]:
                seeds = [self.generators.SEEDS[name] for name in first["draws"]]
                job["seed"] = [*job["seed"], *seeds]
                first = again = self._once(function, given, steps, job, call)
        # The tests call it once more: what differs nevertheless is found out by them.
        if not job["settled"]:
            again = self._once(function, given, steps, job, call)
        for one, other in zip(first["results"], again["results"], strict=True):
            _keep_stable(one, other)
        for one, other in zip(first["drawn"], again["drawn"], strict=False):
            _keep_stable(one, other)
        if first["printed"] != again["printed"]:
            first["printed"] = None
        for name, text in first["made"].items():
            first["made"][name] = text if again["made"].get(name, text) == text else None
        texts = [*given.values(), json.dumps(first["results"])]
        texts += [text for step in steps for text in step["given"].values()]
        imports = self.objects.lines_for(texts)
        files = self.files.used(" ".join(given.values()))
        found = {"arguments": given, "steps": steps, "call": call, "imports": imports}
        found["seed"] = job["seed"]
        return {**found, "files": files, **first}

    def _once(
        self,
        function: Callable[..., Any],
        given: dict[str, str],
        steps: list[dict[str, Any]],
        job: dict[str, Any],
        call: list[str],
    ) -> dict[str, Any]:
        names: dict[str, Any] = {}
        for name, text in given.items():
            names[name] = self.evaluated(text, names)
        out = io.StringIO()
        _close_figures()
        with _time_limit(self.until):
            for step in steps:
                with contextlib.redirect_stdout(io.StringIO()):
                    self._make(step, names)
            for line in job["seed"]:
                exec(line, self.generators.modules(line))  # noqa: S102 - it is one of ours
            before, states = self.files.around(), self.generators.states()
            with contextlib.redirect_stdout(out):
                given_back = function(*(names[name] for name in call))
        count = len(job["results"])
        parts = list(given_back) if count > 1 and isinstance(given_back, tuple) else [given_back]
        known = names | dict(zip(job["results"], parts, strict=False))
        printed = out.getvalue()
        stable = len(printed) < LONGEST_PRINTED and " at 0x" not in printed
        results = [self.results.described(part, known) for part in parts]
        found = {
            "results": results,
            "printed": printed if stable else None,
            "made": self.files.made_since(before),
            "draws": self.generators.drawn_from(states, job["seed"]),
            "drawn": [] if any("axes" in result for result in results) else self._drawn(),
            "unchanged": [name for name, text in given.items() if self._is_as(names[name], text)],
        }
        _close_figures()
        return found

    def _drawn(self) -> list[dict[str, Any]]:
        """The figure that a function leaves open and does not return."""
        pyplot: Any = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or not pyplot.get_fignums():
            return []
        return [self.results.described(pyplot.gcf(), {})]

    def _make(self, step: dict[str, Any], names: dict[str, Any]) -> None:
        for line in step["seed"]:
            exec(line, self.generators.modules(line))  # noqa: S102 - it is one of ours
        made = getattr(self.module, step["function"])(*(names[name] for name in step["call"]))
        if len(step["targets"]) == 1:
            names[step["targets"][0]] = made
        else:
            names.update(zip(step["targets"], made, strict=True))

    def _is_as(self, value: Any, text: str) -> bool:
        if self.files.used(text):
            other = self.evaluated(text)
            return bool(value.equals(other)) if hasattr(value, "equals") else False
        try:
            return bool(self.writer().written(value) == text)
        except self.texts.Unwritable:
            return False


def _keep_stable(result: dict[str, Any], again: dict[str, Any]) -> None:
    """Remove from what is said of a result what is not the same a second time."""
    for key in ("parts", "attributes"):
        if key in result:
            kind = type(result[key])
            pairs = list(result[key].items()) if kind is dict else result[key]
            others = list(again[key].items()) if kind is dict else again.get(key, [])
            result[key] = kind(pair for pair in pairs if pair in others)
    for one, other in zip(result.get("axes", ()), again.get("axes", ()), strict=False):
        one["checks"] = [check for check in one["checks"] if check in other["checks"]]
    if result.get("text") != again.get("text"):
        result.pop("text", None)


@contextlib.contextmanager
def _time_limit(until: float) -> Iterator[None]:
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(max(1, min(SECONDS, int(until - time.monotonic()))))
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
    with open(job["answers"], "w", encoding="utf-8") as file:
        json.dump(laboratory.answers, file)


if __name__ == "__main__":
    main(sys.argv[1])
