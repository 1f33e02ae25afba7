"""Looks at what crosses from task to task, in the kernel that runs the notebook.

`execution.probe` loads this file and calls it before and after each task. It imports nothing of
nbprod but the runtime of applications, whose formats and profiles these are, from its files. What
is asked for before and after a task is its name, the names that it reads (``inputs``) and those
that it stores (``outputs``; in ``chosen`` with a format). ``rows`` are those of them that a model
predicts, ``predicted`` an expression that has the predictions.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import random
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from typing import Any

# Types whose values are compared and hashed by their text.
_PLAIN = (bool, int, float, str, bytes, type(None))
_MOST_PARTS = 2000
_MOST_COLUMNS = 500
_NETWORK = ("socket.connect", "socket.getaddrinfo")


class Observer:
    """Says of each task what it draws, reads and changes, and how its results can be stored."""

    def __init__(
        self, probe: dict[str, Any], shell: Any, job: dict[str, Any], entropy: Any
    ) -> None:
        """``job`` has in ``given``: ``runtime``, its folder; ``hidden``, texts that nothing may
        hold; ``models``, the format of estimators."""
        self.describe: Callable[[Any], Any] = probe["describe"]
        self.shape: Callable[[Any], list[Any]] = probe["type_shape"]
        self.names: dict[str, Any] = shell.user_ns
        self.entropy = entropy
        self.given: dict[str, Any] = job["given"]
        self.runtime = _Runtime(self.given["runtime"])
        self.seen: dict[str, Any] = {}
        self.task: str | None = None
        self.state: dict[str, Any] | None = None
        self.folder = os.path.realpath(os.getcwd())
        self.touched: dict[str, set[str]] = {}
        sys.addaudithook(self._audit)

    # --- around a task ------------------------------------------------------------------------

    def before(self, asked: dict[str, Any]) -> None:
        """A task is about to begin."""
        # What draws between tasks are imports; an application has done them before it starts.
        if self.state is None:
            self.runtime.randomness.start(0)
        else:
            self.runtime.randomness.restore(self.state, 0)
        self.touched = {"reads": set(), "writes": set(), "uses": set()}
        self.seen = {
            "entropy": dict(self.entropy.given),
            "inputs": {name: self._fingerprint(name) for name in asked["inputs"]},
            "shared": [list(pair) for pair in self._sharing(asked["inputs"])],
        }
        self.identities = {name: id(self.names.get(name)) for name in asked["inputs"]}
        self.generators = _generators()
        self.task = asked["task"]

    def after(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A task has run: all that was seen."""
        self.task = None
        now = _generators()
        before = self.generators
        kept, given = self.runtime.randomness.state(), dict(self.entropy.given)
        found = self._behind(asked)
        # Values that are stored and read on trial may draw.
        self.runtime.randomness.restore(kept, 0)
        self.state = self.runtime.randomness.state()
        self.entropy.given.clear()
        self.entropy.given.update(given)
        found["draws"] = sorted(
            name for name in now if now[name] != (before.get(name) or _started(name))
        )
        return found

    def _behind(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What is there after a task."""
        found = dict(self.seen)
        found["changed"] = [
            name
            for name, identity in self.identities.items()
            if id(self.names.get(name)) == identity
            and self._fingerprint(name) != self.seen["inputs"][name]
        ]
        found["touched"] = {kind: sorted(names) for kind, names in self.touched.items()}
        chosen = asked.get("chosen", {})
        found["outputs"] = {name: self._output(name, chosen.get(name)) for name in asked["outputs"]}
        found["live"] = {name: self._fingerprint(name) for name in asked["live"]}
        for name in asked.get("rows", ()):
            found["outputs"][name]["rows"] = _rows_of(self.names.get(name))
        for expression in asked.get("predicted", ()):
            found["predicted"] = self._predicted(expression)
        return found

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note files and connections that a task opens; nothing here may fail."""
        if self.task is None:
            return
        if event == "open" and isinstance(arguments[0], str):
            path = os.path.realpath(os.path.join(self.folder, arguments[0]))
            inside = os.path.relpath(path, self.folder)
            if not inside.startswith(os.pardir):
                flags = arguments[2] if isinstance(arguments[2], int) else 0
                written = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
                self.touched["writes" if written else "reads"].add(inside)
        elif event in _NETWORK and not self._is_spark(event, arguments):
            if event != "socket.connect" or isinstance(arguments[1], tuple):
                self.touched["uses"].add("network")
        elif event == "sqlite3.connect":
            self.touched["uses"].add("database")

    @staticmethod
    def _is_spark(event: str, arguments: tuple[Any, ...]) -> bool:
        """Whether a connection is the one to the Java machine of Spark."""
        address = arguments[1] if event == "socket.connect" else arguments
        host = address[0] if isinstance(address, tuple) else ""
        return "py4j" in sys.modules and host in ("127.0.0.1", "::1", "localhost")

    # --- results ------------------------------------------------------------------------------

    def _output(self, name: str, chosen: str | None) -> dict[str, Any]:
        """How a result can be stored: the first format that gives an equal value back, or the
        one that a person has chosen."""
        if name not in self.names:
            return {"problem": "is not there in the run"}
        value = self.names[name]
        entry: dict[str, Any] = {"type": self.runtime.type_name(value)}
        described = self._described(value)
        if described is None:
            return {**entry, "problem": f"is a {entry['type']}, which no format carries"}
        entry["value"] = described
        entry["shape"] = self.shape(value)
        kept = [described, self._with_label(value)]
        entry["failed"] = {}
        for form in [chosen] if chosen else self._formats(value):
            tried = self._tried_in_spark if form == "spark" else self._tried
            data, size, problem = tried(form, value, kept)
            if problem is None:
                entry.update(format=form, bytes=size)
                break
            entry["failed"][form] = problem
        else:
            reasons = list(entry["failed"].values())
            return {**entry, "problem": reasons[-1] if reasons else "no format carries it"}
        text = json.dumps(described, ensure_ascii=False)
        for hidden in self.given["hidden"]:
            if hidden.encode() in data or json.dumps(hidden, ensure_ascii=False)[1:-1] in text:
                return {"type": entry["type"], "problem": "contains a secret", "secret": True}
        if entry["format"] == "frame":
            entry["schema"] = _schema_of(value)
            entry["profile"] = self._profile(value)
        return entry

    def _formats(self, value: Any) -> list[str]:
        if type(value).__module__.startswith("pyspark.sql") and hasattr(value, "toPandas"):
            return ["spark"]
        found: list[str] = [
            form for form in self.runtime.formats.candidates(value) if form != "file"
        ]
        if self.given.get("models") == "skops" and "skops" in found:
            return ["skops", *(form for form in found if form not in ("model", "skops"))]
        return [form for form in found if form != "skops"]

    def _tried_in_spark(
        self, form: str, value: Any, kept: list[Any]
    ) -> tuple[bytes, int, str | None]:
        """The same of a frame of Spark, which Spark writes and reads."""
        spark = importlib.import_module("nbprod_runtime.spark")
        storage = importlib.import_module("nbprod_runtime.storage")
        with tempfile.TemporaryDirectory() as folder:
            try:
                place = storage.open_storage(folder, {})
                stored = spark.store_spark(place, "trial", value, "it")
                again = spark.load_spark(place, stored)
                same = kept == [self._described(again), self._with_label(again)]
            except Exception as error:
                return b"", 0, str(error).strip().partition("\n")[0] or type(error).__name__
        return b"", stored.bytes, None if same else f"`{form}` gives another value back"

    def _tried(self, form: str, value: Any, kept: list[Any]) -> tuple[bytes, int, str | None]:
        """The bytes of a value in a format, how many, and why it cannot be that one."""
        formats = self.runtime.formats
        try:
            data = formats.encode(form, value, "it")
            again = formats.decode(form, data, "it")
            same = self.runtime.type_name(value) == self.runtime.type_name(again)
            same = same and kept == [self._described(again), self._with_label(again)]
        except Exception as error:
            return b"", 0, str(error).strip() or type(error).__name__
        return data, len(data), None if same else f"`{form}` gives another value back"

    def _predicted(self, expression: str) -> Any:
        """The notebook's predictions; None where it has none that can be compared."""
        try:
            return self.describe(eval(expression, self.names))
        except Exception:
            return None

    def _with_label(self, value: Any) -> Any:
        """What of a value the comparison of two notebooks leaves out."""
        return str(getattr(value, "attrs", "")) if hasattr(value, "iloc") else None

    def _described(self, value: Any) -> Any:
        """A value as plain data, None where it is something that is open or shown."""
        try:
            return self.describe(value)
        except Exception:
            return None

    def _profile(self, value: Any) -> Any:
        try:
            return self.runtime.contracts.profile_of(value)
        except Exception:
            return {}

    # --- what is changed through a name --------------------------------------------------------

    def _fingerprint(self, name: str) -> str | None:
        """A hash of a variable's value, None where there is none."""
        if name not in self.names:
            return None
        try:
            return _hashed(self.names[name], self.describe)
        except Exception:
            return None

    def _sharing(self, names: list[str]) -> Iterator[tuple[str, str]]:
        """The pairs of names whose values are one object, or have one in common."""
        parts = {name: set(_parts(self.names.get(name))) for name in names}
        for number, one in enumerate(names):
            for other in names[number + 1 :]:
                if parts[one] & parts[other]:
                    yield one, other


class _Runtime:
    """The modules of an application's runtime, loaded from its files under another name."""

    def __init__(self, folder: str) -> None:
        package = types.ModuleType("nbprod_runtime")
        package.__path__ = [folder]
        sys.modules["nbprod_runtime"] = package
        self.formats = importlib.import_module("nbprod_runtime.formats")
        self.contracts = importlib.import_module("nbprod_runtime.contracts")
        self.randomness = importlib.import_module("nbprod_runtime.randomness")
        self.type_name = importlib.import_module("nbprod_runtime.kinds").type_name


def _generators() -> dict[str, str]:
    """A hash of the state of each global random generator that is there."""
    found = {"random": _digest(repr(random.getstate()).encode())}
    numpy: Any = sys.modules.get("numpy.random")
    if numpy is not None:
        name, keys, *rest = numpy.get_state()
        found["numpy"] = _digest(name.encode(), keys.tobytes(), repr(rest).encode())
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        found["torch"] = _digest(torch.get_rng_state().numpy().tobytes())
    return found


def _started(library: str) -> str:
    """The hash of the state in which a library's generator is when it is first imported."""
    if library == "numpy":
        name, keys, *rest = sys.modules["numpy.random"].RandomState(0).get_state()
        return _digest(name.encode(), keys.tobytes(), repr(rest).encode())
    generator = sys.modules["torch"].Generator().manual_seed(0)
    return _digest(generator.get_state().numpy().tobytes())


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _hashed(value: Any, describe: Callable[[Any], Any]) -> str:
    pandas: Any = sys.modules.get("pandas")
    numpy: Any = sys.modules.get("numpy")
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
        try:
            rows = pandas.util.hash_pandas_object(value).values
            about = [str(getattr(value, "dtypes", "")), repr(list(_labels(value)))]
            return _digest(rows.tobytes(), *(text.encode() for text in about))
        except TypeError:
            pass  # a column of lists
    if numpy is not None and type(value) is numpy.ndarray and not value.dtype.hasobject:
        return _digest(str((value.dtype, value.shape)).encode(), value.tobytes())
    return _digest(json.dumps(describe(value)).encode("utf-8", "surrogatepass"))


def _labels(value: Any) -> Any:
    return value.columns if hasattr(value, "columns") else [value.name]


def _parts(value: Any, depth: int = 0) -> Iterator[int]:
    """The identities of the objects that a value is made of and that can be changed."""
    if depth > 3 or isinstance(value, (*_PLAIN, type, types.ModuleType, types.FunctionType)):
        return
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        while isinstance(value.base, numpy.ndarray):
            value = value.base
        yield id(value)
        return
    yield id(value)
    inner: list[Any] = []
    if isinstance(value, (list, tuple, set)):
        inner = list(value)[:_MOST_PARTS]
    elif isinstance(value, dict):
        inner = list(value.values())[:_MOST_PARTS]
    elif type(value).__module__.partition(".")[0] != "pandas":
        inner = list(getattr(value, "__dict__", {}).values())[:_MOST_PARTS]
    elif hasattr(value, "_mgr"):
        inner = list(getattr(value._mgr, "arrays", ()))
    for part in inner:
        yield from _parts(part, depth + 1)


def _schema_of(frame: Any) -> dict[str, Any] | None:
    """What the schema of a frame is made of; None where labels are no plain values."""
    labels = [*frame.columns, *frame.index.names]
    if any(not isinstance(label, (str, int, tuple, type(None))) for label in labels):
        return None
    if frame.columns.has_duplicates:
        return None
    columns = [
        {"name": label, **_kind_of(frame[label])} if not isinstance(label, tuple) else None
        for label in frame.columns
    ]
    if any(column is None for column in columns):
        return None
    index = frame.index
    levels = [index.get_level_values(number) for number in range(index.nlevels)]
    return {
        "columns": columns,
        "index": [{"name": level.name, **_kind_of(level)} for level in levels],
    }


def _rows_of(value: Any) -> dict[str, Any] | None:
    """The columns of rows that are no frame: those of an array are counted."""
    pandas: Any = sys.modules.get("pandas")
    numpy: Any = sys.modules.get("numpy")
    if pandas is not None and isinstance(value, pandas.Series):
        name = value.name if isinstance(value.name, str) else "value"
        return {"columns": [{"name": name, **_kind_of(value)}], "index": []}
    if numpy is None or type(value) is not numpy.ndarray or value.ndim != 2:
        return None
    if value.dtype.kind not in "biuf" or not 0 < value.shape[1] <= _MOST_COLUMNS:
        return None
    gaps = bool(value.dtype.kind == "f" and numpy.isnan(value).any())
    kind = {"dtype": str(value.dtype), "nullable": gaps}
    return {"columns": [{"name": f"x{n}", **kind} for n in range(value.shape[1])], "index": []}


def _kind_of(column: Any) -> dict[str, Any]:
    kind: dict[str, Any] = {"dtype": str(column.dtype), "nullable": bool(column.isna().any())}
    if kind["dtype"] == "category":
        levels = list(column.dtype.categories)
        plain = all(isinstance(level, (str, int, float)) for level in levels)
        kind["ordered"] = bool(column.dtype.ordered)
        kind["levels"] = [_as_plain(level) for level in levels] if plain else None
    return kind


def _as_plain(level: Any) -> Any:
    return level.item() if hasattr(level, "item") else level
