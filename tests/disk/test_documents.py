"""A document of a repository that is no such document is said to be none, whatever it holds."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.disk.documents import NotParsed, parse_json, parse_module, parse_toml
from nbprod.environment.declared import declared_by_file
from nbprod.errors import UsageError
from nbprod.linters.tools import harmless_settings
from nbprod.project.own_modules import own_modules
from tests.test_layers import modules

DEEP = "[" * 20_000
LONG = "9" * 5_000


@pytest.mark.parametrize("text", [f"x = {DEEP}", f"x = {LONG}", "x = ", "a = 1\na = 2", "\0"])
def test_toml(text: str) -> None:
    with pytest.raises(NotParsed):
        parse_toml(text)


@pytest.mark.parametrize("text", [DEEP, LONG, "{", "\0", ""])
def test_json(text: str) -> None:
    with pytest.raises(NotParsed):
        parse_json(text)


@pytest.mark.parametrize("text", ["(" * 20_000, "-" * 20_000 + "1", "x" + "+x" * 20_000, "\0", "="])
def test_a_module(text: str) -> None:
    with pytest.raises(NotParsed):
        parse_module(text)


def test_toml_is_read_by_one_module() -> None:
    readers = {
        module
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import) and node.names[0].name in ("tomllib", "tomli")
    }
    assert readers == {"nbprod.disk.documents"}


WRONG = (
    "tool = 3", "[tool]\nnbprod = 3\npoetry = 3\nmypy = 3\npylint = [1]\nsetuptools = 1",
    "project = 3\ndependency-groups = [1]\npackages = 3\n[tool.poetry]\ngroup = 1",
    "[project]\ndependencies = 5\noptional-dependencies = 3\nname = 4\n[tool.mypy]\noverrides = 1",
    "[project]\ndependencies = [5, {a = 1}, []]\n[project.optional-dependencies]\na = 1\nb = [1]\n"
    "[tool.poetry]\ndependencies = 2\npackages = 3\n[tool.poetry.group]\na = 1\n"
    "[tool.mypy]\noverrides = [1, {module = [1]}, {module = 2}]",
    f"x = {DEEP}", f"x = {LONG}",
)  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_other_types_than_expected_are_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "Pipfile").write_text(text)
    assert not declared_by_file(str(tmp_path / "pyproject.toml"))
    assert not declared_by_file(str(tmp_path / "Pipfile"))
    assert not own_modules(str(tmp_path / "a.ipynb")).near
    for tool in ("mypy", "pylint", "pydocstyle"):
        assert harmless_settings(tool, str(tmp_path)).text == f"[{tool}]\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "tool = 3  # tool.nbprod"), ("nbprod.toml", f"x = {DEEP}"),
        ("pyproject.toml", "[tool]\nnbprod = 3  # tool.nbprod"), ("nbprod.toml", f"x = {LONG}"),
        (".nbprod-baseline.json", DEEP),
    ],
)  # fmt: skip
def test_it_is_one_line_and_exit_code_2(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "a.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", "check", "."],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (UsageError.exit_code, 1), done.stderr
    assert name in done.stderr
