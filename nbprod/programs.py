"""Programs that nbprod starts: found by absolute path, independent of the current directory.

This is the only module that starts any. A repository can hold a `ruff`, a `git.exe` or a `json.py`:
no program is looked up in the current directory, and no Python imports from it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import NamedTuple

__all__ = ["Outcome", "clean_environment", "find_program", "python_command", "run_program"]

# `-c` puts an empty entry for the current directory first. It goes before anything is imported,
# `runpy` included; `sys` is built in. `-I` would do, but also lose packages of the user's site.
_RUN_MODULE = (
    "import sys; sys.path[:] = filter(None, sys.path); import runpy; del sys.argv[0]; "
    "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)


class Outcome(NamedTuple):
    """How a program ended: its exit code, and the bytes that it wrote."""

    code: int
    output: bytes
    errors: bytes

    @property
    def complaint(self) -> str:
        """The last line that it wrote to standard error."""
        lines = self.errors.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""


def find_program(name: str) -> str | None:
    """Return the absolute path of a program, from the absolute entries of PATH only."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for folder in folders:
        # A name with a directory is not searched for: Windows would look in the current one first.
        found = shutil.which(os.path.join(folder, name)) if os.path.isabs(folder) else None
        if found is not None:
            return found
    return None


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without module paths that depend on the current directory."""
    environment = {**os.environ, **more}
    paths = environment.pop("PYTHONPATH", "").split(os.pathsep)
    absolute = os.pathsep.join(path for path in paths if os.path.isabs(path))
    if absolute:
        environment["PYTHONPATH"] = absolute
    return environment


def python_command(python: str, module: str, *arguments: str) -> list[str]:
    """Return the command for `python -m module` that imports nothing of the current directory."""
    return [python, "-c", _RUN_MODULE, module, *arguments]


def run_program(
    command: Sequence[str],
    *,
    folder: str | None = None,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> Outcome:
    """Run a program to its end and collect what it writes.

    Args:
        command: its absolute path and its arguments.
        folder: where it runs; by default the current directory.
        given: its standard input.
        environment: its environment; by default `clean_environment`.
        seconds: how long it may take.

    Raises:
        OSError: it cannot be started.
        TimeoutError: it takes longer.
    """
    if not os.path.isabs(command[0]):
        raise ValueError(f"{command[0]} is not an absolute path")
    try:
        done = subprocess.run(
            [os.fsencode(word) for word in command] if os.name == "posix" else command,
            cwd=folder, input=given, capture_output=True, check=False, timeout=seconds,
            env=clean_environment() if environment is None else environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"{command[0]} takes longer than {seconds} seconds") from None
    return Outcome(done.returncode, done.stdout, done.stderr)
