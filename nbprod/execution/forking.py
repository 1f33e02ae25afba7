"""Processes that are forked from one which has imported their libraries once.

What a process does is what it would do if it were started anew: nothing of the notebook has run
in the one that it is forked from, and no library is there that its own code does not import.
"""

from __future__ import annotations

import ast
import json
import os
import re
import socket
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import NamedTuple

from nbprod.disk.read import read_bytes
from nbprod.disk.scratch import scratch_folder, write_scratch
from nbprod.patterns import lazy_pattern
from nbprod.programs import (
    Outcome,
    RunningProgram,
    clean_environment,
    python_command,
    run_program,
)
from nbprod.syntax.walk import walk

__all__ = [
    "ForkServers",
    "ForkingProcess",
    "ImportMade",
    "Libraries",
    "PythonProgram",
    "is_known_to_repeat",
    "libraries_of",
    "run_python",
    "shows_order",
]

# Those that start no thread when they are imported but such as are made again after a fork.
_LIBRARIES = frozenset("numpy scipy pandas matplotlib mpl_toolkits sklearn seaborn".split())
# What has to be done before a library is imported, and what looks at what is imported.
_EARLY = lazy_pattern(
    r"\b(?:environ|putenv|meta_path|experimental)\b|%\s*(?:set_)?env\b|\bsys\s*\.\s*modules\b"
    r"|\b(?:matplotlib|mpl)\s*\.\s*use\b|(?:simplefilter|filterwarnings)\(\s*['\"]error"
)
_UNORDERED = frozenset(["set", "frozenset", "hash", "id"])
_KNOWN = _LIBRARIES | sys.stdlib_module_names | {"IPython", "joblib", "tqdm"}
_CHANGING = frozenset("time uuid secrets os threading multiprocessing gc tracemalloc".split())
_VIEWS = ("keys", "items")
_KERNEL = (
    "ipykernel.kernelapp", "ipykernel.ipkernel",
    # What a kernel imports when it starts.
    "IPython.core.debugger", "psutil", "tornado.platform.asyncio", "tornado.queues",
)  # fmt: skip
_TESTS = ("pytest",)
_KINDS = ("module", "script")
_PATIENCE = 120.0
_MOST_BYTES = 10_000_000
_SERVER = os.path.join(os.path.dirname(__file__), "fork_server.py")


class ImportMade(NamedTuple):
    """What a statement imports: a module, or a ``name`` of it."""

    module: str
    name: str = ""


class Libraries(NamedTuple):
    """What may be imported before code runs: ``imports`` of it that change nothing, and the
    ``chains`` of names that it reads through packages."""

    imports: frozenset[ImportMade]
    chains: frozenset[str] = frozenset()
    is_ordered: bool = False
    """Whether the order of no set can be seen in what the code does."""


def libraries_of(
    trees: Iterable[ast.AST], sources: Iterable[str], folders: Sequence[str]
) -> Libraries:
    """The libraries of some code that runs in some folders; none where it matters when they are
    imported, or where a module of the folders has the name of one."""
    trees = list(trees)
    if any(_EARLY.search(source) for source in sources) or _is_shadowed(folders):
        return Libraries(frozenset())
    made = {each for tree in trees for each in _imports(tree)}
    plain = {one.module for one in made if not one.name}
    bound = _bound(trees)
    chains = {name for tree in trees for name in _chains(tree, bound)}
    return Libraries(
        frozenset(one for one in made if one.module.partition(".")[0] in _LIBRARIES),
        frozenset(
            name for name in chains if not any(f"{one}.".startswith(f"{name}.") for one in plain)
        ),
        not any(shows_order(tree) for tree in trees),
    )


def shows_order(tree: ast.AST) -> bool:
    """Whether what some code does may depend on the order of a set, its own or one of a library
    that is not known to have none."""
    for node in walk(tree):
        if isinstance(node, (ast.Set, ast.SetComp)):
            return True
        if isinstance(node, ast.Name) and node.id in _UNORDERED:
            return True
        # What two views of dictionaries have in common is a set.
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr, ast.BitXor)):
            called = [side.func for side in (node.left, node.right) if isinstance(side, ast.Call)]
            if any(isinstance(func, ast.Attribute) and func.attr in _VIEWS for func in called):
                return True
    return any(made.module.partition(".")[0] not in _KNOWN for made in _imports(tree))


def is_known_to_repeat(module: str) -> bool:
    """Whether what a module does is known to be the same each time."""
    root = module.partition(".")[0]
    return root in _KNOWN and root not in _CHANGING


def _is_shadowed(folders: Iterable[str]) -> bool:
    """Whether a folder has modules with the names of libraries, or settings of one."""
    for folder in folders:
        with suppress(OSError):
            names = {name.partition(".")[0] for name in os.listdir(folder)}
            if names & (_LIBRARIES | {"matplotlibrc"}):
                return True
    return False


def _imports(tree: ast.AST) -> Iterable[ImportMade]:
    for node in walk(tree):
        if isinstance(node, ast.Import):
            yield from (ImportMade(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (ImportMade(node.module, alias.name) for alias in node.names)


def _bound(trees: Iterable[ast.AST]) -> dict[str, str]:
    """The dotted names of what some code imports, by the names that it has there."""
    found: dict[str, str] = {}
    for tree in trees:
        for node in walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    whole = alias.name if alias.asname else alias.name.partition(".")[0]
                    found[alias.asname or whole] = whole
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return {
        name: dotted for name, dotted in found.items() if dotted.partition(".")[0] in _LIBRARIES
    }


def _chains(tree: ast.AST, bound: Mapping[str, str]) -> Iterable[str]:
    """The dotted names that some code reads through what it has imported."""
    for node in walk(tree):
        if isinstance(node, ast.Attribute):
            root, _, rest = ast.unparse(node).partition(".")
            if root in bound and re.fullmatch(r"[\w.]+", rest):
                yield f"{bound[root]}.{rest}"


class ForkingProcess:
    """A process of a Python that others are forked from."""

    def __init__(
        self,
        python: str,
        libraries: Libraries,
        programs: Sequence[str],
        environment: Mapping[str, str],
        hidden: Sequence[str] = (),
    ) -> None:
        """Start one that imports some libraries, and the modules of ``programs``; those of
        ``hidden`` ones are not there in kernels."""
        self.python, self.libraries = python, libraries
        self._stack = ExitStack()
        self._folder = self._stack.enter_context(scratch_folder())
        self.socket = os.path.join(self._folder, "fork")
        job = {
            "socket": self.socket,
            "imports": sorted(libraries.imports),
            "programs": list(programs),
            "hidden": list(hidden),
            "chains": sorted(libraries.chains),
        }
        path = write_scratch(self._folder, "job.json", json.dumps(job).encode())
        self._program: RunningProgram | None = None
        self._is_ready: bool | None = None
        with suppress(OSError):
            self._program = RunningProgram(
                [python, _SERVER, path], folder=self._folder, environment=environment
            )
            self._stack.callback(self._program.close)

    def serves(self, text: str) -> bool:
        """Whether a program that runs a module may be forked: it imports all that is there."""
        made = frozenset(_imports(ast.parse(text)))
        return self.libraries.imports <= made and self.is_ready

    def may_run_tests(self, libraries: Libraries) -> bool:
        """Whether tests of a module may be forked from this process of kernels."""
        own = self.libraries
        has_all = own.imports <= libraries.imports
        return has_all and libraries.is_ordered and own.is_ordered and self.is_ready

    @property
    def is_ready(self) -> bool:
        """Whether processes may be forked from it; waits until that is known."""
        if self._is_ready is None:
            line = self._program.first_line(_PATIENCE) if self._program is not None else b""
            self._is_ready = bool(line) and not json.loads(line)["why"]
        return self._is_ready

    def run(self, program: PythonProgram, seconds: float) -> Outcome:
        """Run a program to its end; both of its outputs are one.

        Raises:
            TimeoutError: it takes longer.
            OSError: the process is gone.
        """
        output = os.path.join(self._folder, f"output-{time.monotonic_ns()}")
        task = {
            key: value for key, value in program._asdict().items() if value or key not in _KINDS
        }
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(self.socket)
            server.sendall(json.dumps({**task, "output": output}).encode() + b"\n")
            server.settimeout(seconds)
            answer = server.recv(64)
        said = read_bytes(output, _MOST_BYTES) if os.path.exists(output) else b""
        return Outcome(int(answer or b"1"), b"", said)

    def close(self) -> None:
        """End it and all that was forked from it."""
        self._stack.close()


class PythonProgram(NamedTuple):
    """A ``module`` or a ``script`` that a Python runs: its ``arguments``, its ``folder`` and its
    ``environment``."""

    arguments: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    module: str = ""
    script: str = ""

    def command(self, python: str) -> list[str]:
        """What starts it anew."""
        if self.module:
            return python_command(python, self.module, *self.arguments)
        return [python, self.script, *self.arguments]


def run_python(
    program: PythonProgram, python: str, seconds: float, forks: ForkingProcess | None
) -> Outcome:
    """Run a program to its end: forked from a process, or else started anew.

    Raises:
        OSError: it cannot be started.
        TimeoutError: it takes longer.
    """
    if forks is not None:
        try:
            return forks.run(program, seconds)
        except TimeoutError:
            raise TimeoutError(f"{python} takes longer than {seconds} seconds") from None
        except OSError:
            # The process is gone.
            pass
    return run_program(
        program.command(python), folder=program.folder, seconds=seconds,
        environment=program.environment,
    )  # fmt: skip


class ForkServers:
    """The processes that the runs of one proof are forked from.

    Kernels start with the hash seed 0. Tests start with another one in each proof, so that one that
    depends on the order of a set is found out; where there is no such order, they are forked from
    the process of the kernels.
    """

    def __init__(self, python: str) -> None:
        """None is started yet."""
        self.python = python
        self.kernels: ForkingProcess | None = None
        self.tests: ForkingProcess | None = None

    def start_kernels(self, libraries: Libraries, environment: Mapping[str, str]) -> None:
        """Start the process of the kernels, unless there is one."""
        if self.kernels is None and can_fork():
            hidden = _TESTS if libraries.is_ordered else ()
            self.kernels = ForkingProcess(self.python, libraries, _KERNEL, environment, hidden)

    def start_tests(self, libraries: Libraries, more: Mapping[str, str]) -> None:
        """Start the process of the tests, with ``more`` variables, unless there is one."""
        if self.tests is not None or not can_fork():
            return
        if self.kernels is not None and self.kernels.may_run_tests(libraries):
            self.tests = self.kernels
        else:
            environment = clean_environment(**more)
            # Tests find their module by one of their own.
            environment.pop("PYTHONPATH", None)
            self.tests = ForkingProcess(self.python, libraries, _TESTS, environment)

    def close(self) -> None:
        """End them and all that was forked from them."""
        for server in (self.kernels, self.tests):
            if server is not None:
                server.close()


def can_fork() -> bool:
    """Whether a process that has imported libraries may be forked: elsewhere they hold threads."""
    return sys.platform == "linux"
