"""What a notebook's own functions are called with and give, seen from inside of the kernel.

The kernel executes this file; it imports nothing of nbprod. Nothing of the functions is changed:
Python reports calls to a profile function, which is removed again after a million events of a
cell, so that a long loop does not become longer, and is not there before a function is defined.
"""

from __future__ import annotations

import contextlib
import dis
import inspect
import os
import pickle
import sys
import types
from collections.abc import Callable
from typing import Any

_MOST_CALLS = 30
_MOST_EVENTS = 1_000_000
_MOST_ATTRIBUTES = 30
_CONTAINERS = (list, dict, set)


class CallsSeen:
    """Collects the shapes of arguments, results, local containers and attributes by function."""

    def __init__(self, names: dict[str, Any], shapes: dict[str, Any], folder: str) -> None:
        """``names`` are those of the notebook, ``shapes`` the functions of that module; the
        arguments of each function's first call are put into the ``folder``."""
        self.names, self.folder = names, folder
        self.shape: Callable[[Any], list[Any]] = shapes["type_shape"]
        self.common: Callable[[list[list[Any]]], list[Any]] = shapes["common_shape"]
        self.found: dict[str, dict[str, dict[str, list[Any]]]] = {}
        self.counts: dict[types.CodeType, int] = {}
        self.running: dict[int, dict[str, list[Any]]] = {}
        self.arguments: dict[str, str] = {}
        self.left = 0

    def begin(self) -> None:
        """A cell is about to run."""
        self.left = _MOST_EVENTS
        if sys.getprofile() is None and self._has_functions():
            sys.setprofile(self.on_event)

    def _has_functions(self) -> bool:
        """Whether the notebook has defined a function or a class by now."""
        return any(
            isinstance(value, (types.FunctionType, type)) and value.__module__ == "__main__"
            for name, value in list(self.names.items())
            if not name.startswith("_")
        )

    def end(self) -> None:
        """A cell has run."""
        if sys.getprofile() == self.on_event:
            sys.setprofile(None)

    def on_event(self, frame: types.FrameType, event: str, value: Any) -> None:
        """Look at one event that Python reports."""
        self.left -= 1
        if self.left < 0:
            self.end()
            return
        if event not in ("call", "return") or frame.f_globals is not self.names:
            return
        code = frame.f_code
        name = self._name(code)
        if "<" in name:
            return
        with contextlib.suppress(Exception):
            if event == "call":
                self._called(name, frame)
            else:
                self._returned(name, frame, value)

    def _name(self, code: types.CodeType) -> str:
        """The name of a function with that of its class, where Python has that one."""
        if not code.co_flags & inspect.CO_OPTIMIZED:
            return "<class>"
        if hasattr(code, "co_qualname"):
            return str(code.co_qualname)
        is_own = getattr(self.names.get(code.co_name), "__code__", None) is code
        return code.co_name if is_own else "<unknown>"

    def _called(self, name: str, frame: types.FrameType) -> None:
        code = frame.f_code
        count = self.counts[code] = self.counts.get(code, 0) + 1
        if count > _MOST_CALLS:
            return
        given = {key: frame.f_locals[key] for key in _parameters(code) if key in frame.f_locals}
        self.running[id(frame)] = {key: self.shape(item) for key, item in given.items()}
        takes_more = code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
        if count == 1 and "." not in name and not takes_more and not code.co_kwonlyargcount:
            # What is given cannot always be kept.
            with contextlib.suppress(Exception):
                self._keep(name, given)

    def _keep(self, name: str, given: dict[str, Any]) -> None:
        """Write the arguments of a call to a file."""
        path = os.path.join(self.folder, f"call-{name}.pickle")
        data = pickle.dumps(given, protocol=4)
        with open(path, "wb") as file:
            file.write(data)
        self.arguments[name] = path

    def _returned(self, name: str, frame: types.FrameType, value: Any) -> None:
        given = self.running.pop(id(frame), None)
        if given is None:
            return
        operation = dis.opname[frame.f_code.co_code[frame.f_lasti]]
        seen = self.found.setdefault(name, {})
        _add_all(seen.setdefault("parameters", {}), given)
        if operation.startswith("YIELD"):
            _add_all(seen.setdefault("yields", {}), {"": self.shape(value)})
            return
        if operation.startswith("RETURN"):
            _add_all(seen.setdefault("returns", {}), {"": self.shape(value)})
        local = {
            key: self.shape(item)
            for key, item in frame.f_locals.items()
            if isinstance(item, _CONTAINERS) and item
        }
        _add_all(seen.setdefault("locals", {}), local)
        owner = frame.f_locals.get("self")
        if owner is not None and "." in name:
            attributes = {
                key: self.shape(item) for key, item in list(vars(owner).items())[:_MOST_ATTRIBUTES]
            }
            _add_all(seen.setdefault("attributes", {}), attributes)

    def answer(self) -> dict[str, Any]:
        """What was seen: by function the shape of each of its ``parameters``, of what it
        ``returns`` or ``yields``, of its ``locals`` that are containers and of its object's
        ``attributes``; the file of the ``arguments`` of its first call; and the shapes of the
        ``names`` of the notebook that are containers."""
        found: dict[str, Any] = {}
        for name, parts in self.found.items():
            found[name] = {
                part: {key: self.common(shapes) for key, shapes in by_key.items()}
                for part, by_key in parts.items()
            }
        names = {
            name: self.shape(value)
            for name, value in list(self.names.items())
            if isinstance(value, _CONTAINERS) and value and not name.startswith("_")
        }
        return {"functions": found, "arguments": self.arguments, "names": names}


def _parameters(code: types.CodeType) -> tuple[str, ...]:
    """The names of a function's parameters, those of the rest left out."""
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _add_all(found: dict[str, list[Any]], shapes: dict[str, list[Any]]) -> None:
    for key, shape in shapes.items():
        kept = found.setdefault(key, [])
        if shape not in kept:
            kept.append(shape)
