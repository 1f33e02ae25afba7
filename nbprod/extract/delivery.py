"""Everything that one extraction would write, by path. Reads the disk."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from nbprod.disk.scratch import scratch_folder, write_scratch
from nbprod.errors import NbprodError, UsageError
from nbprod.execution.kernel import ExecutionError
from nbprod.execution.run import RunOptions, code_cells
from nbprod.extract.code.extending import extended
from nbprod.extract.code.format import formatted_imports, lint
from nbprod.extract.code.observed_types import with_seen_types
from nbprod.extract.code.package import dependencies_of, package_files
from nbprod.extract.extraction import Extracted, compiles, extract
from nbprod.extract.plan.explain import script_of
from nbprod.extract.plan.planning import PlanOptions
from nbprod.extract.plan.targets import Target
from nbprod.extract.suite.recording import Recorded, record
from nbprod.extract.suite.testcode import Suite, seeded_test, suite_of
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.programs import clean_environment, python_command, run_program
from nbprod.project.write_all import bytes_there
from nbprod.refactor.naming import identifier
from nbprod.refactor.plan import Plan

__all__ = [
    "Delivery",
    "NamesTaken",
    "DeliveryRequest",
    "added_to_module",
    "deliver",
    "folder_of",
    "import_path",
    "package_inits",
    "tests_that_fail",
]


class Delivery(NamedTuple):
    """The files by absolute path, the module first and the notebook last; ``read`` is what those of
    them held that were read for it."""

    files: dict[str, bytes]
    read: dict[str, bytes]
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


class DeliveryRequest(NamedTuple):
    """What is to be written: ``notebook`` is the path that the rewritten one gets, ``run`` how to
    run the original for its values (None not to), ``extend`` whether a module that is there is
    kept, ``package`` whether a package is made around it. ``looked_up`` are the names under which
    it looks credentials up, ``plan`` the options of the plan, ``original`` the bytes of the file
    that ``notebook`` is to replace."""

    target: Target
    notebook: str
    tests: bool = True
    run: RunOptions | None = None
    extend: bool = True
    package: bool = False
    looked_up: tuple[str, ...] = ()
    plan: PlanOptions = PlanOptions()
    original: bytes | None = None


class NamesTaken(NbprodError):
    """The module has other things under names that the extraction would give."""

    exit_code = 1

    def __init__(self, path: str, names: Iterable[str]) -> None:
        self.path = path
        self.names = frozenset(names)
        listed = ", ".join(f"`{name}`" for name in sorted(self.names))
        super().__init__(
            f"{path}: has {listed} already, and another one; choose another module, rename it in"
            " one of the two, or overwrite the file with --force"
        )


def deliver(facts: Facts, data: bytes, plan: Plan, order: DeliveryRequest) -> Delivery:
    """Work out every file of an extraction.

    Args:
        facts: the notebook.
        data: its bytes.
        plan: what is extracted.
        order: what is wanted.

    Raises:
        NamesTaken: the module is there and has other things under the same names.
    """
    target = order.target
    recorded: dict[str, Recorded] | None = None
    if order.run is not None:
        folder, start = folder_of(facts, target)
        cells, sources = code_cells(facts.notebook)
        recorded = record(plan, cells, sources, folder, start, order.run, facts.hidden)
        plan = with_seen_types(plan, recorded, facts)
    made = extract(facts, data, plan, target.module, _title(facts), order.plan)
    read: dict[str, bytes] = {}
    text = added_to_module(made.module, target, read) if order.extend else made.module
    files = {target.path: text.encode("utf-8")} | package_inits(target)
    if order.package:
        files |= _package(facts, made, order)
    if order.tests:
        files |= _tests(plan, facts, files, order, recorded)
        files |= _environment(target, order.looked_up)
    files[order.notebook] = made.notebook
    if order.original is not None:
        read[order.notebook] = order.original
    return Delivery(files, read, made, order.notebook, target)


def package_inits(target: Target) -> dict[str, bytes]:
    """What makes packages of the folders around a module, where it is missing."""
    files = {}
    for package in target.packages:
        init = os.path.join(package, "__init__.py")
        if not os.path.exists(init):
            files[init] = f'"""The package `{os.path.basename(package)}`."""\n'.encode()
    return files


def added_to_module(text: str, target: Target, read: dict[str, bytes]) -> str:
    """A module's text, added to what is there; ``read`` gets the bytes of that.

    Raises:
        NamesTaken: the module has other things under the same names.
        UsageError: what is there is no Python.
    """
    path = target.path
    there = bytes_there(path)
    if there is None:
        return text
    read[path] = there
    try:
        old = there.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8") from None
    try:
        both = extended(old, text, target.module)
    except SyntaxError as error:
        raise UsageError(f"{path}:{error.lineno}: is no Python: {error.msg}") from None
    if both.conflicts:
        raise NamesTaken(os.path.relpath(path), both.conflicts)
    compiles(both.text, "the extended module")
    # The author's own order of imports is left alone; where it is ruff's, ours keep to it.
    return both.text if lint(old, path, "I001") else formatted_imports(both.text, path)


def _package(facts: Facts, made: Extracted, order: DeliveryRequest) -> dict[str, bytes]:
    python = order.run.python if order.run is not None else sys.executable
    own = order.target.module.partition(".")[0]
    found, version = dependencies_of([made.module], own, facts, made.plan, python)
    return package_files(order.target, made.plan, _title(facts), found, version)


def _tests(
    plan: Plan,
    facts: Facts,
    files: Mapping[str, bytes],
    order: DeliveryRequest,
    recorded: dict[str, Recorded] | None,
) -> dict[str, bytes]:
    target = order.target
    failing: frozenset[str] = frozenset()
    if order.run is not None:
        failing = _failing_on_trial(plan, facts, files, target, order.run, recorded)
    suite = suite_of(plan, facts, target, recorded, failing)
    compiles(suite.text, "the tests")
    if order.extend and _is_other(target.tests, suite.text) and not target.suffix:
        # The module has tests already: those of this notebook stand beside them.
        stem = identifier(os.path.splitext(os.path.basename(facts.notebook.path))[0])
        beside = order._replace(target=target._replace(suffix=f"_{stem or 'more'}"))
        return _tests(plan, facts, files, beside, recorded)
    return _suite_files(suite, target) | ({} if order.package else import_path(target))


def _failing_on_trial(
    plan: Plan,
    facts: Facts,
    files: Mapping[str, bytes],
    target: Target,
    run: RunOptions,
    recorded: dict[str, Recorded] | None,
) -> frozenset[str]:
    """The tests that do not hold, tried before they are written."""
    trial = suite_of(plan, facts, target, recorded, trial=True)
    try:
        return tests_that_fail({**files, **_suite_files(trial, target)}, target, run)
    except ExecutionError:
        # Those under a seed call their functions again and again: without them then.
        seeded = frozenset(seeded_test(function) for function in plan.functions)
        trial = suite_of(plan, facts, target, recorded, seeded)
        return seeded | tests_that_fail({**files, **_suite_files(trial, target)}, target, run)


def _is_other(path: str, text: str) -> bool:
    return bytes_there(path) not in (None, text.encode("utf-8"))


def _suite_files(suite: Suite, target: Target) -> dict[str, bytes]:
    found = {target.tests: suite.text.encode("utf-8")}
    for name, data in suite.data.items():
        found[os.path.join(target.recorded, f"{name}.pickle")] = data
    return found


def import_path(target: Target) -> dict[str, bytes]:
    """What makes `pytest` find the module in a project that says nothing about it yet."""
    configured = ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini")
    path = os.path.join(target.project, "conftest.py")
    if any(os.path.exists(os.path.join(target.project, text)) for text in configured):
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


def _environment(target: Target, names: tuple[str, ...]) -> dict[str, bytes]:
    """What the tests need of the environment to import the module: anything but the real values."""
    path = os.path.join(os.path.dirname(target.tests), "conftest.py")
    if not names or os.path.exists(path):
        return {}
    lines = [f'os.environ.setdefault("{name}", "for-tests")\n' for name in names]
    text = '"""Names that the modules look up when they are imported."""\n\nimport os\n\n'
    return {path: (text + "".join(lines)).encode()}


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
    files: Mapping[str, bytes], target: Target, options: RunOptions
) -> frozenset[str]:
    """The tests among some files that fail; a file that cannot be collected counts by its name.

    The tests are run on a copy of the project's module alone, so that nothing is left behind.

    Raises:
        ExecutionError: they take too long.
    """
    with scratch_folder() as folder:
        for path, data in files.items():
            relative = os.path.relpath(path, target.project)
            if relative.startswith(os.pardir) or path.endswith(".toml"):
                continue
            write_scratch(folder, relative, data)
        root = os.path.join(folder, os.path.relpath(target.root, target.project))
        flags = ("-q", "-rfE", "-p", "no:cacheprovider", "tests")
        environment = clean_environment(**dict(options.environment), PYTHONPATH=root)
        try:
            done = run_program(
                python_command(options.python, "pytest", *flags),
                folder=folder, seconds=options.seconds, environment=environment,
            )  # fmt: skip
        except TimeoutError:
            raise ExecutionError(
                f"the generated tests take longer than {options.seconds} seconds: give them more"
                " by --timeout, or leave them out by --no-tests"
            ) from None
    said = done.output.decode("utf-8", "replace")
    found = re.findall(r"^(?:FAILED|ERROR) (?:\S*::)?(\S+)", said, re.MULTILINE)
    return frozenset(one.partition("[")[0] for one in found)
