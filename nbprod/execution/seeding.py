"""Starts every generator of random numbers alike, whatever a notebook draws from.

The kernel of a notebook executes this file; it imports nothing of nbprod. The global generators
of libraries start at a seed when the library is first imported, by whomever. A generator that is
made without a seed gets one that depends on who makes it and how many they have made before, so
that two runs of the same code draw the same and two generators differ.
"""

from __future__ import annotations

import hashlib
import importlib.abc
import os
import random
import sys
import uuid
from collections.abc import Callable
from typing import Any

# The function that starts the global generator of a module, by the module's name.
_SEEDS = {
    "torch": "manual_seed",
    "tensorflow": "random.set_seed",
    "cupy": "random.seed",
    "mxnet": "random.seed",
    "mlx.core": "random.seed",
    "paddle": "seed",
    "polars": "set_random_seed",
    "dgl": "seed",
}
# Where the code of libraries is; the rest is the notebook's, in whichever file it is.
_LIBRARIES = tuple(
    {os.path.join(path, "") for path in (os.path.dirname(os.__file__), sys.prefix, sys.base_prefix)}
)
_BETWEEN = frozenset(["random", "uuid", "numpy.random", __name__])


class Entropy:
    """Numbers in the place of those that the operating system gives."""

    def __init__(self, given: dict[str, int] | None = None) -> None:
        """``given``: how many each module has had before, where another process goes on."""
        self.given: dict[str, int] = dict(given or {})

    def bits(self, count: int) -> int:
        """A number of so many bits, another one each time."""
        maker = _maker()
        number = self.given[maker] = self.given.get(maker, 0) + 1
        data = b""
        while len(data) * 8 < count:
            data += hashlib.sha256(f"{maker} {number} {len(data)}".encode()).digest()
        return int.from_bytes(data, "big") >> (len(data) * 8 - count)


def _maker() -> str:
    """The module of a library that asks, empty for the notebook and modules beside it."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "") in _BETWEEN:
        frame = frame.f_back
    if frame is None:
        return ""
    file = os.path.abspath(frame.f_code.co_filename)
    is_library = "site-packages" in file or file.startswith(_LIBRARIES)
    return str(frame.f_globals.get("__name__", "")) if is_library else ""


class Starter(importlib.abc.MetaPathFinder):
    """Seeds modules right after their first import."""

    def __init__(self, starts: dict[str, Callable[[Any], None]]) -> None:
        self.starts = starts

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Find a module that has a generator where the other finders find it."""
        start = self.starts.pop(name, None)
        if start is None:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next((one for one in found if one is not None), None)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            self._wrap(spec.loader, start)
        return spec

    @staticmethod
    def _wrap(loader: Any, start: Callable[[Any], None]) -> None:
        execute = loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            _tried(start, module)

        try:
            loader.exec_module = exec_module
        except AttributeError:
            return


def _tried(start: Callable[[Any], None], module: Any) -> None:
    """Seed a module; a version of it that has no such function is left as it is."""
    try:
        start(module)
    except Exception:
        return


def seed_everything(given: dict[str, int] | None = None) -> Entropy:
    """Seed the generators that are there, and each other one when it is imported.

    ``given``: what generators without a seed have been given before, by who asked.
    """
    entropy = Entropy(given)
    _seed_python(entropy)

    def numpy(module: Any) -> None:
        module.seed(0)
        sys.modules["numpy.random.bit_generator"].randbits = entropy.bits  # type: ignore[attr-defined]

    starts: dict[str, Callable[[Any], None]] = {"numpy.random": numpy}
    starts |= {name: _starter(function) for name, function in _SEEDS.items()}
    for name in [name for name in starts if name in sys.modules]:
        _tried(starts.pop(name), sys.modules[name])
    sys.meta_path.insert(0, Starter(starts))
    return entropy


def _starter(function: str) -> Callable[[Any], None]:
    def start(module: Any) -> None:
        for part in function.split("."):
            module = getattr(module, part)
        module(0)

    return start


def _seed_python(entropy: Entropy) -> None:
    """Seed the generator of `random`, those made of its class, and `uuid.uuid4`."""
    plain = random.Random.seed

    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        plain(self, entropy.bits(256) if a is None else a, version)

    def uuid4() -> uuid.UUID:
        return uuid.UUID(int=entropy.bits(128), version=4)

    random.Random.seed = seed  # type: ignore[method-assign]
    random.seed = random._inst.seed
    uuid.uuid4 = uuid4
    random.seed(0)
