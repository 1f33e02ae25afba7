"""Looks at a notebook's variables from inside of the kernel that runs it.

The kernel executes this file once, when it starts, with the path of a job in ``JOB``; it imports
nothing of nbprod. Around each cell it writes down what was asked for. A job, in JSON, has

* ``path``: folders to import from;
* ``count``: how many cells will run; ``answers``: the file of what is seen, one JSON object a cell;
* ``disturbed``: whether to change what nobody may rely on, such as memory that is not written;
* ``snapshots``: for a cell, by its place, the names whose values to describe after it;
* ``watch``: for a cell, the values to keep as files, each with the ``place`` in it: before a
  statement by its number (0 is the start, None the end of the cell), a ``key``, their ``names``,
  and ``local`` names of which the types are enough; ``count`` is how many statements the cell has;
  ``pickles``: the folder of the files; ``calls``: whether to see those of its functions;
* ``observer``: a program with a class ``Observer`` that looks at more. It is made with this probe,
  the shell, the job and what gives numbers to generators without a seed; its ``before(asked)`` and
  ``after(asked)`` are called around the cells that ``observe`` has something under these names for.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import json
import os
import pickle
import random
import runpy
import sys
from collections.abc import Callable
from typing import Any

_MARK = "__nbprod_watch__"
_HIDDEN = frozenset(["In", "Out", "exit", "quit", "get_ipython", "open", "display"])
_HERE = os.path.dirname(os.path.abspath(__file__))
_DESCRIBED = runpy.run_path(os.path.join(_HERE, "described.py"), run_name="nbprod_described")
describe: Callable[[Any], Any] = _DESCRIBED["describe"]
Uncomparable: type[Exception] = _DESCRIBED["Uncomparable"]
_SHAPES = runpy.run_path(os.path.join(_HERE, "shapes.py"), run_name="nbprod_shapes")
type_shape: Callable[[Any], list[Any]] = _SHAPES["type_shape"]
type_path: Callable[[Any], str] = _SHAPES["type_path"]


def _pickled(shell: Any, folder: str, stem: str, names: Any) -> dict[str, Any]:
    """Watched values as files; what cannot be pickled is said."""
    found = {}
    for name in names:
        if name not in shell.user_ns:
            continue
        path = os.path.join(folder, f"{stem}-{name}.pickle")
        value = shell.user_ns[name]
        entry: dict[str, Any] = {"type": type_path(value), "text": _literal(value)}
        entry |= {"shape": type_shape(value), "about": _about(value)}
        try:
            with open(path, "wb") as file:
                pickle.dump(value, file, protocol=4)
            entry["pickle"] = path
        except Exception as error:
            entry["problem"] = f"{type(error).__name__}: {error}"
        found[name] = entry
    return found


def _about(value: Any) -> dict[str, Any]:
    """What can be said of a value in a sentence: its columns, its dimensions, that it is fitted."""
    kind = type(value).__name__
    with contextlib.suppress(Exception):
        if kind == "DataFrame" and hasattr(value, "columns"):
            return {"columns": [str(name) for name in value.columns[:60]], "many": value.shape[1]}
        if kind == "Series" and isinstance(value.name, str):
            return {"name": value.name}
        if kind == "ndarray":
            return {"dimensions": list(value.shape)}
        if type(value) in (bool, int, float, str) and len(repr(value)) < 30:
            return {"example": repr(value)}
        if hasattr(value, "fit") and any(
            name.endswith("_") and not name.startswith("_") for name in vars(value)
        ):
            return {"fitted": True}
    return {}


def _literal(value: Any) -> str | None:
    """An expression that gives the value back, None when there is no short one."""
    for written, longest in ((repr, 400), (_array_text, 120), (_frame_text, 160)):
        try:
            text = written(value)
            if len(text) < longest and describe(_evaluated(text)) == describe(value):
                return text
        except Exception:
            continue
    return None


def _evaluated(text: str) -> Any:
    """What an expression of ours gives: a literal, or a call of numpy's or pandas' with some."""
    body = ast.parse(text, mode="eval").body
    if not isinstance(body, ast.Call):
        return ast.literal_eval(text)
    module, _, name = ast.unparse(body.func).partition(".")
    function = getattr(sys.modules[{"np": "numpy", "pd": "pandas"}[module]], name)
    options = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in body.keywords}
    return function(*map(ast.literal_eval, body.args), **options)


def _array_text(value: Any) -> str:
    kind = type(value).__name__
    if value.ndim == 0:
        return f"np.{kind}({value.item()!r})"
    if kind != "ndarray" or value.dtype.kind not in "biufcU" or value.size > 60:
        raise TypeError
    return f"np.array({value.tolist()!r}, dtype={str(value.dtype)!r})"


def _frame_text(value: Any) -> str:
    kind = type(value).__name__
    if kind == "Series":
        name = "" if value.name is None else f", name={value.name!r}"
        return f"pd.Series({value.tolist()!r}, dtype={str(value.dtype)!r}{name})"
    if kind != "DataFrame" or value.size > 60:
        raise TypeError
    return f"pd.DataFrame({value.to_dict('list')!r})"


def values_of(shell: Any, hidden: set[str], names: set[str] | None) -> dict[str, Any]:
    """The notebook's variables as plain data; all of them when ``names`` is None."""
    found = {}
    for name, value in list(shell.user_ns.items()):
        if name in hidden or name.startswith("_") or (names is not None and name not in names):
            continue
        try:
            found[name] = {"value": describe(value)}
        except Uncomparable as error:
            found[name] = {"opaque": str(error)}
        except Exception as error:
            found[name] = {"opaque": f"{type_path(value)} ({type(error).__name__})"}
    return found


def dirty_memory() -> None:
    """Leave something in the memory that numpy keeps for its next small arrays, so that code which
    reads what it has not written gives a different result."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "full"):
        for size in range(1, 1025):
            # It keeps seven pieces of each size.
            kept = [numpy.full(size, 165, dtype="uint8") for _ in range(8)]
            del kept


def _attempt(look: Any, asked: dict[str, Any]) -> Any:
    """What an observer sees, or the problem with it: the kernel would swallow an exception."""
    try:
        return look(asked)
    except Exception as error:
        return {"problem": f"{type(error).__name__}: {error}"}


class Watcher:
    """Writes down the variables around each cell of one job."""

    def __init__(self, shell: Any, job: dict[str, Any], observer: Any = None) -> None:
        self.shell, self.job, self.observer = shell, job, observer
        self.hidden = set(shell.user_ns) | _HIDDEN
        self.place = -1
        self.unseen: Any = None
        self.watched: list[dict[str, Any]] = []
        self.calls: Any = None
        if job.get("calls"):
            made = runpy.run_path(os.path.join(_HERE, "calls_seen.py"), run_name="nbprod_calls")
            self.calls = made["CallsSeen"](shell.user_ns, _SHAPES, job.get("pickles", ""))
            setattr(builtins, _MARK, self.at)
            shell.ast_transformers.append(Marker(self))

    def before(self) -> None:
        """A cell is about to run."""
        self.place += 1
        if self.place == 0:
            # IPython has drawn from it for its banner, once each time that it was asked who it is.
            random.seed(0)
        self.watched = []
        if self.job.get("disturbed"):
            dirty_memory()
        self.at(0)
        asked = self.around
        if "before" in asked:
            self.unseen = _attempt(self.observer.before, asked["before"])
        if self.calls is not None:
            self.calls.begin()

    def after(self, *, failed: bool) -> dict[str, Any]:
        """A cell has run: what is seen now."""
        if self.calls is not None:
            self.calls.end()
        names = self.job.get("snapshots", {}).get(str(self.place), ())
        self.at(None)
        seen: dict[str, Any] = {"watched": self.watched}
        seen["values"] = values_of(self.shell, self.hidden, set(names))
        asked = self.around
        if "after" in asked:
            seen["observed"] = self.unseen or _attempt(self.observer.after, asked["after"])
        if failed or self.place == self.job["count"] - 1:
            seen["final"] = values_of(self.shell, self.hidden, None)
            seen["calls"] = self.calls.answer() if self.calls is not None else {}
        return seen

    @property
    def asked(self) -> dict[str, Any]:
        """What to look at in the present cell."""
        found: dict[str, Any] = self.job.get("watch", {}).get(str(self.place), {})
        return found

    def at(self, place: int | None) -> None:
        """Keep the values that are asked for at a place of the present cell."""
        for one in self.asked.get("values", ()):
            if one["place"] == place:
                stem = f"{self.place}-{one['key']}"
                folder = self.job.get("pickles", "")
                values = _pickled(self.shell, folder, stem, one["names"])
                shapes = {
                    name: type_shape(self.shell.user_ns[name])
                    for name in one.get("local", ())
                    if name in self.shell.user_ns
                }
                self.watched.append({"key": one["key"], "values": values, "shapes": shapes})

    @property
    def around(self) -> dict[str, Any]:
        """What the observer is asked for around the present cell."""
        found: dict[str, Any] = self.job.get("observe", {}).get(str(self.place), {})
        return found


class Marker(ast.NodeTransformer):
    """Has the watcher look between the statements of a cell where that is asked for."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher

    def visit(self, node: Any) -> Any:
        """Put the calls into the tree of the cell or of the body of its cell magic."""
        asked = self.watcher.asked
        if not isinstance(node, ast.Module) or len(node.body) != asked.get("count"):
            return node
        places = {one["place"] for one in asked["values"] if one["place"]}
        for place in sorted(places, reverse=True):
            node.body.insert(place, ast.parse(f"{_MARK}({place})").body[0])
        return node


def begin(shell: Any, job: dict[str, Any]) -> Watcher:
    """Make ready for a job: where to import from, how random numbers start."""
    sys.path[:0] = ["", *job["path"]]
    seeding = runpy.run_path(os.path.join(_HERE, "seeding.py"))
    entropy = seeding["seed_everything"]()
    if not job.get("observer"):
        return Watcher(shell, job)
    made = runpy.run_path(job["observer"], run_name="nbprod_observer")["Observer"]
    return Watcher(shell, job, made(globals(), shell, job, entropy))


def install(path: str) -> None:
    """Watch the cells of the kernel that executes this."""
    from IPython import get_ipython

    with open(path, encoding="utf-8", errors="surrogatepass") as file:
        job = json.load(file)
    shell: Any = get_ipython()
    watcher = begin(shell, job)
    answers = open(job["answers"], "w", encoding="utf-8", errors="surrogatepass")  # noqa: SIM115 - as long as the kernel

    def before(info: Any) -> None:
        # What a cell runs in turn is no cell of the notebook.
        if info.store_history:
            watcher.before()

    def after(result: Any) -> None:
        if result.info.store_history:
            seen = watcher.after(failed=not result.success)
            answers.write(json.dumps(seen) + "\n")
            answers.flush()

    shell.events.register("pre_run_cell", before)
    shell.events.register("post_run_cell", after)


if "JOB" in globals():
    install(globals()["JOB"])
