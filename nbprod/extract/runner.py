"""Runs notebooks in fresh processes and writes down what they show and what they leave.

This file is run on its own, by any Python that has IPython: ``python runner.py JOBS RESULTS``, both
JSON files. It imports nothing of nbprod. A job has

* ``cells``: the sources; ``cwd``: where to run; ``path``: folders to import from;
* ``seconds``: the time it may take; ``modules``: whose random numbers start alike;
* ``snapshots``: for a cell, by its place, the names whose values to describe after it;
* ``watch``: the same, for values to keep as files before and after it; ``pickles``: their folder.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import pickle
import re
import signal
import sys
import types
from typing import Any

MOST_ELEMENTS = 20000
MOST_DEPTH = 7
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
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
    for known in (_container, _array, _frame, _callable, _opaque, _object):
        found = known(value, depth + 1, seen)
        if found is not None:
            return found
    return {"text": _ADDRESS.sub("0x", repr(value))}


def _container(value: Any, depth: int, seen: tuple[int, ...]) -> Any:
    kind = type(value).__name__
    if isinstance(value, (list, tuple, set, frozenset)) or kind == "deque":
        items = list(value)
        many = len(items) > MOST_ELEMENTS
        described = [describe(one, depth, seen) for one in items[:MOST_ELEMENTS]]
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
        columns = [describe(value.iloc[:, i], depth, seen) for i in range(value.shape[1])]
        names = describe(list(value.columns), depth, seen)
        index = describe(value.index, depth, seen)
        return {"kind": "DataFrame", "names": names, "index": index, "columns": columns}
    if isinstance(value, (pandas.Series, pandas.Index)):
        data = [describe(one, depth, seen) for one in list(value[:MOST_ELEMENTS])]
        found: dict[str, Any] = {"kind": type(value).__name__, "items": data}
        found["dtype"] = str(value.dtype)
        found["length"] = len(value)
        if isinstance(value, pandas.Series):
            found["name"] = describe(value.name, depth, seen)
        return found
    return None


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


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Stream:
    """Standard output or error, into the record of the cell."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, record: list[dict[str, Any]]) -> None:
        self.name, self.record = name, record

    def write(self, text: str) -> int:
        if self.record and self.record[-1].get("stream") == self.name:
            self.record[-1]["text"] += text
        else:
            self.record.append({"stream": self.name, "text": text})
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        raise OSError("a notebook's output has no file")


def make_shell(record: list[dict[str, Any]]) -> Any:
    """An IPython shell that shows things into ``record``."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Hook(DisplayHook):
        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
            record.append({"data": _shown(format_dict)})

        def finish_displayhook(self) -> None:
            pass

    class Publisher(DisplayPublisher):
        def publish(self, data: Any, metadata: Any = None, **_: Any) -> None:  # type: ignore[override]
            record.append({"data": _shown(data)})

        def clear_output(self, wait: bool = False) -> None:
            pass

    config = Config()
    config.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell: Any = InteractiveShell.instance(
        config=config, displayhook_class=Hook, display_pub_class=Publisher
    )
    # Errors are told by name; a traceback has the places of the code, which may differ.
    shell.showtraceback = shell.showsyntaxerror = lambda *_, **__: None
    return shell


def _shown(data: dict[str, Any]) -> dict[str, str]:
    return {
        mime: text if isinstance(text, str) and len(text) < 200000 else _digest(repr(text).encode())
        for mime, text in data.items()
    }


def seed(modules: list[str]) -> None:
    """Start the global generators of random numbers alike, those of some modules too."""
    import random

    random.seed(0)
    for module, start in (("numpy", "random.seed"), ("torch", "manual_seed")):
        if module in modules:
            try:
                function: Any = __import__(module)
                for part in start.split("."):
                    function = getattr(function, part)
                function(0)
            except Exception:
                continue


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run the cells of one job in this process."""
    os.chdir(job["cwd"])
    sys.path[:0] = ["", *job["path"]]
    sys.argv = ["ipykernel_launcher.py"]
    os.environ.setdefault("MPLBACKEND", "agg")
    seed(job.get("modules", []))
    record: list[dict[str, Any]] = []
    shell = make_shell(record)
    sys.stdout, sys.stderr = Stream("stdout", record), Stream("stderr", record)
    cells: list[dict[str, Any]] = []
    hidden = set(shell.user_ns) | _HIDDEN
    watch = {int(place): names for place, names in job.get("watch", {}).items()}
    snapshots = {int(place): names for place, names in job.get("snapshots", {}).items()}
    for place, source in enumerate(job["cells"]):
        del record[:]
        entry: dict[str, Any] = {"before": _pickled(shell, job, place, watch, "before")}
        result = shell.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        entry["outputs"] = [dict(one) for one in record]
        entry["after"] = _pickled(shell, job, place, watch, "after")
        entry["values"] = values_of(shell, hidden, set(snapshots.get(place, ())))
        if error is not None:
            entry["error"] = {"name": type(error).__name__, "text": str(error)}
        cells.append(entry)
        if error is not None:
            break
    return {"cells": cells, "final": values_of(shell, hidden, None)}


def _pickled(
    shell: Any, job: dict[str, Any], place: int, watch: dict[int, Any], when: str
) -> dict[str, Any]:
    """Watched values as files; what cannot be pickled is said."""
    found = {}
    for name in watch.get(place, {}).get(when, ()):
        if name not in shell.user_ns:
            continue
        path = os.path.join(job["pickles"], f"{place}-{when}-{name}.pickle")
        value = shell.user_ns[name]
        entry = {"type": _type_name(value), "text": _literal(value)}
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


def _literal(value: Any) -> str | None:
    """The value as a literal that gives it back, None when there is none."""
    import ast

    try:
        text = repr(value)
        again = ast.literal_eval(text)
        same = again == value and describe(again) == describe(value)
        return text if len(text) < 400 and same else None
    except Exception:
        return None


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


def in_child(job: dict[str, Any]) -> dict[str, Any]:
    """Run a job in a process of its own, which has IPython already where processes fork."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            signal.alarm(int(job.get("seconds", 600)))
            result = run(job)
        except BaseException as error:
            result = {"failed": f"{type(error).__name__}: {error}"}
        with os.fdopen(writer, "wb") as file:
            file.write(json.dumps(result).encode("utf-8", "surrogatepass"))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        data = file.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        timed_out = os.WTERMSIG(status) == signal.SIGALRM
        return {"failed": "takes too long" if timed_out else "the process died"}
    found: dict[str, Any] = json.loads(data.decode("utf-8", "surrogatepass"))
    return found


def main() -> None:
    with open(sys.argv[1], encoding="utf-8", errors="surrogatepass") as file:
        jobs = json.load(file)
    sys.path.pop(0)
    forks = hasattr(os, "fork") and len(jobs) > 0
    if forks:
        import IPython.core.interactiveshell  # noqa: F401

        results = [in_child(job) for job in jobs]
    else:
        results = [run(job) for job in jobs]
    with open(sys.argv[2], "w", encoding="utf-8", errors="surrogatepass") as file:
        json.dump(results, file)


if __name__ == "__main__":
    main()
