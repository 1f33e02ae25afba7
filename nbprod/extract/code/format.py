"""Generated code put in order by ruff, which is a dependency; starts a process."""

from __future__ import annotations

import io
import os
import tokenize
from functools import cache

from nbprod.errors import InternalError
from nbprod.programs import Outcome, ruff_program, run_program

__all__ = [
    "RULES",
    "first_party",
    "formatted",
    "formatted_imports",
    "format_code",
    "lint",
    "run_ruff",
]

# Always fixed: the order of imports, what is imported for nothing.
_FIXED = "I001,F401"
# What may be fixed of the author's code where ruff knows that it means the same.
_SAFE = f"{_FIXED},F541,UP,SIM,B,W"
# What a module is held to; where the author's own code breaks it, that is noted there.
RULES = "E,F,W,I,B,UP,D,ANN,N,SIM"


@cache
def _ruff() -> str:
    found = ruff_program()
    if found is None:
        raise InternalError("ruff, which nbprod depends on, is not installed")
    return found


def run_ruff(command: str, filename: str, text: str, *options: str) -> Outcome:
    """Run ruff on a text, without any configuration.

    It runs at the root of the file system: what lies in the current directory would change how
    imports are grouped.
    """
    fixed = ("--isolated", "--no-cache", "--quiet", f"--stdin-filename={filename}")
    return run_program(
        [_ruff(), command, *fixed, *options, "-"],
        given=text.encode("utf-8", "surrogatepass"), folder=os.path.abspath(os.sep),
    )  # fmt: skip


def formatted(text: str, filename: str, package: str = "") -> str:
    """Generated text as ruff formats it; imports of ``package`` come last.

    Raises:
        InternalError: it is no Python, which is a fault of ours.
    """
    return _laid_out(_fixed(text, filename, _FIXED, first_party(package)), filename)


def first_party(package: str) -> list[str]:
    """The option by which ruff knows a package as the project's own."""
    own = package.partition(".")[0]
    return [f'--config=lint.isort.known-first-party=["{own}"]'] if own else []


def format_code(text: str, filename: str) -> str:
    """The author's code as ruff formats it, with those fixes that change no meaning.

    Raises:
        InternalError: it is no Python, which is a fault of ours.
    """
    fixed = _fixed(text, filename, _SAFE, ["--target-version=py310"])
    return _laid_out(_without_dead_bindings(fixed, filename), filename)


def _without_dead_bindings(text: str, filename: str) -> str:
    """A module in which no function gives a name to what nobody reads; the calls stay, and so do
    all comments."""
    made = _fixed(text, filename, "F841", ["--unsafe-fixes"])
    return made if _comments(made) == _comments(text) else text


def _comments(text: str) -> list[str]:
    """The comments of a module."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def formatted_imports(text: str, filename: str) -> str:
    """A module with its imports in order, and nothing else changed."""
    return _fixed(text, os.path.basename(filename), "I001", [])


def _fixed(text: str, filename: str, rules: str, options: list[str]) -> str:
    return _checked(run_ruff("check", filename, text, "--fix-only", f"--select={rules}", *options))


def _laid_out(text: str, filename: str) -> str:
    return _checked(run_ruff("format", filename, text))


def lint(
    text: str, filename: str, rules: str = RULES, *, with_suppressed: bool = False
) -> list[str]:
    """What ruff has to say of a text, a line each; with what its comments suppress, if asked."""
    options = [f"--select={rules}", "--output-format=concise"]
    options += ["--ignore-noqa"] if with_suppressed else []
    done = run_ruff("check", filename, text, *options)
    return done.output.decode("utf-8", "replace").splitlines()


def _checked(done: Outcome) -> str:
    if done.code not in (0, 1) or (done.code and not done.output):
        said = done.errors.decode("utf-8", "replace").strip()
        raise InternalError(f"the module does not parse: {said}")
    return done.output.decode("utf-8")
