"""An installable package around an extracted module: what it depends on, how to use it.

Reads the installed metadata of the interpreter that runs the notebook; runs none of its code.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from nbprod.environment.distributions import distribution_of
from nbprod.errors import UsageError
from nbprod.extract.plan import Plan
from nbprod.extract.targets import Target
from nbprod.facts import Facts

__all__ = ["Dependency", "dependencies_of", "package_files"]

_ASK = """
import importlib.metadata as m, json, sys
top = m.packages_distributions() if hasattr(m, "packages_distributions") else {}
found = {}
for name, usual in json.load(sys.stdin).items():
    for one in (*top.get(name, [])[:1], usual):
        try:
            found.setdefault(name, [one, m.version(one)])
        except m.PackageNotFoundError:
            pass
json.dump([found, "%d.%d" % sys.version_info[:2]], sys.stdout)
"""
_PINNED = re.compile(r"([A-Za-z][\w.\-]*)(?:\[[^\]]*\])?\s*==\s*([\w.]+)")
_INSTALL = re.compile(r"[!%]\s*(?:\S*python\S*\s+-m\s+)?pip3?\s+install\s+(.+)")


class Dependency(NamedTuple):
    """A distribution and its version, None when it is not known."""

    name: str
    version: str | None

    def __str__(self) -> str:
        return self.name if self.version is None else f"{self.name}=={self.version}"


def dependencies_of(
    texts: Iterable[str], own: str, facts: Facts, python: str
) -> tuple[list[Dependency], str]:
    """What modules import from outside, as distributions; and the Python version they are for.

    Args:
        texts: the modules' sources.
        own: the name of the package itself.
        facts: the notebook, whose install lines tell versions of what is not installed.
        python: the interpreter whose installed versions count.
    """
    names = sorted({name for text in texts for name in _imported(text)} - {own})
    modules = [name for name in names if name not in sys.stdlib_module_names]
    installed, version = _installed(modules, python)
    pinned = _pinned(facts)
    found = []
    for name in modules:
        distribution, here = installed.get(name, (distribution_of(name), None))
        found.append(Dependency(distribution, here or pinned.get(distribution.lower())))
    return sorted(set(found)), version


def _imported(text: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _installed(names: list[str], python: str) -> tuple[Mapping[str, tuple[str, str]], str]:
    try:
        done = subprocess.run(
            [python, "-I", "-c", _ASK], capture_output=True, text=True, check=False, timeout=60,
            input=json.dumps({name: distribution_of(name) for name in names}),
        )  # fmt: skip
    except OSError as error:
        raise UsageError(f"{python}: cannot be started: {error.strerror}") from None
    if done.returncode:
        return {}, f"{sys.version_info[0]}.{sys.version_info[1]}"
    found, version = json.loads(done.stdout)
    return {name: (one[0], one[1]) for name, one in found.items()}, version


def _pinned(facts: Facts) -> dict[str, str]:
    """The versions that the notebook itself installs."""
    found: dict[str, str] = {}
    for cell in facts.notebook.cells:
        for line in _INSTALL.findall(cell.source) if cell.is_python else ():
            found |= {name.lower(): version for name, version in _PINNED.findall(line)}
    return found


def package_files(
    target: Target, plan: Plan, title: str, dependencies: list[Dependency], python: str
) -> dict[str, bytes]:
    """The files that make a package of the target's folder, by path: those not there yet.

    Args:
        target: a module below ``src``.
        plan: what the module has.
        title: what the notebook calls itself.
        dependencies: what it imports.
        python: the lowest version of Python, as in ``3.11``.
    """
    package = target.module.partition(".")[0]
    summary = title.replace('"', "'") or f"Extracted from {target.module}"
    listed = "".join(f'    "{one}",\n' for one in dependencies)
    files = {
        "pyproject.toml": _PYPROJECT.format(
            name=package.replace("_", "-"),
            summary=summary,
            python=python,
            package=package,
            dependencies=f"[\n{listed}]" if listed else "[]",
        ),  # fmt: skip
        "README.md": _readme(target, plan, package, title),
        f"src/{package}/py.typed": "",
    }
    found = {os.path.join(target.project, name): text.encode() for name, text in files.items()}
    return {path: data for path, data in found.items() if not os.path.exists(path)}


_PYPROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "0.1.0"
description = "{summary}"
readme = "README.md"
requires-python = ">={python}"
dependencies = {dependencies}

[project.optional-dependencies]
test = ["pytest"]

[tool.hatch.build.targets.wheel]
packages = ["src/{package}"]

[tool.pytest.ini_options]
pythonpath = ["src"]
testpaths = ["tests"]
"""


def _readme(target: Target, plan: Plan, package: str, title: str) -> str:
    lines = [f"# {title or package}", "", "```console", "$ pip install -e '.[test]'", "$ pytest"]
    lines += ["```", "", f"`{target.module}` has", ""]
    for function in plan.functions:
        names = ", ".join(one.name for one in function.parameters)
        makes = ", ".join(f"`{one.name}`" for one in function.results)
        lines.append(f"- `{function.name}({names})`" + (f", which makes {makes}" if makes else ""))
    for taken in plan.taken:
        lines.append(f"- `{taken.name}`")
    return "\n".join(lines) + "\n"
