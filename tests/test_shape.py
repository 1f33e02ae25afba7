"""The shape of the package: how long files and functions are, what names and dependencies do."""

from __future__ import annotations

import ast
import re
import sys

import pytest

from tests.package import PACKAGE, nodes, trees

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# Programs that a command starts; their names may be those of modules.
_STARTED = {"nbqa": "nbqa", "pytest": "pytest", "ipykernel": "ipykernel_launcher"}


def test_files_and_functions_are_short() -> None:
    long_files = [
        path.name
        for path, tree in trees().items()
        if tree.body and (tree.body[-1].end_lineno or 0) > 450
    ]
    long_functions = [
        f"{path.name}:{node.lineno} {node.name}"
        for path, node in nodes()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert (long_files, long_functions) == ([], [])


def test_only_what_others_import_stands_outside_of_a_room() -> None:
    assert len([path for path in trees() if path.parent == PACKAGE]) <= 12


def test_loop_variables_are_called_what_they_are() -> None:
    bound = [
        node.arg if isinstance(node, ast.arg) else node.id
        for _, node in nodes()
        if isinstance(node, ast.arg)
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    ]
    assert bound.count("one") <= len(bound) / 200


def test_every_dependency_is_used() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    declared = [re.split(r"[^\w.-]", line)[0] for line in project["project"]["dependencies"]]
    imported = {
        name.partition(".")[0]
        for _, node in nodes()
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }
    texts = {node.value for _, node in nodes() if isinstance(node, ast.Constant)}
    assert len(declared) > 10
    assert [
        name for name in declared if name not in imported and _STARTED.get(name) not in texts
    ] == []


@pytest.mark.parametrize("name", ["nbqa", "pytest", "ipykernel"])
def test_what_is_started_is_declared(name: str) -> None:
    text = (PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(rf'^    "{name}\b', text, re.M)
