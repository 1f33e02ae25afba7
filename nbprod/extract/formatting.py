"""Generated code put in order by ruff, which is a dependency; starts a process."""

from __future__ import annotations

import os
import subprocess
from functools import cache

from nbprod.errors import InternalError

__all__ = ["formatted", "lint"]

# Fixed where it is safe: the order of imports, what is imported for nothing.
_FIXED = "I001,F401"
# What is noted in the file instead: names as the author gave them, types that nobody knows.
_RULES = "E,F,W,I,B,UP,D,ANN,N,SIM"


@cache
def _ruff() -> str:
    from ruff.__main__ import find_ruff_bin

    return str(find_ruff_bin())


def formatted(text: str, filename: str, package: str = "") -> str:
    """Generated text as ruff formats it; imports of ``package`` stand behind the others.

    Raises:
        InternalError: it is no Python, which is a fault of ours.
    """
    own = package.partition(".")[0]
    options = [f'--config=lint.isort.known-first-party=["{own}"]'] if own else []
    fix = ["check", "--fix-only", "--isolated", f"--select={_FIXED}", "--quiet", *options]
    return _run(["format", "--isolated", "--quiet"], _run(fix, text, filename), filename)


def lint(text: str, filename: str, rules: str = _RULES) -> list[str]:
    """What ruff has to say of a text, a line each."""
    done = subprocess.run(
        [
            _ruff(), "check", "--isolated", "--no-cache", f"--select={rules}", "--quiet",
            "--output-format=concise", f"--stdin-filename={filename}", "-",
        ],
        input=text.encode("utf-8", "surrogatepass"), capture_output=True, check=False,
    )  # fmt: skip
    return done.stdout.decode("utf-8", "replace").splitlines()


def _run(arguments: list[str], text: str, filename: str) -> str:
    command, *options = arguments
    done = subprocess.run(
        [_ruff(), command, "--no-cache", *options, f"--stdin-filename={filename}", "-"],
        input=text.encode("utf-8", "surrogatepass"), capture_output=True, check=False,
        # What lies in the present folder would change how imports are grouped.
        cwd=os.path.abspath(os.sep),
    )  # fmt: skip
    if done.returncode not in (0, 1) or (done.returncode and not done.stdout):
        said = done.stderr.decode("utf-8", "replace").strip()
        raise InternalError(f"the module does not parse: {said}")
    return done.stdout.decode("utf-8")
