"""Generated tests, run by pytest on a copy of the project's module."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple
from xml.etree import ElementTree

from nbprod.disk.read import read_bytes, read_text
from nbprod.disk.scratch import scratch_folder, write_scratch
from nbprod.errors import NbprodError
from nbprod.execution.forking import PythonProgram, run_python
from nbprod.execution.kernel import ExecutionError
from nbprod.execution.run import RunOptions
from nbprod.extract.plan.targets import Target
from nbprod.programs import clean_environment, one_thread

__all__ = ["PytestMissing", "Trial", "lay_out", "run_tests"]


_PLUGIN = "traced_lines"


class PytestMissing(NbprodError):
    """The interpreter that should run the tests has no pytest."""

    exit_code = 1

    def __init__(self, python: str) -> None:
        super().__init__(
            f"{python} has no pytest, so the generated tests cannot be run; install pytest there,"
            " choose another Python with --python, or write no tests with --no-tests"
        )


class Trial(NamedTuple):
    """The tests by outcome: those that passed, those that failed, and why the others were
    skipped."""

    passed: tuple[str, ...]
    failed: frozenset[str]
    skipped: Mapping[str, str]
    lines: Mapping[str, frozenset[int]] = MappingProxyType({})
    """The lines of the module that each test executes, and under an empty name its import."""
    modules: tuple[str, ...] = ()
    """The modules of libraries that they have imported, in order."""
    seconds: float = 0.0
    """How long they took."""
    spent: Mapping[str, float] = MappingProxyType({})
    """The time of processors that each took."""

    def __str__(self) -> str:
        ran = len(self.passed) + len(self.failed)
        text = f"Ran {ran} generated test{'s' if ran != 1 else ''}"
        text += f": {len(self.failed)} failed" if self.failed else ": all passed" if ran else ""
        for reason in dict.fromkeys(self.skipped.values()):
            count = sum(other == reason for other in self.skipped.values())
            text += f"; skipped {count} ({reason})"
        return f"{text}."


def run_tests(files: Mapping[str, bytes], target: Target, options: RunOptions) -> Trial:
    """Run the tests among some files.

    They run on a copy of the project's module alone, so that nothing is left over. A file that
    cannot be collected counts as a failed test by its name.

    Raises:
        ExecutionError: they take too long, or pytest stops without a report.
        PytestMissing: there is no pytest to run them.
    """
    options.report("Running the generated tests")
    with scratch_folder() as folder:
        lay_out(files, target, folder)
        report = os.path.join(folder, "report.xml")
        root = os.path.join(folder, os.path.relpath(target.root, target.project))
        lines = os.path.join(folder, "lines.json")
        plugin = read_bytes(os.path.join(os.path.dirname(__file__), f"{_PLUGIN}.py"))
        plugins = os.path.dirname(write_scratch(folder, f"plugins/{_PLUGIN}.py", plugin))
        flags = (
            "-q", "-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", _PLUGIN,
            "--rootdir", folder, "--junitxml", report, "tests",
        )  # fmt: skip
        environment = clean_environment(
            **one_thread(),
            **dict(options.environment),
            PYTHONPATH=os.pathsep.join([root, plugins]),
            NBPROD_MODULE=os.path.join(folder, os.path.relpath(target.path, target.project)),
            NBPROD_LINES=lines,
            # The tests need no plugin that happens to be installed.
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        )
        begun = time.monotonic()
        try:
            program = PythonProgram(flags, folder, environment, module="pytest")
            forks = options.tests_of(files[target.path].decode("utf-8"))
            done = run_python(program, options.python, options.seconds, forks)
        except TimeoutError:
            raise ExecutionError(
                f"the generated tests take longer than {options.seconds} seconds; raise the limit"
                " with --timeout, or write no tests with --no-tests"
            ) from None
        if not os.path.exists(report):
            said = (done.errors + done.output).decode("utf-8", "replace").strip()
            if "No module named" in said and "pytest" in said:
                raise PytestMissing(options.python)
            raise ExecutionError(f"pytest cannot run the generated tests: {said[-300:]}")
        seen = json.loads(read_text(lines)) if os.path.exists(lines) else {"lines": {}}
        return _outcome(report)._replace(
            lines={name: frozenset(found) for name, found in seen["lines"].items()},
            modules=tuple(seen.get("modules", ())),
            spent=seen.get("spent", {}),
            seconds=time.monotonic() - begun,
        )


def lay_out(files: Mapping[str, bytes], target: Target, folder: str) -> None:
    for path, data in files.items():
        relative = os.path.relpath(path, target.project)
        if relative.startswith(os.pardir) or path.endswith(".toml"):
            continue
        write_scratch(folder, relative, data)


def _outcome(report: str) -> Trial:
    passed: list[str] = []
    failed: set[str] = set()
    skipped: dict[str, str] = {}
    for name, kind, message in _cases(report):
        if kind == "skipped":
            skipped[name] = message
        elif kind:
            failed.add(name)
        else:
            passed.append(name)
    return Trial(tuple(passed), frozenset(failed), skipped)


def _cases(report: str) -> Iterator[tuple[str, str, str]]:
    """Each test: its name without parameters, its outcome (empty: passed), and the message."""
    for case in ElementTree.parse(report).iter("testcase"):
        name = (case.get("name") or case.get("classname") or "").partition("[")[0]
        outcome = next((child for child in case if child.tag in _OUTCOMES), None)
        if outcome is None:
            yield name, "", ""
        else:
            yield name, outcome.tag, outcome.get("message") or ""


_OUTCOMES = ("failure", "error", "skipped")
