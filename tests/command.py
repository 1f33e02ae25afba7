"""nbprod run as a user runs it, in a fork of the test's process: nothing is imported again."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

from nbprod.cli.main import main

__all__ = ["loaded_modules", "run_nbprod"]


def run_nbprod(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder; where processes cannot fork, by a Python of its own."""
    if not hasattr(os, "fork"):
        return subprocess.run(
            [sys.executable, "-m", "nbprod", *arguments],
            cwd=folder, capture_output=True, text=True, check=False,
            env={**os.environ, **environment},
        )  # fmt: skip
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            _run(folder, arguments, environment, output.fileno(), errors.fileno())
        _, status = os.waitpid(child, 0)
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(
            ["nbprod", *arguments],
            os.waitstatus_to_exitcode(status),
            output.read().decode("utf-8"),
            errors.read().decode("utf-8"),
        )


def _run(
    folder: Path, arguments: tuple[str, ...], environment: dict[str, str], output: int, errors: int
) -> NoReturn:
    code = 1
    try:
        os.chdir(folder)
        os.environ.update(environment)
        for number, target in enumerate((os.open(os.devnull, os.O_RDONLY), output, errors)):
            os.dup2(target, number)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.argv = ["nbprod", *arguments]
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def loaded_modules(folder: Path, *arguments: str) -> tuple[int, set[str]]:
    """The exit code of a command, and the modules that it loads besides those of click.

    What the start-up files of the site load is not ours, so the command has an interpreter of its
    own, without module paths.
    """
    code = (
        f"import sys; sys.argv = ['nbprod', *{arguments!r}]\n"
        "import click; before = set(sys.modules); code = 0\n"
        "from nbprod.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        "print(code, *sorted(set(sys.modules) - before), sep='\\n')"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = run.stdout.split("\n")
    end = next(number for number, line in enumerate(lines) if line.isdigit())
    return int(lines[end]), set(lines[end + 1 :])
