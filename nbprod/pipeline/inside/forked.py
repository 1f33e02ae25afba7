"""Runs commands of an application one by one, each in a process of its own.

It is started as a program with the application's package to import from, and the start of the
generators after it (``sitecustomize``). Where processes can be forked, libraries that take long to
import are imported once. Elsewhere it is started anew for each command.

The job, JSON on the standard input, has the ``package``; ``forks``: whether to fork; ``preload``:
what to import before; and ``steps``: each has the ``arguments`` of a command and the numbers that
the system has ``given`` to generators before, or is a job of `stored`. The answer, JSON on the
standard output, has for each step its ``code`` and ``errors`` or what `stored` answers; the first
that fails is the last.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))


def answers(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what each step of a job gives."""
    os.environ["MPLBACKEND"] = f"module://{job['package']}.runtime.plots"
    for name in job["preload"]:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    stored = runpy.run_path(os.path.join(_HERE, "stored.py"))["looked_at"]
    found: list[dict[str, Any]] = []
    for step in job["steps"]:

        def call(step: dict[str, Any] = step) -> dict[str, Any]:
            return _answer(job["package"], step, stored)

        found.append(_in_a_process(call) if job["forks"] else call())
        if found[-1].get("code"):
            break
    return found


def _answer(package: str, step: dict[str, Any], stored: Callable[..., Any]) -> dict[str, Any]:
    if "arguments" not in step:
        return {"stored": stored(step)}
    entropy: Any = getattr(sys, "nbprod_entropy", None)
    if entropy is not None:
        entropy.given.clear()
        entropy.given.update(step["given"])
    main = importlib.import_module(f"{package}.runtime.cli").main
    return {"code": main(step["arguments"])}


def _in_a_process(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what a call gives in a forked process, and what it writes to the standard error."""
    with tempfile.TemporaryFile() as log, tempfile.TemporaryFile() as given:
        child = os.fork()
        if child == 0:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            code = 1
            try:
                os.write(given.fileno(), json.dumps(call()).encode("ascii"))
                sys.stdout.flush()
                sys.stderr.flush()
                code = 0
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        log.seek(0)
        given.seek(0)
        answer: dict[str, Any] = json.loads(given.read() or b"{}") if status == 0 else {"code": 1}
        return {**answer, "errors": log.read().decode("utf-8", "replace")}


def main() -> None:
    """Answer the job on the standard input; what libraries print goes to the standard error."""
    answer = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    json.dump(answers(json.load(sys.stdin)), answer)
    answer.flush()


if __name__ == "__main__":
    main()
