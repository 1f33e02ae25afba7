"""Extracts real notebooks, runs what comes of it, and counts: ``python -m tests.extract.survey``.

Each notebook of the given files and folders is copied with its folder, extracted with ``--all
--run --verify``, its tests are run, its module is linted. Prints one JSON object a notebook, and
the sums.
"""

from __future__ import annotations

import argparse
import ast
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nbprod.errors import ReadError
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook

_RULES = "E,F,W,I,B,UP,D,ANN,N,SIM"
_HERE = frozenset(
    ["IPython", "matplotlib", "mpl_toolkits", "numpy", "pandas", "scipy", "sklearn", "joblib"]
)


def may_run(path: Path) -> bool:
    """Whether a notebook imports nothing but the standard library and what is installed here."""
    try:
        facts = Facts(read_notebook(path.read_bytes(), str(path)))
    except ReadError:
        return False
    if facts.notebook.language != "python":
        return False
    known = _HERE | sys.stdlib_module_names
    found = {
        name
        for parsed in facts.parsed
        if parsed is not None and parsed.tree is not None
        for node in ast.walk(parsed.tree)
        for name in _imported(node)
    }
    return all(one in known or (path.parent / f"{one}.py").exists() for one in found)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module.partition(".")[0]]
    return []


def survey(path: Path, seconds: int) -> dict[str, Any]:
    """What becomes of one notebook: its ``outcome``, the words for it, the time."""
    with tempfile.TemporaryDirectory(prefix="survey-") as folder:
        place = Path(folder) / "project"
        shutil.copytree(path.parent, place, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        found = extracted(place, path.name, seconds)
        if found["outcome"] == "same":
            found |= checked(place)
    return {"notebook": str(path), **found}


def extracted(place: Path, name: str, seconds: int) -> dict[str, Any]:
    command = ["extract", name, "-o", "made.py", "--all", "--run", "--verify"]
    started = time.monotonic()
    done = _run(["nbprod", *command, "--timeout", str(seconds)], place, 4 * seconds)
    said = (done.stdout + done.stderr).strip()
    found: dict[str, Any] = {"seconds": round(time.monotonic() - started, 1), "said": said}
    if "fails by itself" in said or "takes too long" in said:
        found["outcome"] = "original fails"
    elif done.returncode == 0:
        found["outcome"] = "same"
        found["kept"] = said.count(" stays: ")
    elif "differs" in said:
        found["outcome"] = "differs"
    elif done.returncode == 1:
        found["outcome"] = "refused"
    else:
        found["outcome"] = f"exit {done.returncode}"
    return found


def checked(place: Path) -> dict[str, Any]:
    tested = _run(["pytest", "-q", "-p", "no:cacheprovider", "tests/test_made.py"], place, 600)
    if tested.returncode:
        return {"outcome": "tests fail", "said": tested.stdout[-3000:]}
    linted = _run(["ruff", "check", "--isolated", "--select", _RULES, "made.py"], place, 60)
    if linted.returncode:
        return {"outcome": "lint", "said": linted.stdout[-3000:]}
    text = (place / "made.py").read_text(encoding="utf-8")
    last = tested.stdout.strip().splitlines()[-1]
    return {"functions": text.count("\ndef "), "noqa": text.count("# noqa"), "tests": last}


def _run(words: Sequence[str], place: Path, seconds: int) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(place), *_own_path()])}
    command = [sys.executable, "-m", *words]
    try:
        return subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, check=False,
            timeout=seconds,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", "takes too long")


def _own_path() -> list[str]:
    return [str(Path(__file__).parents[2])]


def notebooks(paths: Sequence[str]) -> Iterator[Path]:
    """The notebooks of files and folders."""
    for text in paths:
        path = Path(text)
        yield from sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--seconds", type=int, default=60, help="for each run of a notebook")
    options = parser.parse_args()
    outcomes: collections.Counter[str] = collections.Counter()
    for path in notebooks(options.paths):
        if may_run(path):
            found = survey(path, options.seconds)
            outcomes[found["outcome"]] += 1
            print(json.dumps(found), flush=True)
    ran = sum(outcomes.values()) - outcomes["original fails"]
    share = f"{outcomes['same'] / ran:.3f}" if ran else "-"
    print(f"{dict(outcomes)}; of {ran} that run, {share} are the same, tested and clean")


if __name__ == "__main__":
    main()
