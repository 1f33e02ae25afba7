"""Generated code put in order by ruff, which is a dependency; starts a process."""

from __future__ import annotations

import os
import subprocess
from functools import cache

from nbprod.errors import InternalError

__all__ = ["RULES", "formatted", "formatted_imports", "format_code", "lint", "ruff_command"]

# Always fixed: the order of imports, what is imported for nothing.
_FIXED = "I001,F401"
# What may be fixed of the author's code where ruff knows that it means the same.
_SAFE = f"{_FIXED},F541,UP,SIM,B,W"
# What a module is held to; where the author's own code breaks it, that is noted there.
RULES = "E,F,W,I,B,UP,D,ANN,N,SIM"


@cache
def _ruff() -> str:
    from ruff.__main__ import find_ruff_bin

    return str(find_ruff_bin())


def ruff_command(command: str, filename: str = "module.py") -> list[str]:
    """The start of a command line that reads standard input and no configuration."""
    return [_ruff(), command, "--isolated", "--no-cache", "--quiet", f"--stdin-filename={filename}"]


def formatted(text: str, filename: str, package: str = "") -> str:
    """Generated text as ruff formats it; imports of ``package`` stand behind the others.

    Raises:
        InternalError: it is no Python, which is a fault of ours.
    """
    own = package.partition(".")[0]
    options = [f'--config=lint.isort.known-first-party=["{own}"]'] if own else []
    return _laid_out(_fixed(text, filename, _FIXED, options), filename)


def format_code(text: str, filename: str) -> str:
    """The author's code as ruff formats it, with those fixes that change no meaning.

    Raises:
        InternalError: it is no Python, which is a fault of ours.
    """
    return _laid_out(_fixed(text, filename, _SAFE, ["--target-version=py310"]), filename)


def formatted_imports(text: str, filename: str) -> str:
    """A module with its imports in order, and nothing else changed."""
    return _fixed(text, os.path.basename(filename), "I001", [])


def _fixed(text: str, filename: str, rules: str, options: list[str]) -> str:
    fix = [*ruff_command("check", filename), "--fix-only", f"--select={rules}", *options, "-"]
    return _run(fix, text)


def _laid_out(text: str, filename: str) -> str:
    return _run([*ruff_command("format", filename), "-"], text)


def lint(text: str, filename: str, rules: str = RULES, *, with_silenced: bool = False) -> list[str]:
    """What ruff has to say of a text, a line each; with what its comments silence, if asked."""
    options = [f"--select={rules}", "--output-format=concise"]
    options += ["--ignore-noqa"] if with_silenced else []
    done = subprocess.run(
        [*ruff_command("check", filename), *options, "-"],
        input=text.encode("utf-8", "surrogatepass"), capture_output=True, check=False,
        cwd=os.path.abspath(os.sep),
    )  # fmt: skip
    return done.stdout.decode("utf-8", "replace").splitlines()


def _run(command: list[str], text: str) -> str:
    done = subprocess.run(
        command,
        input=text.encode("utf-8", "surrogatepass"), capture_output=True, check=False,
        # What lies in the present folder would change how imports are grouped.
        cwd=os.path.abspath(os.sep),
    )  # fmt: skip
    if done.returncode not in (0, 1) or (done.returncode and not done.stdout):
        said = done.stderr.decode("utf-8", "replace").strip()
        raise InternalError(f"the module does not parse: {said}")
    return done.stdout.decode("utf-8")
