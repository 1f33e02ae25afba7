"""Certain NameErrors on the snippets of other tools' test suites, each run for its truth.

    python -m tests.benchmarks.snippets FOLDER [--cut] [--show 20] [--ruff]

FOLDER holds checkouts, or parts of them, of pyflakes (`pyflakes/test/test_*.py`), ruff
(`…/fixtures/pyflakes/F8*.py`) and mypy (`…/check-possibly-undefined.test`); nothing of them is
kept here. Each snippet becomes a notebook of one cell or, with `--cut`, of one cell a statement,
and runs in IPython in a process of its own, in an empty folder. Modules that are not installed
are replaced by stand-ins that have every attribute; snippets with star imports of them are left
out. A cell counts as right when nbprod predicts what happened in it. After the first error that
is not a NameError the truth about other cells is unknown, and they are not counted.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import MagicMock

from nbprod.flow import analyse
from nbprod.notebook.types import Cell
from nbprod.syntax.parse import parse_cell
from tests.truth.score import NAMES, Score, as_bytes

_ROOT = Path(__file__).parents[2]
_SECONDS = 5


class Snippet(NamedTuple):
    """A snippet as the cells of a notebook, and where it comes from."""

    origin: str
    cells: list[str]


def pyflakes_snippets(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the sources that a test module of pyflakes hands to `self.flakes`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "flakes"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            yield f"{path.name}:{node.lineno}", textwrap.dedent(node.args[0].value)


def mypy_snippets(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the main files of the cases of a data-driven test file of mypy."""
    for part in re.split(r"^\[case ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, body = part.partition("]")
        main = re.split(r"^\[(?:out|file|builtins|typing|case)", body, flags=re.MULTILINE)[0]
        yield f"{path.name}:{name}", main


def snippets(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every snippet below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.match("pyflakes/test/test_*.py"):
            yield from pyflakes_snippets(path)
        elif path.match("fixtures/pyflakes/F8*.py"):
            yield path.name, path.read_text(encoding="utf-8")
        elif path.name == "check-possibly-undefined.test":
            yield from mypy_snippets(path)


def as_cells(source: str, *, cut: bool) -> list[str] | None:
    """Return the source as one cell, or one for each statement; None if it does not parse."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return None
    if not body or any(_is_unknown_star(node) for node in ast.walk(ast.Module(body, []))):
        return None
    if not cut:
        return [source]
    lines = source.splitlines(keepends=True)
    starts = [_first_line(statement) for statement in body]
    if len(set(starts)) < len(starts):
        return None
    ends = [*starts[1:], len(lines) + 1]
    return ["".join(lines[a - 1 : b - 1]) for a, b in zip(starts, ends, strict=True)]


def _is_unknown_star(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.ImportFrom)
        and any(alias.name == "*" for alias in node.names)
        and (node.module or "").partition(".")[0] not in sys.stdlib_module_names
    )


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])  # type: ignore[no-any-return]


def run_snippets(all_cells: list[list[str]]) -> list[list[tuple[str, str]]]:
    """Run snippets in IPython; return for each cell the exception and the name it is about."""
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        environment["IPYTHONDIR"] = folder
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.snippets", "--execute"],
            input=json.dumps(all_cells), cwd=_ROOT, env=environment, capture_output=True,
            text=True, check=True,
        )  # fmt: skip
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    outcomes: list[list[tuple[str, str]]] = json.loads(line.removeprefix("RESULT "))
    return outcomes


class _StandIns:
    """Finds a module for each name that no other finder knows (a finder of `sys.meta_path`)."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec:
        return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__path__ = []


class _StandIn(ModuleType):
    """A module with every public attribute."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock(name=name)


def _execute() -> None:
    from tests.truth.execute import Kernel

    all_cells = json.load(sys.stdin)
    kernel = Kernel()
    sys.meta_path.append(_StandIns())
    outcomes = [_in_child(kernel, cells) for cells in all_cells]
    print("\nRESULT " + json.dumps(outcomes), flush=True)
    os._exit(0)


def _in_child(kernel: Any, cells: list[str]) -> list[tuple[str, str]]:
    """Run a snippet in a forked process, since code can change the interpreter for good."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # A snippet without end ends with its process, whatever it catches.
        signal.alarm(_SECONDS)
        os.close(reader)
        with tempfile.TemporaryDirectory() as work:
            os.chdir(work)
            found = [_outcome(kernel, cell) for cell in cells]
            os.chdir("/")
        with os.fdopen(writer, "w") as file:
            json.dump(found, file)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    os.waitpid(child, 0)
    # A child that ended on its own has told nothing: the first cell is then an unknown error.
    outcomes: list[tuple[str, str]] = json.loads(text) if text else [("SystemExit", "")]
    return outcomes


def _outcome(kernel: Any, cell: str) -> tuple[str, str]:
    try:
        kind, name, _ = kernel.run(cell)
    except BaseException as error:
        kind, name = type(error).__name__, ""
    return kind, name


def judged_cells(outcomes: list[tuple[str, str]]) -> Iterator[tuple[int, bool]]:
    """Yield the cells of which the truth is known: index, and whether a NameError was raised."""
    for index, (kind, _) in enumerate(outcomes):
        if kind and kind not in NAMES:
            return
        yield index, kind in NAMES


def nbprod_cells(cells: list[str]) -> set[int]:
    """Return the cells for which nbprod predicts a NameError for certain.

    Those that fail only because another one does are told with that one.
    """
    parsed = [parse_cell(Cell(index, "code", source)) for index, source in enumerate(cells)]
    flow = analyse(parsed)
    fallen = {cell for failure in flow.failures for cell, _ in failure.cascade}
    return fallen | {failure.cell for failure in flow.failures if failure.called}


def ruff_cells(cells: list[str]) -> set[int]:
    """Return the cells in which ruff reports undefined names."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "snippet.ipynb")
        with open(path, "wb") as file:
            file.write(as_bytes(cells, [None] * len(cells)))
        done = subprocess.run(
            [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache",
             "--select", "F821,F823",
             "--output-format", "json", path],
            capture_output=True, check=False,
        )  # fmt: skip
    return {remark["cell"] - 1 for remark in json.loads(done.stdout or "[]") if remark["cell"]}


def main() -> None:
    """Score nbprod, and ruff if asked, on the snippets of a folder."""
    if sys.argv[1:] == ["--execute"]:
        _execute()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cut", action="store_true", help="one cell a statement")
    parser.add_argument("--ruff", action="store_true", help="score ruff, too")
    parser.add_argument("--show", type=int, default=0, help="so many disagreements")
    options = parser.parse_args()
    found = [
        Snippet(origin, cells)
        for origin, source in snippets(options.folder)
        if (cells := as_cells(source, cut=options.cut)) is not None
    ]
    outcomes = run_snippets([snippet.cells for snippet in found])
    tools = {"nbprod": nbprod_cells, **({"ruff": ruff_cells} if options.ruff else {})}
    scores = dict.fromkeys(tools, Score())
    shown = 0
    for snippet, happened in zip(found, outcomes, strict=True):
        for tool, cells_of in tools.items():
            predicted = cells_of(snippet.cells)
            for index, raised in judged_cells(happened):
                scores[tool] = scores[tool].add(index in predicted, raised)
                if tool == "nbprod" and (index in predicted) != raised and shown < options.show:
                    shown += 1
                    print(f"--- {snippet.origin}, cell {index + 1}: {happened[index]}")
                    print("\n# %%\n".join(snippet.cells))
    for tool, score in scores.items():
        print(f"{tool}: {len(found)} snippets, {score}")


if __name__ == "__main__":
    main()
