"""Runs the tests of a module on changed ones, in the Python that runs the notebook.

It is started as a script with the path of a job and imports nothing of nbprod. Each run has a copy
of the folder and, where processes fork, a process that has imported the libraries already. A job,
in JSON, has

* ``folder``: what is copied; ``root``: the folder in it to import from; ``module``: the file of the
  module in it; ``runs``: each with the ``text`` that the module has and the ``tests`` to run;
* ``libraries``: what the module and its tests import; ``until``: how many seconds all may take;
  ``patience``: how many each of them may, since a changed module may loop for ever;
* ``answers``: the file of the answers, one JSON object a run: ``code``, how pytest ended, None
  where it took too long.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import sys
import time
from typing import Any


def run(job: dict[str, Any], number: int, place: str) -> dict[str, Any]:
    """Run the tests once in this process, in a copy of the folder at a ``place``."""
    path = os.path.join(place, job["module"])
    with open(path, "w", encoding="utf-8") as file:
        file.write(job["runs"][number]["text"])
    os.chdir(place)
    sys.path.insert(0, os.path.normpath(os.path.join(place, job["root"])))
    import pytest

    tests = job["runs"][number]["tests"]
    # Nobody reads why a test fails, so that its assertions need not be prepared for it.
    flags = ["-q", "-x", "--assert=plain", "-p", "no:cacheprovider", "--rootdir", place]
    code = pytest.main([*flags, *tests])
    return {"code": int(code)}


def silently(job: dict[str, Any], number: int, place: str, answer: str) -> None:
    """Run the tests once and write down what came of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    found = run(job, number, place)
    with open(answer, "w", encoding="utf-8") as file:
        json.dump(found, file)


def in_child(job: dict[str, Any], number: int, seconds: float) -> dict[str, Any]:
    """Run the tests once in a process of its own, for so many seconds."""
    place = f"{job['folder']}-{number}"
    answer = f"{job['answers']}-{number}"
    shutil.copytree(job["folder"], place)
    child = os.fork()
    if child == 0:
        os.setsid()
        with contextlib.suppress(BaseException):
            silently(job, number, place, answer)
        os._exit(0)
    is_late = not ended(child, seconds)
    if is_late:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    shutil.rmtree(place, ignore_errors=True)
    if is_late:
        return {"code": None}
    if not os.path.exists(answer):
        # The interpreter itself has stopped.
        return {"code": 1}
    with open(answer, encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    return found


def ended(child: int, seconds: float) -> bool:
    """Whether a process ends within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.01)
    return False


def main(path: str) -> None:
    """Do the runs of a job until the time is up."""
    sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(__file__)]
    sys.dont_write_bytecode = True
    os.environ["MPLBACKEND"] = "Agg"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    started = time.monotonic()
    if not hasattr(os, "fork"):
        if job["runs"][0]["tests"]:
            silently(job, 0, job["folder"], f"{job['answers']}-0")
        return
    for name in ("pytest", *job["libraries"]):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    for number in range(len(job["runs"])):
        left = started + job["until"] - time.monotonic()
        if left <= 0:
            return
        has_tests = bool(job["runs"][number]["tests"])
        found = in_child(job, number, min(job["patience"], left)) if has_tests else {"code": 0}
        with open(job["answers"], "a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
