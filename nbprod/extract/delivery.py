"""Everything that one extraction would write, by path. Reads the disk."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from typing import NamedTuple

from nbprod.extract.explain import script_of
from nbprod.extract.extraction import Extracted, compiles, extract
from nbprod.extract.plan import Plan
from nbprod.extract.recording import Recorded, record
from nbprod.extract.seen_types import with_seen_types
from nbprod.extract.targets import Target
from nbprod.extract.testcode import Suite, suite_of
from nbprod.extract.verify import RunOptions, code_cells
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook

__all__ = ["Delivery", "deliver", "folder_of", "tests_that_fail"]


class Delivery(NamedTuple):
    """The files by absolute path, the module first and the notebook last."""

    files: dict[str, bytes]
    extracted: Extracted
    notebook: str
    target: Target

    def scripts(self) -> dict[str, list[str]]:
        """What changes as texts, the notebook as a script."""
        found = {}
        for path, data in self.files.items():
            if path == self.notebook:
                found[path] = script_of(read_notebook(data, path))
            elif path.endswith(".py"):
                found[path] = data.decode("utf-8").splitlines(keepends=True)
        return found


def deliver(
    facts: Facts,
    data: bytes,
    plan: Plan,
    target: Target,
    notebook: str,
    *,
    tests: bool = True,
    run: RunOptions | None = None,
) -> Delivery:
    """Work out every file of an extraction.

    Args:
        facts: the notebook.
        data: its bytes.
        plan: what is extracted.
        target: where the module goes.
        notebook: the path that the rewritten notebook gets.
        tests: whether there are tests.
        run: how to run the notebook to record values; None not to run it.
    """
    recorded: dict[str, Recorded] | None = None
    folder, start = folder_of(facts, target)
    if run is not None:
        cells, sources = code_cells(facts.notebook)
        recorded = record(plan, cells, sources, folder, start, run)
        plan = with_seen_types(plan, recorded, facts)
    made = extract(facts, data, plan, target.module, _title(facts))
    files = {target.path: made.module.encode("utf-8")}
    for package in target.packages:
        init = os.path.join(package, "__init__.py")
        if not os.path.exists(init):
            name = os.path.basename(package)
            files[init] = f'"""The package `{name}`."""\n'.encode()
    if tests:
        suite = suite_of(plan, facts, target, recorded)
        if run is not None:
            failing = tests_that_fail(suite, files, target, run)
            if failing:
                suite = suite_of(plan, facts, target, recorded, failing)
        compiles(suite.text, "the tests")
        files |= _suite_files(suite, target) | _import_path(target)
    files[notebook] = made.notebook
    return Delivery(files, made, notebook, target)


def _suite_files(suite: Suite, target: Target) -> dict[str, bytes]:
    found = {target.tests: suite.text.encode("utf-8")}
    folder = os.path.dirname(target.tests)
    module = target.module.rpartition(".")[2]
    for name, data in suite.data.items():
        found[os.path.join(folder, f"{module}_data", f"{name}.pickle")] = data
    return found


def _import_path(target: Target) -> dict[str, bytes]:
    """What makes `pytest` find the module in a project that says nothing about it yet."""
    configured = ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini")
    path = os.path.join(target.project, "conftest.py")
    if any(os.path.exists(os.path.join(target.project, one)) for one in configured):
        return {}
    text = '"""Here, pytest imports modules from this folder."""\n'
    if target.root != target.project:
        folder = os.path.relpath(target.root, target.project)
        text = (
            f'"""Tests import modules from `{folder}`."""\n\n'
            "import sys\nfrom pathlib import Path\n\n"
            f'sys.path.insert(0, str(Path(__file__).parent / "{folder}"))\n'
        )
    return {} if os.path.exists(path) else {path: text.encode()}


def _title(facts: Facts) -> str:
    """The first heading of the notebook."""
    for cell in facts.notebook.cells:
        if cell.kind == "markdown":
            for line in cell.source.splitlines():
                if line.startswith("# "):
                    return line[2:].strip().strip("*_ ")
    return ""


def folder_of(facts: Facts, target: Target) -> tuple[str, str]:
    """The folder to copy for a run, and the notebook's own inside of it."""
    own = os.path.dirname(os.path.abspath(facts.notebook.path))
    folder = os.path.commonpath([own, target.project])
    if folder in (os.path.abspath(os.sep), os.path.expanduser("~")):
        folder = own
    return folder, os.path.relpath(own, folder)


def tests_that_fail(
    suite: Suite, files: Mapping[str, bytes], target: Target, options: RunOptions
) -> frozenset[str]:
    """The tests whose recorded values do not come again.

    The tests are run on a copy of the project's module alone, so that nothing is left behind.
    """
    with tempfile.TemporaryDirectory(prefix="nbprod-") as folder:
        for path, data in {**files, **_suite_files(suite, target)}.items():
            place = os.path.join(folder, os.path.relpath(path, target.project))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as file:
                file.write(data)
        root = os.path.join(folder, os.path.relpath(target.root, target.project))
        done = subprocess.run(
            [options.python, "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider", "tests"],
            cwd=folder, env={**os.environ, "PYTHONPATH": root}, capture_output=True, check=False,
            timeout=options.seconds,
        )  # fmt: skip
    said = done.stdout.decode("utf-8", "replace")
    return frozenset(re.findall(r"^FAILED \S*::(test_\w+)", said, re.MULTILINE))
