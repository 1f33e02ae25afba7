"""Everything that one extraction would write, by path. Reads the disk."""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from nbprod.disk.places import holds_projects
from nbprod.disk.read import read_text
from nbprod.errors import NbprodError, UsageError
from nbprod.execution.forking import Libraries, libraries_of
from nbprod.execution.run import OriginalRuns, RunPlace
from nbprod.extract.code.app import app_code
from nbprod.extract.code.checking import undefined_names
from nbprod.extract.code.extending import extended
from nbprod.extract.code.format import formatted_imports, lint
from nbprod.extract.code.observed_types import with_definition_types, with_seen_types
from nbprod.extract.code.package import dependencies_of, package_files
from nbprod.extract.extraction import Extracted, compiles, extract
from nbprod.extract.plan.plan_edits import PlanEdits
from nbprod.extract.plan.planning import PlanOptions
from nbprod.extract.plan.surroundings import notebook_title
from nbprod.extract.plan.targets import Target
from nbprod.extract.suite.beside import folders_added, modules_beside
from nbprod.extract.suite.experiments import Experiments, experiments_of
from nbprod.extract.suite.recording import Recording, record
from nbprod.extract.suite.testcode import suite_of
from nbprod.extract.suite.trial import Trial, run_tests
from nbprod.facts import Facts
from nbprod.fixing.patch import script_of
from nbprod.notebook.read import read_notebook
from nbprod.project.write_all import bytes_there
from nbprod.refactor.naming import identifier
from nbprod.refactor.plan import Plan
from nbprod.refactor.run_folder import folder_of_run, names_above

__all__ = [
    "DeliveryRequest",
    "ExtractionDelivery",
    "NamesTaken",
    "added_to_module",
    "deliver_extraction",
    "deliver_under_free_names",
    "with_recorded_types",
    "run_place_of",
    "import_path",
    "package_inits",
]


class ExtractionDelivery(NamedTuple):
    """The files by absolute path, the module first and the notebook last; ``read`` is what those of
    them held that were read for it."""

    files: dict[str, bytes]
    read: dict[str, bytes]
    extracted: Extracted
    notebook: str
    target: Target
    looked_up: tuple[str, ...] = ()
    """The variables of the environment that the result reads."""
    trial: Trial | None = None
    """What came of the tests, where they were run."""
    folders: tuple[str, ...] = ()
    """Where the notebook finds modules of the project, the nearest first."""

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
    """What is to be written: ``notebook`` is the path that the rewritten one gets, ``run`` the
    runs of the original where its values are recorded (None: it is not run), ``extend`` whether a
    module that is there is kept, ``package`` whether a package is made around it. ``looked_up`` are
    the names under which it looks credentials up, ``plan`` the options of the plan, ``original``
    the bytes of the file that ``notebook`` is to replace."""

    target: Target
    notebook: str
    tests: bool = True
    run: OriginalRuns | None = None
    extend: bool = True
    package: bool = False
    looked_up: tuple[str, ...] = ()
    plan: PlanOptions = PlanOptions()
    original: bytes | None = None
    app: bool = False
    """Whether the package gets a program that runs the steps."""
    begun: Callable[[ExtractionDelivery], object] | None = None
    """Is given the module and the notebook before the tests are written, which takes a while."""
    edits: PlanEdits | None = None
    """What a person has changed in the plan: its types and sentences go before those of a run."""


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


class UnsoundModule(NbprodError):
    """The module would read names that nothing defines."""

    exit_code = 1

    def __init__(self, path: str, undefined: Iterable[str]) -> None:
        lines = [f"{path}: the module would not work: {text}" for text in undefined]
        advice = "leave the cells that read these names in the notebook"
        super().__init__("\n".join([*lines, f"nothing was written; {advice}"]))


def deliver_extraction(
    facts: Facts, data: bytes, plan: Plan, order: DeliveryRequest
) -> ExtractionDelivery:
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
    ground = plan.cut.facts if plan.cut is not None else facts
    recorded: Recording | None = None
    if order.run is not None:
        plan, recorded = with_recorded_types(plan, facts, order.run)
    if order.edits is not None:
        plan = order.edits.applied(plan)
    made = extract(facts, data, plan, target.module, notebook_title(facts), order.plan)
    undefined = undefined_names(made.module)
    if undefined:
        raise UnsoundModule(facts.notebook.path, undefined)
    read: dict[str, bytes] = {}
    text = added_to_module(made.module, target, read) if order.extend else made.module
    files = {target.path: text.encode("utf-8")} | package_inits(target)
    if order.begun is not None:
        ready = {**files, order.notebook: made.notebook}
        order.begun(ExtractionDelivery(ready, read, made, order.notebook, target))
    if order.tests and order.run is not None:
        order.run.options.prepare_tests(_libraries_of_module(text, facts, target))
    experiments: Experiments | None = None
    if order.tests and order.run is not None and recorded is not None:
        tried = {**_beside(files, ground, target), **files}
        experiments = experiments_of(plan, ground, tried, target, recorded, order.run.options)
    if order.package:
        files |= _package(facts, made, order)
    if order.app:
        files |= _app(facts, made, order)
    trial: Trial | None = None
    if order.tests:
        tests, trial = _tests(plan, ground, files, order, experiments)
        files |= tests
        files |= _environment(target, order.looked_up)
    files |= _example_environment(target, order.looked_up)
    files[order.notebook] = made.notebook
    if order.original is not None:
        read[order.notebook] = order.original
    folders = _folders_of_modules(ground, target)
    return ExtractionDelivery(
        files, read, made, order.notebook, target, order.looked_up, trial, folders
    )


def deliver_under_free_names(
    facts: Facts,
    data: bytes,
    plan_of: Callable[[PlanOptions], Plan],
    order: DeliveryRequest,
    options: PlanOptions,
    *,
    renames: bool = True,
) -> ExtractionDelivery:
    """Plan and make the files; functions get other names where the module has theirs.

    Args:
        facts: the notebook.
        data: its bytes.
        plan_of: makes the plan by options.
        order: what is wanted.
        options: those of the first try.
        renames: whether names may be changed.

    Raises:
        NamesTaken: the module has a name that cannot be changed.
    """
    options = options._replace(module=order.target.module)
    while True:
        plan = plan_of(options)
        try:
            return deliver_extraction(facts, data, plan, order._replace(plan=options))
        except NamesTaken as error:
            fixed = error.names - {function.name for function in plan.functions}
            if fixed or not renames:
                raise NamesTaken(error.path, fixed or error.names) from None
            options = options._replace(avoid=options.avoid | error.names)


def _libraries_of_module(text: str, facts: Facts, target: Target) -> Libraries:
    folders = [os.path.dirname(os.path.abspath(facts.notebook.path)), target.root]
    return libraries_of([ast.parse(text)], [text], folders)


def with_recorded_types(plan: Plan, facts: Facts, runs: OriginalRuns) -> tuple[Plan, Recording]:
    """Run the original for the types of a plan's values; the plan with them, and the values."""
    recorded = record(plan, facts, runs)
    ground = plan.cut.facts if plan.cut is not None else facts
    plan = with_seen_types(plan, recorded.functions, ground)
    return with_definition_types(plan, recorded.calls, ground, recorded.names), recorded


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
        raise UsageError(f"{path}:{error.lineno}: is not valid Python: {error.msg}") from None
    if both.conflicts:
        raise NamesTaken(os.path.relpath(path), both.conflicts)
    compiles(both.text, "the extended module")
    # The author's own order of imports is left alone; where it is ruff's, ours keep to it.
    return both.text if lint(old, path, "I001") else formatted_imports(both.text, path)


def _app(facts: Facts, made: Extracted, order: DeliveryRequest) -> dict[str, bytes]:
    """The program of the package, and its tests."""
    target = order.target
    rewritten = Facts(read_notebook(made.notebook, facts.notebook.path), facts.options)
    code = app_code(rewritten, made.plan, target.module, notebook_title(facts))
    compiles(code.main, "the program")
    undefined = undefined_names(code.main)
    if undefined:
        raise UnsoundModule(f"{facts.notebook.path}: the program", undefined)
    found = {os.path.join(os.path.dirname(target.path), "__main__.py"): code.main.encode()}
    if order.tests:
        package = target.module.rpartition(".")[0].replace(".", "_")
        tests = os.path.join(os.path.dirname(target.tests), f"test_{package}_main.py")
        found[tests] = code.tests.encode()
    return found


def _package(facts: Facts, made: Extracted, order: DeliveryRequest) -> dict[str, bytes]:
    python = order.run.options.python if order.run is not None else sys.executable
    own = order.target.module.partition(".")[0]
    found, version = dependencies_of([made.module], own, facts, made.plan, python)
    return package_files(order.target, made.plan, notebook_title(facts), found, version)


def _tests(
    plan: Plan,
    facts: Facts,
    files: Mapping[str, bytes],
    order: DeliveryRequest,
    experiments: Experiments | None,
) -> tuple[dict[str, bytes], Trial | None]:
    """The tests, and what came of running them once."""
    target = order.target
    data = {
        os.path.join(target.recorded, name): content
        for experiment in (experiments.calls if experiments is not None else {}).values()
        if not experiment.problem
        for name, content in {**experiment.files, **experiment.written}.items()
    }
    text = suite_of(plan, facts, target, experiments)
    compiles(text, "the tests")
    trial: Trial | None = None
    if order.run is not None:
        files = {**_beside(files, facts, target), **files, **data}
        trial = run_tests({**files, target.tests: text.encode("utf-8")}, target, order.run.options)
        if trial.failed:
            text = suite_of(plan, facts, target, experiments, trial.failed)
            trial = run_tests(
                {**files, target.tests: text.encode("utf-8")}, target, order.run.options
            )
    if order.extend and _is_other(target.tests, text) and not target.suffix:
        # The module has tests already: those of this notebook are beside them.
        stem = identifier(os.path.splitext(os.path.basename(facts.notebook.path))[0])
        target = target._replace(suffix=f"_{stem or 'more'}")
    made = {target.tests: text.encode("utf-8"), **data}
    added = folders_added(facts) if _beside(files, facts, target) else ()
    return made | ({} if order.package else import_path(target, added)), trial


def _beside(files: Mapping[str, bytes], facts: Facts, target: Target) -> dict[str, bytes]:
    """The modules of the project that the extracted one needs."""
    text = files[target.path].decode("utf-8")
    return modules_beside(text, _folders_of_modules(facts, target), target)


def _folders_of_modules(facts: Facts, target: Target) -> tuple[str, ...]:
    """Where the notebook finds modules of the project, the nearest first."""
    own = os.path.dirname(os.path.abspath(facts.notebook.path))
    return (own, target.root, *folders_added(facts))


def _is_other(path: str, text: str) -> bool:
    if not os.path.exists(path):
        return False
    return read_text(path, errors="replace") != text


def import_path(target: Target, added: Sequence[str] = ()) -> dict[str, bytes]:
    """What makes `pytest` find the module in a project that says nothing about it yet, and what it
    imports from folders that were ``added``."""
    configured = ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini")
    path = os.path.join(target.project, "conftest.py")
    if any(os.path.exists(os.path.join(target.project, text)) for text in configured):
        return {}
    text = '"""Here, pytest imports modules from this directory."""\n'
    if target.root != target.project:
        folder = os.path.relpath(target.root, target.project)
        text = (
            f'"""Tests import modules from `{folder}`."""\n\n'
            "import sys\nfrom pathlib import Path\n\n"
            f'sys.path.insert(0, str(Path(__file__).parent / "{folder}"))\n'
        )
    if added:
        every = [os.path.relpath(folder, target.project) for folder in (target.root, *added)]
        text = (
            '"""Tests import modules from these directories."""\n\n'
            "import sys\nfrom pathlib import Path\n\n"
            f"for directory in {json.dumps(every, ensure_ascii=False)}:\n"
            "    sys.path.append(str(Path(__file__).parent / directory))\n"
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


def _example_environment(target: Target, names: tuple[str, ...]) -> dict[str, bytes]:
    """The variables of the environment that the result reads, without values; a file that is there
    stays as it is."""
    path = os.path.join(target.project, ".env.example")
    if not names or os.path.exists(path):
        return {}
    return {path: "".join(f"{name}=\n" for name in names).encode()}


def run_place_of(facts: Facts, target: Target) -> RunPlace:
    """Where a notebook runs, so that it can import a module that goes to a target."""
    own = os.path.dirname(os.path.abspath(facts.notebook.path))
    whole = os.path.commonpath([own, target.project])
    if holds_projects(os.path.realpath(whole)):
        whole = own
    folder = os.path.commonpath([whole, folder_of_run(facts)[0]])
    start = os.path.relpath(own, folder)
    only = {os.path.relpath(top, folder): few for top, few in names_above(facts, whole).items()}
    place = RunPlace(folder, start, (os.path.relpath(target.root, folder),), only)
    return place if place.has(target.path) else place._replace(paths=(start,))
