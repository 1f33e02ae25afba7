"""Calls extracted functions with small data, in the interpreter that runs the notebook.

It is started as a script with the path of a job and imports nothing of nbprod. For each function of
the job it writes down arguments as expressions, what the call gives, prints and changes. A job, in
JSON, has

* ``module``: the dotted name of the module; ``path``: folders to import from;
* ``functions``: each with its ``name``, the ``folder`` to call it in, its ``parameters`` with the
  files of recorded values, the names of its ``results`` and the statements that ``seed`` its random
  numbers;
* ``answers``: the file of the answers.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import pickle
import re
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

# Rows of the sample, from few that are easy to read to all.
SIZES = (6, 40, 200)
LONGEST = 2500
SECONDS = 20
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")


class Unwritable(Exception):
    """A value that no short expression gives back."""


class _Unpickler(pickle.Unpickler):
    """What the notebook called its own is the module's now."""

    module = ""

    def find_class(self, module: str, name: str) -> Any:
        """Find a class of the notebook in the module."""
        return super().find_class(self.module if module == "__main__" else module, name)


# --- values as expressions ------------------------------------------------------------------------


def written(value: Any) -> str:
    """An expression that gives a value back.

    Raises:
        Unwritable: there is no short one.
    """
    text = _text(value)
    if len(text) > LONGEST or _ADDRESS.search(text):
        raise Unwritable(f"a {type(value).__name__} too long to be written")
    return text


def _text(value: Any) -> str:
    kind = type(value)
    if value is None or kind in (bool, int, str, bytes, complex):
        return repr(value)
    if kind is float:
        return repr(value) if value == value and abs(value) != float("inf") else f'float("{value}")'
    if kind in (list, tuple, set, frozenset):
        return _sequence(value, kind)
    if kind is dict:
        pairs = [f"{_text(key)}: {_text(item)}" for key, item in value.items()]
        return "{" + ", ".join(pairs) + "}"
    module = kind.__module__.partition(".")[0]
    if module == "datetime" and getattr(value, "tzinfo", None) is None:
        return repr(value)
    if module == "numpy":
        return _array(value)
    if module == "pandas":
        return _frame(value)
    raise Unwritable(f"a {kind.__name__}")


def _sequence(value: Any, kind: type) -> str:
    items = sorted(value, key=repr) if kind in (set, frozenset) else value
    texts = ", ".join(map(_text, items))
    if kind is list:
        return f"[{texts}]"
    if kind is tuple:
        return f"({texts},)" if len(value) == 1 else f"({texts})"
    if not texts:
        return f"{kind.__name__}()"
    return f"{{{texts}}}" if kind is set else f"frozenset({{{texts}}})"


def _array(value: Any) -> str:
    kind = type(value).__name__
    if getattr(value, "ndim", None) == 0 and kind != "ndarray":
        return f"np.{kind}({_text(value.item())})"
    if kind != "ndarray" or value.dtype.kind not in "biufUSc":
        raise Unwritable(f"a {kind}")
    text = _text(value.tolist())
    usual = {"int64", "float64", "bool"}
    plain = value.size and str(value.dtype) in usual and "float(" not in text
    return f"np.array({text})" if plain else f'np.array({text}, dtype="{value.dtype.str}")'


def _frame(value: Any) -> str:
    kind = type(value).__name__
    if kind == "Timestamp":
        return f'pd.Timestamp("{value}")'
    if kind == "Series":
        name = "" if value.name is None else f", name={_text(value.name)}"
        return f"pd.Series({_column(value)}{_index(value.index)}{name}{_dtype(value)})"
    if kind == "DataFrame":
        if not value.columns.is_unique:
            raise Unwritable("a frame with repeated columns")
        columns = ", ".join(f"{_text(name)}: {_series(value[name])}" for name in value.columns)
        return f"pd.DataFrame({{{columns}}}{_index(value.index)})"
    if kind in ("Index", "RangeIndex"):
        return f"pd.Index({_text(value.tolist())})"
    raise Unwritable(f"a {kind}")


def _series(value: Any) -> str:
    """A column of a frame: its values, as a series where they alone would have another type."""
    text = _column(value)
    dtype = _dtype(value)
    if not dtype:
        return text
    return f"pd.Series({text}{_index(value.index)}{dtype})"


def _column(value: Any) -> str:
    kind = value.dtype.kind
    if kind == "M" and getattr(value.dtype, "tz", None) is None:
        texts = [None if stamp != stamp else str(stamp) for stamp in value]
        return f"pd.to_datetime({_text(texts)})"
    if kind in "mM":
        raise Unwritable("dates with a time zone, or durations")
    items = value.tolist()
    if kind == "f":
        return "[" + ", ".join(_text(item) for item in items) + "]"
    return _text([None if item is not item or item != item else item for item in items])


def _dtype(value: Any) -> str:
    name = str(value.dtype)
    if value.dtype.kind in "M" or name in ("int64", "float64", "bool", "object", "str"):
        return ""
    return f', dtype="{name}"'


def _index(index: Any) -> str:
    if type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1:
        return ""
    if type(index).__name__ == "DatetimeIndex":
        return f", index=pd.to_datetime({_text([str(stamp) for stamp in index])})"
    if type(index).__name__ == "MultiIndex":
        raise Unwritable("a frame with an index of several levels")
    name = "" if index.name is None else f", name={_text(index.name)}"
    usual = str(index.dtype) in ("int64", "float64", "object", "str", "bool")
    dtype = "" if usual else f', dtype="{index.dtype}"'
    if name or dtype:
        return f", index=pd.Index({_text(index.tolist())}{dtype}{name})"
    return f", index={_text(index.tolist())}"


def evaluate_expression(text: str) -> Any:
    """What an expression of ours gives."""
    names: dict[str, Any] = {}
    for short, module in (("np", "numpy"), ("pd", "pandas"), ("datetime", "datetime")):
        if f"{short}." in text:
            names[short] = importlib.import_module(module)
    return eval(text, names)  # noqa: S307 - we have written it


# --- small data -----------------------------------------------------------------------------------


def sampled(value: Any, size: int) -> Any:
    """A part of a value with at most so many rows, the same ones of all that are as long."""
    length = _length(value)
    if length is None or length <= size:
        return value
    kept = sorted({*range(size // 2), *(length - 1 - place for place in range(size // 2))})
    if hasattr(value, "iloc"):
        return value.iloc[kept]
    if hasattr(value, "dtype"):
        return value[kept]
    if isinstance(value, dict):
        return dict(list(value.items())[:size])
    return type(value)(value[place] for place in kept)


def _length(value: Any) -> int | None:
    if hasattr(value, "iloc") or type(value) in (list, tuple, dict):
        return len(value)
    is_array = hasattr(value, "dtype") and getattr(value, "ndim", None) not in (None, 0)
    return len(value) if is_array else None


# --- calls ----------------------------------------------------------------------------------------


def tried(job: dict[str, Any], module: Any) -> dict[str, Any]:
    """What a function does with the smallest sample of its arguments that it takes."""
    values: dict[str, Any] = {}
    for name, path in job["parameters"].items():
        if path is None:
            return {"problem": f"no recorded value of `{name}`"}
        try:
            with open(path, "rb") as file:
                unpickler = _Unpickler(file)
                unpickler.module = module.__name__
                values[name] = unpickler.load()
        except Exception as error:
            return {"problem": f"`{name}` cannot be read again: {type(error).__name__}"}
    os.chdir(job["folder"])
    problem = "it cannot be called with small data"
    for size in SIZES:
        try:
            texts = {name: written(sampled(value, size)) for name, value in values.items()}
        except Unwritable as error:
            return {"problem": f"an argument is {error}"}
        function = getattr(module, job["name"])
        try:
            return _called(function, texts, job)
        except Exception as error:
            problem = f"it fails with small data: {type(error).__name__}"
    return {"problem": problem}


def _called(
    function: Callable[..., Any], texts: dict[str, str], job: dict[str, Any]
) -> dict[str, Any]:
    first = _once(function, texts, job)
    again = _once(function, texts, job)
    for one, other in zip(first["results"], again["results"], strict=True):
        if one != other:
            one.pop("text", None)
            one.pop("attributes", None)
    if first["printed"] != again["printed"]:
        first["printed"] = None
    return {"arguments": texts, **first}


def _once(
    function: Callable[..., Any], texts: dict[str, str], job: dict[str, Any]
) -> dict[str, Any]:
    arguments = {name: evaluate_expression(text) for name, text in texts.items()}
    for line in job["seed"]:
        exec(line, _modules(line))  # noqa: S102 - it is one of ours
    out = io.StringIO()
    with contextlib.redirect_stdout(out), _time_limit():
        given = function(**arguments)
    names = job["results"]
    parts = list(given) if len(names) > 1 and isinstance(given, tuple) else [given]
    printed = out.getvalue()
    found = {
        "results": [_result(part) for part in parts],
        "printed": printed if len(printed) < LONGEST and not _ADDRESS.search(printed) else None,
        "unchanged": [name for name, value in arguments.items() if _is_as(value, texts[name])],
    }
    _close_figures()
    return found


def _modules(line: str) -> dict[str, Any]:
    names = {"np": "numpy", "random": "random", "torch": "torch", "tf": "tensorflow"}
    return {
        short: importlib.import_module(module)
        for short, module in names.items()
        if line.startswith(f"{short}.")
    }


def _is_as(value: Any, text: str) -> bool:
    try:
        return written(value) == text
    except Unwritable:
        return False


def _result(value: Any) -> dict[str, Any]:
    kind = type(value)
    found: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
    with contextlib.suppress(Exception):
        text = written(value)
        if _is_same(evaluate_expression(text), value):
            found["text"] = text
    if getattr(value, "shape", None) is not None and isinstance(value.shape, tuple):
        found["shape"] = list(value.shape)
    if hasattr(value, "columns") and kind.__name__ == "DataFrame":
        found["columns"] = [str(name) for name in value.columns]
    if kind.__name__ == "Figure" and hasattr(value, "axes"):
        found["axes"] = [_axes(axes) for axes in value.axes]
    if "text" not in found:
        found["attributes"] = dict(_attributes(value))
    return found


def _is_same(made: Any, value: Any) -> bool:
    """Whether an expression has given a value back, types and indexes of a frame included."""
    kind = type(value).__name__
    if kind in ("DataFrame", "Series") and hasattr(value, "iloc"):
        testing: Any = importlib.import_module("pandas.testing")
        getattr(testing, "assert_frame_equal" if kind == "DataFrame" else "assert_series_equal")(
            made, value
        )
        return True
    return type(made) is type(value) and written(made) == written(value)


def _axes(axes: Any) -> dict[str, Any]:
    return {
        "title": axes.get_title(),
        "x": axes.get_xlabel(),
        "y": axes.get_ylabel(),
        "lines": len(axes.lines),
        "patches": len(axes.patches),
        "collections": len(axes.collections),
    }


def _attributes(value: Any) -> Iterator[tuple[str, str]]:
    """What an estimator has learned, and plain fields of other objects."""
    for name, item in list(vars(value).items())[:40] if hasattr(value, "__dict__") else ():
        if name.startswith("_"):
            continue
        try:
            text = written(item)
        except Exception:
            continue
        if len(text) < 200:
            yield name, text


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
    sys.path[:0] = job["path"]
    module = importlib.import_module(job["module"])
    answers = {}
    for function in job["functions"]:
        try:
            answers[function["name"]] = tried(function, module)
        except Exception as error:
            answers[function["name"]] = {"problem": f"it cannot be tried: {type(error).__name__}"}
    with open(job["answers"], "w", encoding="utf-8") as file:
        json.dump(answers, file)


if __name__ == "__main__":
    main(sys.argv[1])
