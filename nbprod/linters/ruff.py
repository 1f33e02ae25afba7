"""Ruff over notebooks: one process for all of them, its own settings, its own `noqa`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from nbprod.errors import UsageError
from nbprod.linters.convert import Remark
from nbprod.model import Applicability, Fix
from nbprod.programs import plain_environment, ruff_program, run_program

__all__ = ["LEFT_OUT", "fixed_by_ruff", "ruff_remarks"]

# Codes that make no sense in notebooks, or of which our own rules say more.
LEFT_OUT: Mapping[str, str] = {
    "invalid-syntax": "syntax-error (NBP010) reports it for each cell",
    "E999": "syntax-error (NBP010) reports it for each cell",
    "F821": "undefined-name and related rules (NBP1xx) know in which order cells run",
    "F704": "cells may await and yield at their outermost level",
    "PLE1142": "cells may await at their outermost level",
    "E402": "imports below a note or a parameter are how notebooks are written",
    "B018": "the last expression of a cell is what it shows",
    "B015": "the last expression of a cell is what it shows",
    "T201": "printing is how notebooks talk",
    "T203": "printing is how notebooks talk",
    "D100": "a notebook has notes, not a docstring",
    "INP001": "a notebook is not a module of a package",
    "N999": "a notebook is not a module, so its name is free",
    "B006": "mutable-default-argument (NBP205)",
    "PLW0602": "global-write-in-function (NBP203)",
    "PLW0603": "global-write-in-function (NBP203)",
    "A001": "shadowed-builtin (NBP111) looks whether later cells use it",
}


def ruff_remarks(paths: Sequence[str]) -> dict[str, list[Remark]]:
    """What ruff says of notebooks, by path.

    Raises:
        UsageError: ruff is not there, or refuses its settings.
    """
    if not paths:
        return {}
    done = _run(
        ["check", "--no-fix", "--output-format=json", "--force-exclude", "--exit-zero"], paths
    )
    by_real_path = {os.path.realpath(path): path for path in paths}
    found: dict[str, list[Remark]] = {}
    for load in json.loads(done):
        path = by_real_path.get(os.path.realpath(load["filename"]))
        code = load.get("code") or "invalid-syntax"
        if path is not None and load.get("cell") and code not in LEFT_OUT:
            found.setdefault(path, []).append(_remark(load, code))
    return found


def fixed_by_ruff(data: bytes, path: str, *, unsafe: bool) -> bytes:
    """A notebook with ruff's fixes, those of codes that we leave out excepted.

    Ruff is given the bytes and gives bytes back: it writes no file, so that nothing is overwritten
    that was saved meanwhile, and no link is followed.

    Raises:
        UsageError: ruff is not there, or refuses its settings.
    """
    codes = ",".join(code for code in LEFT_OUT if code != "invalid-syntax" and code != "E999")
    sure = "--unsafe-fixes" if unsafe else "--no-unsafe-fixes"
    arguments = ["check", "--fix-only", "--unfixable", codes, "--force-exclude", sure]
    return _output([*arguments, f"--stdin-filename={path}"], ["-"], data) or data


def _run(arguments: list[str], paths: Sequence[str]) -> str:
    return _output(arguments, ["--", *paths]).decode("utf-8", "replace") or "[]"


def _output(arguments: list[str], paths: Sequence[str], data: bytes = b"") -> bytes:
    """What ruff prints. Its settings, which the repository may hold, name no place to write to."""
    ruff = ruff_program()
    if ruff is None:
        raise UsageError("ruff is not installed; `pip install ruff`, or omit --ruff")
    done = run_program(
        [ruff, *arguments, "--no-cache", "--quiet", *paths],
        given=data,
        environment=plain_environment(),
    )
    if done.code not in (0, 1):
        text = done.errors.decode("utf-8", "replace").strip().split("\n")
        raise UsageError("ruff: " + " ".join(line.strip() for line in text if line.strip())[:300])
    return done.output


def _remark(one: Mapping[str, Any], code: str) -> Remark:
    start, end = one["location"], one["end_location"]
    return Remark(
        cell=one["cell"] - 1,
        line=start["row"],
        column=start["column"],
        end_line=end["row"],
        end_column=end["column"],
        code=code,
        name=one.get("name") or code.lower(),
        message=one["message"],
        url=one.get("url"),
        fix=_fix(one.get("fix")),
    )


def _fix(found: Mapping[str, Any] | None) -> Fix | None:
    """That ruff has a fix and how sure it is; ruff applies it itself."""
    if not found:
        return None
    sure = found.get("applicability") == "safe"
    applicability = Applicability.SAFE if sure else Applicability.UNSAFE
    return Fix(found.get("message") or "Fix by ruff", (), applicability)
