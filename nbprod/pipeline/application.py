"""The generated application, run in a temporary directory beside a copy of the notebook's."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from nbprod.disk.scratch import scratch_folder, write_scratch
from nbprod.execution.kernel import ExecutionError
from nbprod.execution.run import RunOptions, workspace
from nbprod.patterns import lazy_pattern
from nbprod.pipeline.observe import inside, written_files
from nbprod.programs import clean_environment, run_program

__all__ = ["Application", "application", "complaint"]

_EXECUTION = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "execution")
# Every generator of the process starts as those of the notebook's kernel did.
_START = """\
import runpy, sys
sys.nbprod_entropy = runpy.run_path({seeding!r})["seed_everything"]()
"""
_MISSING = lazy_pattern(r"No module named '(\w+)")
_COMMON = ("numpy", "pandas", "matplotlib.pyplot", "pandera.pandas")
_RAISED = lazy_pattern(r"[\w.]*(?:Error|Exception|Interrupt|Exit)\b.*")
_OF_RUNTIME = frozenset(["fsspec", "ruamel", "pandera", "pyarrow", "joblib", "skops"])


class Application(NamedTuple):
    """An application that is there to be run: ``folder`` is its own, ``data`` the copy of the
    notebook's, ``preload`` what its processes need not import each for itself."""

    package: str
    folder: str
    data: str
    preload: tuple[str, ...]
    options: RunOptions

    @property
    def storage(self) -> str:
        """Where the application stores what it makes."""
        return f"file://{self.folder}/artifacts"

    def task(self, name: str, run: str, entropy: Mapping[str, int]) -> dict[str, Any]:
        """The step that runs one task, from what the run has stored."""
        return {"arguments": self._arguments(name, "--run-id", run), "given": dict(entropy)}

    def whole(self, run: str) -> dict[str, Any]:
        """The step that runs all tasks, reusing what is stored."""
        return {"arguments": self._arguments("--run-id", run), "given": {}}

    def _arguments(self, *arguments: str) -> list[str]:
        data, seed = ("--patch", f"data={self.data}"), ("--patch", "random_seed=0")
        return ["run", *arguments, "--storage", self.storage, *data, *seed]

    def look(
        self, tasks: Sequence[str], run: str, figures: Mapping[str, Sequence[str]]
    ) -> dict[str, Any]:
        """The step that lists what the tasks of a run have stored."""
        described = os.path.join(_EXECUTION, "described.py")
        return {
            "package": self.package, "storage": self.storage, "described": described, "run": run,
            "tasks": list(tasks), "figures": {task: list(seen) for task, seen in figures.items()},
        }  # fmt: skip

    def predict(self, run: str, source: str) -> dict[str, Any]:
        """The step that returns the predictions of a run's model for rows that it has stored."""
        described = os.path.join(_EXECUTION, "described.py")
        return {
            "package": self.package, "storage": self.storage, "described": described,
            "run": run, "predict": source,
        }  # fmt: skip

    def forget(self, task: str) -> dict[str, Any]:
        """The step that removes the records of a task: as if it had never run."""
        described = os.path.join(_EXECUTION, "described.py")
        return {
            "package": self.package, "storage": self.storage, "described": described,
            "forget": task,
        }  # fmt: skip

    def ran(self, steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Take steps, each in a process of its own, until one fails.

        Returns:
            for each what `inside.forked` answers.

        Raises:
            ExecutionError: the Python lacks a library of the runtime.
        """
        forks = sys.platform.startswith("linux")
        found: list[dict[str, Any]] = []
        for part in [steps] if forks else [[step] for step in steps]:
            found += self._answers(part, forks=forks)
            if found[-1].get("code"):
                break
        errors = str(found[-1].get("errors", ""))
        missing = _MISSING.search(errors) if found[-1].get("code") else None
        if missing and missing[1] in _OF_RUNTIME:
            raise ExecutionError(
                f"{self.options.python} has no {missing[1]}, which the application needs;"
                " install it there, or name another with --python"
            )
        return found

    def _answers(self, steps: Sequence[Mapping[str, Any]], *, forks: bool) -> list[dict[str, Any]]:
        job = {
            "package": self.package, "forks": forks, "steps": list(steps),
            "preload": list(self.preload) if forks else [],
        }  # fmt: skip
        paths = [os.path.join(self.folder, "hook"), os.path.join(self.folder, "src")]
        environment = clean_environment(
            PYTHONPATH=os.pathsep.join(paths),
            PYTHONHASHSEED="0",
            PYTHONDONTWRITEBYTECODE="1",
            **dict(self.options.environment),
        )
        try:
            done = run_program(
                [self.options.python, inside("forked.py")],
                folder=self.folder,
                given=json.dumps(job).encode("ascii"),
                environment=environment,
                seconds=self.options.seconds,
            )
        except TimeoutError:
            return [{"code": 1, "errors": "takes too long"}]
        if done.code:
            return [{"code": 1, "errors": done.errors.decode("utf-8", "replace")}]
        answers: list[dict[str, Any]] = json.loads(done.output)
        return answers

    def files(self, original: str) -> dict[str, str]:
        """The files that tasks wrote into the copy of the notebook's folder."""
        return written_files(self.data, original)


@contextmanager
def application(
    package: str, files: Mapping[str, bytes], folder: str, start: str, options: RunOptions
) -> Iterator[Application]:
    """Write an application to a temporary directory, with a copy of a notebook's folder.

    Args:
        package: its name.
        files: of the application, by relative path.
        folder: what is copied.
        start: the folder inside of it in which the notebook works, relative.
        options: how to run it.
    """
    seeding = os.path.join(_EXECUTION, "seeding.py")
    with workspace(folder, options) as copy, scratch_folder() as own:
        for path, data in files.items():
            write_scratch(own, os.path.join(*path.split("/")), data)
        hook = _START.format(seeding=seeding).encode("utf-8")
        write_scratch(own, os.path.join("hook", "sitecustomize.py"), hook)
        place = os.path.normpath(os.path.join(copy, start))
        yield Application(package, own, place, _preloaded(files), options)


def _preloaded(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """What takes long to import and many tasks import: never a part of a library that a task may
    have forgotten to import."""
    text = b"\n".join(data for path, data in files.items() if "/runtime/" not in path)
    named = [name for name in _COMMON if name.partition(".")[0].encode() in text]
    return (*named, *(["pyarrow.parquet"] if "pandas" in named else []))


def complaint(answer: Mapping[str, Any]) -> str:
    """Why a command failed: the exception of the task's code, else its last line."""
    lines = str(answer.get("errors", "")).strip().splitlines()
    raised = [line for line in lines if _RAISED.match(line)]
    return (raised or lines or ["ends without a word"])[-1]
