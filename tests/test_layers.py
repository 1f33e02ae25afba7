"""The layers of the package, read off its imports: late ones and those for types included."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from nbprod.syntax.walk import walk
from tests.package import PACKAGE, nodes, trees

# From the bottom up: a room imports rooms of lower lines, and of its own line without a circle.
LAYERS = (
    ("errors", "model", "patterns", "programs", "_version"),
    ("disk",),
    ("libraries",),
    ("notebook",),
    ("syntax",),
    ("names",),
    ("flow",),
    ("secrets", "leakage", "clones", "execution"),
    ("facts", "rule", "testing"),
    ("checking", "environment"),
    ("fixing",),
    ("config", "report"),
    ("project",),
    ("live",),
    ("refactor",),
    ("extract", "linters", "changed"),
    ("pipeline",),
    ("rules", "review", "merge"),
    ("agents", "forge", "server", "survey"),
    ("api", "cli", "__init__", "__main__"),
)
# Copied into the applications that are written: data, not code of the package.
COPIED = PACKAGE / "pipeline" / "runtime"
DATA = (COPIED, PACKAGE / "pipeline" / "files")
RANK = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}


class Import(NamedTuple):
    """An import of one module of the package by another, and the name that is imported."""

    source: str
    target: str
    name: str | None
    line: int


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, ast.Module]:
    return {
        module_of(path): tree
        for path, tree in trees().items()
        if not any(folder in path.parents for folder in DATA)
    }


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@cache
def imports() -> tuple[Import, ...]:
    return tuple(_imports())


def _imports() -> Iterator[Import]:
    for module, tree in modules().items():
        for node in walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nbprod"):
                assert node.module is not None
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    if inner in modules():
                        yield Import(module, inner, None, node.lineno)
                    else:
                        yield Import(module, node.module, alias.name, node.lineno)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.startswith("nbprod"):
                        yield Import(module, alias.name, None, node.lineno)


def test_every_room_has_a_layer() -> None:
    assert {room_of(module) for module in modules()} == set(RANK)
    assert len(modules()) > 300
    assert len(imports()) > 1000


def test_no_room_imports_one_above_it() -> None:
    upward = [
        f"{found.source}:{found.line} imports {found.target}"
        for found in imports()
        if RANK[room_of(found.source)] < RANK[room_of(found.target)]
    ]
    assert upward == []


def components(graph: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected components with more than one node (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in graph.get(node, ()):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            component = set(stack[stack.index(node) :])
            del stack[stack.index(node) :]
            if len(component) > 1:
                found.append(component)

    for node in list(graph):
        if node not in index:
            visit(node)
    return found


def test_what_the_notebooks_python_runs_imports_nothing_of_ours() -> None:
    """That Python may be another one, in which nbprod is not installed."""
    alone = {
        "nbprod.execution.calls_seen",
        "nbprod.execution.described",
        "nbprod.execution.fork_server",
        "nbprod.execution.fork_stub",
        "nbprod.execution.probe",
        "nbprod.execution.seeding",
        "nbprod.execution.shapes",
        "nbprod.extract.suite.experiment",
        "nbprod.extract.suite.object_texts",
        "nbprod.extract.suite.written_files",
        "nbprod.extract.suite.result_texts",
        "nbprod.pipeline.inside.forked",
        "nbprod.pipeline.inside.observer",
        "nbprod.pipeline.inside.stored",
        "nbprod.extract.suite.strength_trial",
        "nbprod.extract.suite.traced_lines",
    }
    assert [found for found in imports() if found.source in alone] == []


def test_the_runtime_of_applications_imports_only_itself_and_is_imported_by_nobody() -> None:
    nodes = [
        node
        for path in COPIED.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not [
        alias
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.split(".")[0] == "nbprod"
    ]
    assert "nbprod" not in {
        (node.module or "").split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)
    }
    relative = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.level]
    assert len(relative) > 20
    assert {node.level for node in relative} == {1}
    assert not [found for found in imports() if found.target.startswith("nbprod.pipeline.runtime")]


@pytest.mark.parametrize("of_rooms", [False, True], ids=["modules", "rooms"])
def test_nothing_imports_itself_by_way_of_others(of_rooms: bool) -> None:
    graph: dict[str, set[str]] = {}
    for found in imports():
        source, target = found.source, found.target
        if of_rooms:
            source, target = room_of(source), room_of(target)
        # A package's `__init__` gives names of its own modules to others.
        if source != target and not source.startswith(f"{target}."):
            graph.setdefault(source, set()).add(target)
    assert [sorted(component) for component in components(graph)] == []


def test_no_module_imports_a_private_name_of_another() -> None:
    private = [
        f"{found.source}:{found.line} imports {found.name or found.target}"
        for found in imports()
        if re.match(r"_[a-z]", found.name or "")
        or (re.search(r"\._[a-z]", found.target) and found.target != "nbprod._version")
    ]
    assert private == []


# Each module of some packages has one of these: a command, a report format, a rule, a program.
_ENTRY_POINTS = {"check", "command", "help_of", "main", "message_of", "render"}


@pytest.mark.parametrize("kind", [ast.ClassDef, ast.FunctionDef], ids=["classes", "functions"])
def test_a_public_name_is_of_one_module(kind: type[ast.ClassDef | ast.FunctionDef]) -> None:
    """A reader who meets a name can tell the file that it is from, files that are copied into
    other programs included."""
    places: dict[str, list[str]] = {}
    for path, tree in trees().items():
        for node in tree.body:
            if isinstance(node, kind) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(module_of(path))
    twice = {name: of for name, of in places.items() if len(of) > 1 and name not in _ENTRY_POINTS}
    assert twice == {}
    assert len(places) > 200


def test_trees_are_walked_by_the_one_function() -> None:
    """`syntax.walk` is several times faster than `ast.walk`, which visits operators and contexts.

    What is copied into other programs imports nothing of ours.
    """
    walks = [
        f"{path.name}:{node.lineno}"
        for path, node in nodes()
        if isinstance(node, ast.Attribute)
        and node.attr == "walk"
        and ast.unparse(node) == "ast.walk"
        and COPIED not in path.parents
    ]
    assert walks == []
