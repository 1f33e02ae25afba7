"""Runs the tests of a module on changed ones, in the Python that runs the notebook.

It is started as a script with the path of a job and imports nothing of nbprod. Where processes
fork, the tests are collected once: each run is a process that has imported the module and run no
test, in which the code of one function is replaced. Where that is not possible, the run collects
the tests itself, with the changed module. What a run writes into the folder is undone. A job, in
JSON, has

* ``folder``: where the tests are; ``root``: the folder in it to import from; ``module``: the file
  of the module in it, and ``name``, its dotted name;
* ``runs``: each with the ``text`` that the module has, the ``tests`` to run, the seconds of a
  processor that these have ``spent`` on the module and the ``limit`` of them; ``whole``: whether a
  change of a function changes what the import of the module does;
* ``libraries``: what the module and its tests import; ``until``: how many seconds all may take;
  ``patience``: how many each of them may, since a changed module may loop for ever; ``effort``: how
  many of a processor all may take, or nothing;
* ``answers``: the file of the answers, one JSON object a run: ``code``, how pytest ended, None
  where it took too long.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

_OPTIMIZED = 1
# Nobody reads why a test fails, so that its assertions need not be prepared for it.
_FLAGS = (
    "-q", "-x", "--assert=plain", "--tb=native", "-p", "no:cacheprovider",
    "-p", "no:unraisableexception", "--rootdir",
)  # fmt: skip


class FaultyRuns:
    """A plugin of pytest that runs collected tests once for each run of a job."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.started = time.monotonic()
        self.spent_before = time.process_time()
        self.module = os.path.join(job["folder"], job["module"])
        self.original = _text(self.module)
        self.has_failed = False
        self.has_run = self.is_child = False

    def pytest_runtestloop(self, session: Any) -> bool:
        """Run the tests, each time in another process."""
        gc.collect()
        # What is there already is neither looked at nor copied by the processes.
        gc.freeze()
        self.has_run = True
        self.run_all(session)
        return True

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        """End the process of a run with its first failure: its report would take longer than it."""
        error = call.excinfo.value if call.excinfo is not None else None
        if self.is_child and error is not None and not _is_skip(error):
            os._exit(1)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A part of a test has ended."""
        self.has_failed = self.has_failed or report.failed

    def run_all(self, session: Any = None) -> None:
        """Do the runs until the time is up: with the tests of a session where that is possible."""
        before = _files_in(self.job["folder"])
        pristine = f"{self.job['folder']}-before"
        shutil.copytree(self.job["folder"], pristine)
        for run in self.job["runs"]:
            left = self.started + self.job["until"] - time.monotonic()
            if left <= 0 or self.is_spent(run):
                return
            code: int | None = 0
            if run["tests"]:
                _write(self.module, run["text"])
                code = self.code_of(run, session, min(self.job["patience"], left))
                _write(self.module, self.original)
                if _files_in(self.job["folder"]) != before:
                    _restore(pristine, self.job["folder"])
                    before = _files_in(self.job["folder"])
            with open(self.job["answers"], "a", encoding="utf-8") as file:
                file.write(json.dumps({"code": code}) + "\n")

    def is_spent(self, run: dict[str, Any]) -> bool:
        """Whether another run would take more time of processors than there is."""
        if self.job["effort"] is None:
            return False
        times = os.times()
        spent = times.user + times.system + times.children_user + times.children_system
        return bool(spent + run["spent"] - self.spent_before > self.job["effort"])

    def code_of(self, run: dict[str, Any], session: Any, seconds: float) -> int | None:
        """How the tests of one run end, None if they take longer."""
        is_whole = session is None or self.job["whole"]
        replaced = [] if is_whole else self.replacements(run["text"])

        def patched() -> int:
            self.is_child = True
            _limit(run["limit"])
            for function, code in replaced:
                function.__code__ = code
            return int(self.tests_fail(session, run["tests"]))

        return in_child(patched if replaced else lambda: whole_run(self.job, run), seconds)

    def replacements(self, text: str) -> list[tuple[FunctionType, CodeType]]:
        """The functions of the module that have another code in a text, and this; none where
        something else is changed."""
        module = sys.modules.get(self.job["name"])
        if module is None:
            return []
        texts = (self.original, text)
        old, new = (compile(one, self.module, "exec", dont_inherit=True) for one in texts)
        functions = [*functions_of(vars(module), module.__name__)]
        found = []
        for before, after in changed_functions(old, new):
            live = [one for one in functions if after is not None and one.__code__ == before]
            if after is None or not live:
                return []
            found += [(one, after) for one in live]
        return found

    def tests_fail(self, session: Any, names: Sequence[str]) -> bool:
        """Run some of the collected tests until one fails."""
        items = [item for item in session.items if item.nodeid in set(names)]
        for item, following in zip(items, [*items[1:], None], strict=True):
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.has_failed:
                return True
        return False


def changed_functions(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType | None]]:
    """The functions outside of functions that differ between two codes, None for what is no
    function."""
    inner = [[one for one in code.co_consts if isinstance(one, CodeType)] for code in (old, new)]
    if old.co_code != new.co_code or len(inner[0]) != len(inner[1]):
        yield old, None
        return
    for before, after in zip(*inner, strict=True):
        if before == after:
            continue
        if before.co_flags & _OPTIMIZED:
            is_same = before.co_freevars == after.co_freevars
            yield before, after if is_same else None
        else:
            yield from changed_functions(before, after)


def functions_of(names: Any, module: str) -> Iterator[FunctionType]:
    """The functions that a module or its classes define, those with decorators as well."""
    for value in list(names.values()):
        if isinstance(value, type) and value.__module__ == module:
            yield from functions_of(vars(value), module)
        parts = (value, *(getattr(value, name, None) for name in ("__func__", "fget", "fset")))
        for part in parts:
            inner = part
            while inner is not None:
                if isinstance(inner, FunctionType):
                    yield inner
                inner = getattr(inner, "__wrapped__", None)


def _is_skip(error: BaseException) -> bool:
    import pytest

    return isinstance(error, pytest.skip.Exception)


def _limit(seconds: int) -> None:
    """End this process when it has worked so long: the changed module loops for ever."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _files_in(folder: str) -> dict[str, tuple[int, int]]:
    """The files of a folder, with what shows whether they changed; those of the module
    are written back anyway."""
    found = {}
    for top, _, names in os.walk(folder):
        for name in names:
            status = os.lstat(os.path.join(top, name))
            is_code = name.endswith(".py")
            found[os.path.join(top, name)] = (status.st_size, 0 if is_code else status.st_mtime_ns)
        found[top] = (0, 0)
    return found


def _restore(pristine: str, folder: str) -> None:
    """Make a folder again what it was."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(pristine, folder, dirs_exist_ok=True)
    os.chdir(folder)


def whole_run(job: dict[str, Any], run: dict[str, Any]) -> int:
    """Collect and run the tests of one run in this process."""
    import pytest

    for name in [name for name in sys.modules if _is_of(job, name)]:
        del sys.modules[name]
    return int(pytest.main([*_FLAGS, job["folder"], *run["tests"]]))


def _is_of(job: dict[str, Any], name: str) -> bool:
    """Whether a module that is imported lies in the folder of a job."""
    file = getattr(sys.modules[name], "__file__", None) or ""
    return os.path.realpath(file).startswith(os.path.join(os.path.realpath(job["folder"]), ""))


def in_child(work: Callable[[], int], seconds: float) -> int | None:
    """What some work gives in a process of its own, None if it takes longer; 1 where the
    interpreter itself stops."""
    child = os.fork()
    if child == 0:
        os.setsid()
        code = 1
        with contextlib.suppress(BaseException):
            code = work()
        os._exit(code)
    status = ended(child, seconds)
    if status is None:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 1


def ended(child: int, seconds: float) -> int | None:
    """How a process ends within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        number, status = os.waitpid(child, os.WNOHANG)
        if number:
            return status
        time.sleep(0.005)
    return None


def without_forks(job: dict[str, Any]) -> None:
    """Do the first run in this process: there is no other one."""
    run = job["runs"][0]
    if run["tests"]:
        _write(os.path.join(job["folder"], job["module"]), run["text"])
        with open(job["answers"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"code": whole_run(job, run)}) + "\n")


def main(path: str) -> None:
    """Do the runs of a job until the time is up."""
    sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(__file__)]
    sys.dont_write_bytecode = True
    os.environ["MPLBACKEND"] = "Agg"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        os.dup2(nowhere, output)
    os.chdir(job["folder"])
    sys.path.insert(0, os.path.normpath(os.path.join(job["folder"], job["root"])))
    if not hasattr(os, "fork"):
        without_forks(job)
        return
    for name in ("pytest", *job["libraries"]):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    import pytest

    runs = FaultyRuns(job)
    tests = sorted({test for run in job["runs"] for test in run["tests"]})
    if tests:
        pytest.main([*_FLAGS, job["folder"], *tests], plugins=[runs])
    if not runs.has_run:
        runs.run_all(None)


if __name__ == "__main__":
    main(sys.argv[1])
