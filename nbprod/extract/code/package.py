"""An installable package around an extracted module: what it depends on, how to use it.

Reads the installed metadata of the interpreter that runs the notebook; runs none of its code.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping

from nbprod.errors import UsageError
from nbprod.extract.code.checking import imported_from_outside
from nbprod.extract.plan.targets import Target
from nbprod.facts import Facts
from nbprod.libraries.distributions import distribution_of, normalised
from nbprod.programs import run_program
from nbprod.project.own_modules import own_modules
from nbprod.refactor.plan import Plan
from nbprod.report.escaping import escape_line, escape_markdown
from nbprod.syntax.installs import Requirement, installs_of

__all__ = ["dependencies_of", "package_files"]

# Before a name: that of a distribution, not of a module.
_DISTRIBUTION = "distribution "
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


def dependencies_of(
    texts: Iterable[str], own: str, facts: Facts, plan: Plan, python: str
) -> tuple[list[str], str]:
    """What a package needs, as requirements; and the Python version they are for.

    That is what its modules import from outside and what the selected cells install. A requirement
    that a cell of the notebook writes with a version stays as it is written; others get the version
    that is installed.

    Args:
        texts: the modules' sources.
        own: the name of the package itself.
        facts: the notebook, whose install lines tell versions.
        plan: what of it is selected.
        python: the interpreter whose installed versions count.
    """
    modules = sorted({name for text in texts for name in imported_from_outside(text)} - {own})
    asked = [requirement for line in plan.installs for requirement in line.requirements]
    installed, version = _installed(modules, [requirement.name for requirement in asked], python)
    written = {requirement.key: requirement for requirement in _written(facts)}
    found: dict[str, str] = {}
    for requirement in asked:
        _, here = installed.get(_DISTRIBUTION + requirement.name, (requirement.name, None))
        bare = (
            requirement.text
            if requirement.has_version or here is None
            else f"{requirement.text}>={here}"
        )
        found[requirement.key] = (
            written[requirement.key].text if requirement.key in written else bare
        )
    held = own_modules(facts.notebook.path)
    for name in modules:
        distribution, here = installed.get(name, (distribution_of(name), None))
        # Whoever publishes a distribution under that name would have it installed.
        if held.hold(name, is_known=name in installed or distribution != name):
            continue
        key = normalised(distribution)
        pinned = distribution if here is None else f"{distribution}>={here}"
        found.setdefault(key, written[key].text if key in written else pinned)
    return sorted(found.values(), key=str.lower), version


def _installed(
    modules: list[str], distributions: list[str], python: str
) -> tuple[Mapping[str, tuple[str, str]], str]:
    """What is installed for modules, and for distributions under marked names; and Python's
    version."""
    asked = {name: distribution_of(name) for name in modules}
    asked |= {_DISTRIBUTION + name: name for name in distributions}
    try:
        asking = [python, "-I", "-c", _ASK]
        done = run_program(asking, given=json.dumps(asked).encode(), seconds=60)
    except TimeoutError:
        raise UsageError(f"{python}: does not answer") from None
    except OSError as error:
        raise UsageError(f"{python}: cannot be started: {error.strerror}") from None
    if done.code:
        return {}, f"{sys.version_info[0]}.{sys.version_info[1]}"
    found, version = json.loads(done.output)
    return {name: (one[0], one[1]) for name, one in found.items()}, version


def _written(facts: Facts) -> Iterator[Requirement]:
    """The requirements with versions that any cell of the notebook installs."""
    for parsed in facts.parsed:
        for install in installs_of(parsed) if parsed is not None else ():
            if install.manager in ("pip", "uv"):
                yield from (
                    requirement for requirement in install.requirements if requirement.has_version
                )


def package_files(
    target: Target, plan: Plan, title: str, dependencies: list[str], python: str
) -> dict[str, bytes]:
    """The files that make a package of the target's folder, by path: those not there yet.

    Args:
        target: a module below ``src``.
        plan: what the module has.
        title: what the notebook calls itself.
        dependencies: its requirements.
        python: the lowest version of Python, as in ``3.11``.
    """
    package = target.module.partition(".")[0]
    shown = escape_line(title).replace("\\", "\\\\").replace('"', "'")
    summary = shown or f"Extracted from {target.module}"
    listed = "".join(f'    "{dependency}",\n' for dependency in dependencies)
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
    lines = [
        f"# {escape_markdown(title) or package}",
        "",
        "```console",
        "$ pip install -e '.[test]'",
        "$ pytest",
    ]
    lines += ["```", "", f"`{target.module}` has", ""]
    for function in plan.own_functions:
        names = ", ".join(variable.name for variable in function.parameters)
        makes = ", ".join(f"`{variable.name}`" for variable in function.results)
        lines.append(f"- `{function.name}({names})`" + (f", which makes {makes}" if makes else ""))
    for taken in plan.taken:
        lines.append(f"- `{taken.name}`")
    return "\n".join(lines) + "\n"
