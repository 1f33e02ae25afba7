"""Programs are started by one module, and neither found in nor fed by the current directory."""

from __future__ import annotations

import ast
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbprod.programs import (
    clean_environment,
    find_program,
    locate_program,
    python_command,
    ruff_program,
    run_program,
)
from tests.test_layers import modules

# Who may start programs, and what.
STARTERS = {
    "nbprod.changed.git": "git",
    "nbprod.execution.kernel": "the Python of a kernel",
    "nbprod.extract.code.checking": "a Python that looks for modules",
    "nbprod.extract.code.format": "ruff",
    "nbprod.extract.code.package": "a Python that looks for distributions",
    "nbprod.execution.forking": "the Python that others are forked from, and what is run by it",
    "nbprod.extract.suite.strength": "pytest on generated tests, with faults in the module",
    "nbprod.extract.suite.trial": "pytest on generated tests",
    "nbprod.extract.suite.experiments": "the functions of a module, where its notebook is run",
    "nbprod.linters.nbqa": "linters",
    "nbprod.linters.ruff": "ruff",
    "nbprod.pipeline.application": "the tasks of an application",
    "nbprod.project.run": "workers",
    "nbprod.survey.child": "a process that checks notebooks within limits",
    "nbprod.survey.child_program": "nothing: it is such a process, and reads messages",
}
# Who may import modules by name: modules of nbprod, and rules of installed packages.
IMPORTERS = {"nbprod", "nbprod.checking.registry", "nbprod.cli.group", "nbprod.report"}
STARTING_MODULES = {
    "asyncio.subprocess", "code", "codeop", "ctypes", "multiprocessing", "pexpect", "pickle",
    "popen2", "pty", "runpy", "shelve", "subprocess", "webbrowser",
}  # fmt: skip
WORKERS = ("nbprod.project.workers", "multiprocessing")
STARTING_NAMES = {"system", "popen", "startfile", "fork", "forkpty", "posix_spawn"}
# Ways to execute a file, or to start a pager, an editor or a browser.
EXECUTING_NAMES = {
    "exec_module", "spec_from_file_location", "SourceFileLoader", "run_path", "run_module",
    "load_module", "echo_via_pager", "create_subprocess_exec", "create_subprocess_shell",
}  # fmt: skip
KERNELS = {"jupyter_client", "nbclient"}
# The kernel executes it; it belongs to the notebook's side.
INSIDE_KERNEL = {
    "nbprod.execution.calls_seen", "nbprod.execution.described", "nbprod.execution.probe",
    "nbprod.execution.seeding", "nbprod.execution.shapes",
    "nbprod.execution.fork_server", "nbprod.execution.fork_stub",
    "nbprod.extract.suite.experiment", "nbprod.extract.suite.expression_texts",
    "nbprod.extract.suite.generators",
    "nbprod.extract.suite.object_texts", "nbprod.extract.suite.result_texts",
    "nbprod.extract.suite.written_files",
    "nbprod.pipeline.inside.forked", "nbprod.pipeline.inside.observer",
    "nbprod.pipeline.inside.stored",
    "nbprod.extract.suite.strength_trial", "nbprod.extract.suite.traced_lines",
}  # fmt: skip


# A thread of one's own, which waits for the run of a kernel; no process comes of it.
THREADS = {"nbprod.extract.proof"}


def used(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The modules that a module imports, and what it calls by name or by attribute of `os`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, f"import {alias.name}") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, f"import {node.module}"
            kind = "os" if node.module == "os" else "name"
            yield from ((node.lineno, f"{kind} {alias.name}") for alias in node.names)
        elif isinstance(node, ast.Attribute):
            is_os = isinstance(node.value, ast.Name) and node.value.id == "os"
            yield node.lineno, f"{'os' if is_os else 'name'} {node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, f"call {node.func.id}"


def offences(module: str, tree: ast.Module) -> Iterator[str]:
    for line, use in used(tree):
        kind, _, name = use.partition(" ")
        top = name.partition(".")[0]
        starts = kind == "import" and bool({name, top} & STARTING_MODULES)
        if starts and module != "nbprod.programs" and (module, top) != WORKERS:
            yield f"{module}:{line} imports {name}"
        if kind == "import" and top in KERNELS and module != "nbprod.execution.kernel":
            yield f"{module}:{line} starts kernels"
        if kind == "import" and name == "nbprod.programs" and module not in STARTERS:
            yield f"{module}:{line} starts programs"
        if kind == "import" and top == "concurrent" and module not in THREADS:
            yield f"{module}:{line} starts workers"
        if kind == "os" and (name in STARTING_NAMES or name.startswith(("exec", "spawn"))):
            yield f"{module}:{line} calls os.{name}"
        if kind == "call" and name in ("exec", "eval", "__import__"):
            yield f"{module}:{line} calls {name}"
        if name == "import_module" and module not in IMPORTERS:
            yield f"{module}:{line} imports by name"
        if name in EXECUTING_NAMES:
            yield f"{module}:{line} uses {name}"


def test_one_module_starts_programs() -> None:
    found = [
        offence
        for module, tree in modules().items()
        if module not in INSIDE_KERNEL
        for offence in offences(module, tree)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess", "from subprocess import run", "import os\nos.system('x')",
        "import os\nos.execvp('x', [])", "exec('x')", "from importlib import import_module",
        "from concurrent.futures import ProcessPoolExecutor", "import jupyter_client.manager",
        "import importlib\nimportlib.import_module('x')", "spec.loader.exec_module(x)",
        "click.echo_via_pager('x')", "import asyncio\nasyncio.create_subprocess_shell('x')",
        "from nbprod.programs import run_program", "import runpy", "from os import popen\npopen",
    ],
)  # fmt: skip
def test_the_rule_sees_what_it_forbids(source: str) -> None:
    assert list(offences("nbprod.rules.any", ast.parse(source)))


def test_git_is_named_by_one_module() -> None:
    named = {
        module
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in ("find_program", "run")
        and any(isinstance(word, ast.Constant) and word.value == "git" for word in node.args)
    }
    assert named == {"nbprod.changed.git"}


def trap(folder: Path, *names: str) -> Path:
    """Make modules that leave a marker when they are imported."""
    marker = folder / "ran"
    for name in names:
        (folder / f"{name}.py").write_text(f"open({str(marker)!r}, 'a').write({name!r} + ' ')\n")
    return marker


HOSTILE = (
    "json", "nbqa", "runpy", "sitecustomize", "usercustomize", "ast", "tokenize", "pytest",
    "flake8", "mypy", "pylint", "ipykernel_launcher", "ipykernel", "IPython", "zmq", "logging",
    "click", "difflib", "tomllib", "multiprocessing", "concurrent", "nbclient", "nbformat",
)  # fmt: skip


@pytest.mark.parametrize("paths", ["", ".", os.pathsep, "sub:.", "./"])
def test_a_python_imports_nothing_of_the_current_directory(
    paths: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = trap(tmp_path, *HOSTILE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", paths)
    done = run_program(python_command(sys.executable, "json.tool"), given=b"[1]")
    assert (done.code, done.output.split()) == (0, [b"[", b"1", b"]"])
    assert not marker.exists()


def test_absolute_module_paths_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), "src", ""]))
    assert clean_environment()["PYTHONPATH"] == str(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="scripts without an extension")
def test_programs_of_the_current_directory_are_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("git", "ruff", "python3", "only-here"):
        (tmp_path / name).write_text("#!/bin/sh\ntouch ran\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    for name in ("git", "python3"):
        assert os.path.dirname(find_program(name) or "") not in ("", ".", str(tmp_path))
    assert not (ruff_program() or "").startswith(str(tmp_path))
    assert find_program("only-here") is None
    assert locate_program("./only-here") == str(tmp_path / "only-here")
    with pytest.raises(FileNotFoundError):
        locate_program("only-here")


def test_a_program_that_takes_too_long_is_ended() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(TimeoutError):
        run_program(command, seconds=0.2)


COMMANDS = (("check",), ("check", "--jobs", "2"), ("check", "--ruff"), ("report",), ("clones",))


@pytest.mark.parametrize("inherited", ["", "sub:./"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_imports_of_the_current_directory(
    command: tuple[str, ...], inherited: str, tmp_path: Path
) -> None:
    late = ("jinja2", "pygments", "rich", "pathspec", "jupytext", "libcst")
    # What Python imports while it starts is its own affair.
    early = {"sitecustomize", "usercustomize", "runpy"} if inherited else set()
    marker = trap(tmp_path, *sorted({*HOSTILE, *late} - early))
    text = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / name).write_text(text)
    (tmp_path / "light.py").write_text("# +\nx = 1\n# -\n")
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", *command], cwd=tmp_path, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": inherited},
    )  # fmt: skip
    assert not marker.exists(), marker.read_text()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_import_nothing_of_the_current_directory(
    method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.version_info < (3, 11):
        pytest.skip("Python 3.10 knows no PYTHONSAFEPATH")
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} on this system")
    from nbprod.config.settings import Settings
    from nbprod.project.run import check_paths

    marker = trap(tmp_path, *HOSTILE, "pickle", "signal", "nbprod_of_the_repository")
    text = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    # Other tests leave the module of an interactive shell in its place.
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None, raising=False)
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method(method, force=True)
    try:
        report = check_paths(["."], Settings(jobs=2))
    finally:
        multiprocessing.set_start_method(before, force=True)
    assert [file.unreadable for file in report.files] == [False, False]
    assert not marker.exists()


def test_a_kernel_is_loaded_from_its_own_installation_and_cells_import_beside_the_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbprod.execution.kernel import run_job

    settings = ("ipython_config", "ipython_kernel_config", "jupyter_config", "usercustomize")
    marker = trap(tmp_path, *HOSTILE, *settings)
    (tmp_path / "helper.py").write_text("value = 42\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "other.py").write_text("value = 43\n")
    monkeypatch.setenv("PYTHONPATH", "lib")
    monkeypatch.chdir(tmp_path)
    job = {
        "cells": ["import helper, other\nprint(helper.value, other.value)"], "path": [],
        "cwd": str(tmp_path), "seconds": 60,
    }  # fmt: skip
    found = run_job(job, sys.executable)
    assert found["cells"][0]["outputs"] == [{"stream": "stdout", "text": "42 43\n"}]
    assert not marker.exists()


@pytest.mark.parametrize("backend", ["Agg", "svg", "module://nowhere"])
def test_a_kernel_shows_figures_whatever_backend_the_shell_has_chosen(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbprod.execution.kernel import run_job

    monkeypatch.setenv("MPLBACKEND", backend)
    code = "import os\nprint(os.environ['MPLBACKEND'].partition('.')[0])"
    job = {"cells": [code], "path": [], "cwd": str(tmp_path), "seconds": 60}
    shown = run_job(job, sys.executable)["cells"][0]["outputs"]
    assert shown == [{"stream": "stdout", "text": "module://matplotlib_inline\n"}]
