"""Looks at a notebook's variables from inside of the kernel that runs it.

The kernel executes this file once, when it starts, with the path of a job in ``JOB``; it imports
nothing of nbprod. Around each cell it writes down what was asked for. A job, in JSON, has

* ``path``: folders to import from;
* ``count``: how many cells will run; ``answers``: the file of what is seen, one JSON object a cell;
* ``disturbed``: whether to change what nobody may rely on, such as memory that is not written;
* ``snapshots``: for a cell, by its place, the names whose values to describe after it;
* ``watch``: for a cell, the values to keep as files, each with the ``place`` in it: before a
  statement by its number (0 is the start, None the end of the cell), a ``key``, and their
  ``names``; ``count`` is how many statements the cell has; ``pickles``: the folder of the files;
* ``observer``: a program with a class ``Observer`` that looks at more. It is made with this probe,
  the shell, the job and what gives numbers to generators without a seed; its ``before(asked)`` and
  ``after(asked)`` are called around the cells that ``observe`` has something under these names for.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import hashlib
import json
import math
import os
import pickle
import re
import runpy
import sys
import types
from typing import Any

MOST_ELEMENTS = 20000
MOST_DEPTH = 7
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
_MARK = "__nbprod_watch__"
_HIDDEN = frozenset(["In", "Out", "exit", "quit", "get_ipython", "open", "display"])
_OPAQUE = ("matplotlib.", "mpl_toolkits.", "_io.", "threading.", "_thread.", "IPython.", "socket.")


class Uncomparable(Exception):
    """A value of which nothing can be said but its type."""


def describe(value: Any, depth: int = 0, seen: tuple[int, ...] = ()) -> Any:
    """A value as plain data that two processes can compare."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and type(value) is int:
        return {"int": str(value)} if abs(value) > 2**53 else value
    if type(value) is float:
        return {"float": "nan" if math.isnan(value) else repr(value)}
    if depth > MOST_DEPTH:
        return {"deep": type(value).__name__}
    if id(value) in seen:
        return {"again": type(value).__name__}
    seen = (*seen, id(value))
    for known in (_container, _array, _frame, _callable, _opaque, _generator, _object, _reduced):
        found = known(value, depth + 1, seen)
        if found is not None:
            return found
    return {"text": _ADDRESS.sub("0x", repr(value))}


def _container(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    kind = type(value).__name__
    if isinstance(value, (list, tuple, set, frozenset)) or kind == "deque":
        items = list(value)
        many = len(items) > MOST_ELEMENTS
        described = [describe(item, depth, seen) for item in items[:MOST_ELEMENTS]]
        if isinstance(value, (set, frozenset)):
            described.sort(key=lambda one: json.dumps(one, sort_keys=True))
        found: dict[str, Any] = {"kind": kind, "length": len(items), "items": described}
        if many:
            found["digest"] = _digest(repr(items).encode("utf-8", "replace"))
        return found
    if isinstance(value, dict):
        pairs = list(value.items())[:MOST_ELEMENTS]
        described = [[describe(k, depth, seen), describe(v, depth, seen)] for k, v in pairs]
        return {"kind": kind, "length": len(value), "pairs": described}
    if isinstance(value, (bytes, bytearray)):
        return {"kind": kind, "length": len(value), "digest": _digest(bytes(value))}
    return None


def _array(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu().numpy()
    if isinstance(value, numpy.generic):
        return {"kind": str(value.dtype), "value": describe(value.item(), depth, seen)}
    if not isinstance(value, numpy.ndarray):
        return None
    found: dict[str, Any] = {"kind": "ndarray", "dtype": str(value.dtype)}
    found["shape"] = list(value.shape)
    flat = value.ravel()
    if value.dtype.names is not None:
        flat = flat.astype(object)
    found["items"] = [describe(one, depth, seen) for one in flat[:MOST_ELEMENTS].tolist()]
    if flat.size > MOST_ELEMENTS and value.dtype != object:
        found["digest"] = _digest(flat.tobytes())
    return found


def _frame(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    if isinstance(value, pandas.DataFrame):
        columns = [_column(value.iloc[:, i], depth, seen) for i in range(value.shape[1])]
        names = describe(list(value.columns), depth, seen)
        levels = describe(list(value.columns.names), depth, seen)
        index = _column(value.index, depth, seen)
        found = {"kind": "DataFrame", "names": names, "levels": levels}
        return {**found, "index": index, "columns": columns}
    if isinstance(value, pandas.Series):
        index = _column(value.index, depth, seen)
        return {**_column(value, depth, seen), "index": index}
    return _column(value, depth, seen) if isinstance(value, pandas.Index) else None


def _column(value: Any, depth: int, seen: tuple[int, ...]) -> dict[str, Any]:
    """A series without its index, or an index."""
    # Slices of a series with numbers for labels are by label.
    first = getattr(value, "iloc", value)[:MOST_ELEMENTS]
    data = [describe(one, depth, seen) for one in list(first)]
    found: dict[str, Any] = {"kind": type(value).__name__, "items": data, "length": len(value)}
    found["dtype"] = str(value.dtype)
    if found["dtype"] == "category":
        levels = value.dtype
        found["levels"] = [bool(levels.ordered), describe(list(levels.categories), depth, seen)]
    if len(value) > MOST_ELEMENTS and value.dtype != object:
        hashed = sys.modules["pandas"].util.hash_pandas_object(value, index=False)
        found["digest"] = _digest(memoryview(getattr(hashed, "values", hashed)).tobytes())
    names = list(value.names) if hasattr(value, "names") else value.name
    return {**found, "name": describe(names, depth, seen)}


def _callable(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    if isinstance(value, types.ModuleType):
        return {"module": value.__name__}
    if isinstance(value, (types.FunctionType, type)):
        return {"callable": value.__qualname__.rpartition("<locals>.")[2]}
    if isinstance(value, (types.BuiltinFunctionType, types.MethodType)):
        return {"callable": value.__qualname__}
    return None


def _opaque(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    iterates = hasattr(value, "__next__") or isinstance(value, types.CoroutineType)
    if iterates or name.startswith(_OPAQUE):
        raise Uncomparable(name)
    return


def _generator(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    """A generator of random numbers by what it will draw: its attributes do not tell."""
    bits: Any = getattr(value, "bit_generator", getattr(value, "_bit_generator", None))
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    if name.startswith("numpy.random.") and hasattr(bits, "state"):
        return {"generator": name, "state": describe(bits.state, depth, seen)}
    if name == "random.Random":
        return {"generator": name, "state": describe(value.getstate(), depth, seen)}
    return None


def _object(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    state = getattr(value, "__dict__", None)
    if not isinstance(state, dict):
        return None
    described = {}
    for key, one in state.items():
        try:
            described[str(key)] = describe(one, depth, seen)
        except Uncomparable as error:
            described[str(key)] = {"opaque": str(error)}
    return {"object": type(value).__qualname__.rpartition("<locals>.")[2], "state": described}


def _reduced(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    """A value whose text is an address, by what it would be pickled as."""
    if not _ADDRESS.search(repr(value)):
        return None
    try:
        maker, *rest = value.__reduce_ex__(2)[:3]
    except Exception:
        return None
    state = json.dumps(describe([getattr(maker, "__name__", ""), *rest], depth, seen))
    return {"object": type(value).__qualname__, "digest": _digest(state.encode())}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _pickled(shell: Any, folder: str, stem: str, names: Any) -> dict[str, Any]:
    """Watched values as files; what cannot be pickled is said."""
    found = {}
    for name in names:
        if name not in shell.user_ns:
            continue
        path = os.path.join(folder, f"{stem}-{name}.pickle")
        value = shell.user_ns[name]
        entry: dict[str, Any] = {"type": _type_name(value), "text": _literal(value)}
        entry |= {"shape": type_shape(value), "about": _about(value)}
        try:
            with open(path, "wb") as file:
                pickle.dump(value, file, protocol=4)
            entry["pickle"] = path
        except Exception as error:
            entry["problem"] = f"{type(error).__name__}: {error}"
        found[name] = entry
    return found


def _type_name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def type_shape(value: Any, depth: int = 0) -> list[Any]:
    """The type of a value, and of what a container holds: its name, then the shapes inside."""
    name = _type_name(value)
    if depth < 3 and name in ("builtins.list", "builtins.set") and value:
        return [name, _common([type_shape(item, depth + 1) for item in list(value)[:200]])]
    if depth < 3 and name == "builtins.dict" and value:
        pairs = list(value.items())[:200]
        keys = _common([type_shape(key, depth + 1) for key, _ in pairs])
        return [name, keys, _common([type_shape(item, depth + 1) for _, item in pairs])]
    if depth < 3 and name == "builtins.tuple" and 0 < len(value) <= 4:
        return [name, *(type_shape(item, depth + 1) for item in value)]
    return [name]


def _common(shapes: list[list[Any]]) -> list[Any]:
    """The shape that all have, of numbers the wider one; an empty one where there is none."""
    first = shapes[0]
    if all(one == first for one in shapes):
        return first
    names = {one[0] for one in shapes}
    if names == {"builtins.int", "builtins.float"}:
        return ["builtins.float"]
    if len(names) == 1 and names <= {"builtins.list", "builtins.set", "builtins.dict"}:
        full = [one for one in shapes if len(one) > 1]
        if full and all(one == full[0] for one in full):
            return full[0]
    return []


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
            found[name] = {"opaque": f"{_type_name(value)} ({type(error).__name__})"}
    return found


def dirty_memory() -> None:
    """Leave something in the memory that numpy keeps for its next small arrays, so that code which
    reads what it has not written gives another result."""
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
        if job.get("watch"):
            setattr(builtins, _MARK, self.at)
            shell.ast_transformers.append(Marker(self))

    def before(self) -> None:
        """A cell is about to run."""
        self.place += 1
        self.watched = []
        if self.job.get("disturbed"):
            dirty_memory()
        self.at(0)
        asked = self.around
        if "before" in asked:
            self.unseen = _attempt(self.observer.before, asked["before"])

    def after(self, *, failed: bool) -> dict[str, Any]:
        """A cell has run: what is seen now."""
        names = self.job.get("snapshots", {}).get(str(self.place), ())
        self.at(None)
        seen: dict[str, Any] = {"watched": self.watched}
        seen["values"] = values_of(self.shell, self.hidden, set(names))
        asked = self.around
        if "after" in asked:
            seen["observed"] = self.unseen or _attempt(self.observer.after, asked["after"])
        if failed or self.place == self.job["count"] - 1:
            seen["final"] = values_of(self.shell, self.hidden, None)
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
                self.watched.append({"key": one["key"], "values": values})

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
    seeding = runpy.run_path(os.path.join(os.path.dirname(__file__), "seeding.py"))
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
