"""What `nbprod pipeline` makes of real notebooks: proven applications, tasks, formats.

    python -m tests.benchmarks.pipeline FOLDER|LIST... --python PATH --seconds 300

A list is a text file with a path on each line, relative to the directory that it is in. Each
notebook is given to ``nbprod pipeline --verify`` in a copy of its directory. One that does not run
by itself is left out of all shares. Prints a JSON object for each notebook as it is done, then:

* proven: an application would be written, and all that can be compared is the notebook's;
* tasks: how many applications have, and the share with two or more of those notebooks that have
  three headings and a fit;
* pickle: the share of stored values that only `pickle` takes;
* why an application has one task, and why others are not written, by class.
"""

from __future__ import annotations

import argparse
import collections
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from nbprod.errors import ReadError
from nbprod.notebook.read import read_notebook

_FAILS = ("the notebook fails in cell", "the notebook could not be run", "fails when it is run")
_STORED = re.compile(r"^├── \S+ \((\w+)\) ──▶ (.*)$", re.MULTILINE)
_TASK = re.compile(r"^■ \S+", re.MULTILINE)
_NOT_CUT = re.compile(r"^    above cell \d+: (.*)$", re.MULTILINE)
_NAMES = re.compile(r"`[^`]*`|'[^']*'|\d+")


def notebooks_of(places: Iterable[str]) -> Iterator[Path]:
    """The notebooks of directories and lists."""
    for place in map(Path, places):
        if place.is_dir():
            yield from sorted(place.rglob("*.ipynb"))
        elif place.suffix == ".ipynb":
            yield place
        else:
            lines = place.read_text(encoding="utf-8").splitlines()
            yield from (place.parent / line for line in lines if line.strip())


def measured(path: Path, python: str, seconds: int) -> dict[str, Any]:
    """What the command says of one notebook."""
    command = [
        sys.executable, "-m", "nbprod", "pipeline", path.name, "-o", "application", "--verify",
        "--dry-run", "--python", python, "--timeout", str(seconds),
    ]  # fmt: skip
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, path.parent.name or "copy")
        shutil.copytree(path.parent, copy, symlinks=True)
        try:
            done = subprocess.run(
                command, cwd=copy, capture_output=True, text=True, timeout=seconds * 8, check=False
            )
        except subprocess.TimeoutExpired:
            return {"outcome": "fails", "why": "takes too long"}
    found = outcome_of(done.returncode, done.stdout, done.stderr)
    return {**found, **about(path), "seconds": round(time.monotonic() - began)}


def outcome_of(code: int, printed: str, errors: str) -> dict[str, Any]:
    """What the output of the command says: proven, differs, refused, fails, or does not run."""
    lines = [line for line in (*errors.splitlines(), *printed.splitlines()) if line.strip()]
    if any(text in errors for text in _FAILS):
        return {"outcome": "does not run", "why": lines[0]}
    if code:
        differing = next((line for line in lines if "is not the same" in line), None)
        outcome = "differs" if differing else {1: "refused"}.get(code, "fails")
        return {"outcome": outcome, "why": differing or (lines or ["no output"])[0]}
    stored = [kind for kind, _ in _STORED.findall(printed)]
    return {
        "outcome": "proven",
        "tasks": len(_TASK.findall(printed)),
        "stored": len(stored),
        "pickles": stored.count("pickle"),
        "joined": _NOT_CUT.findall(printed),
    }


def about(path: Path) -> dict[str, Any]:
    """Whether a notebook has three headings and fits something."""
    try:
        cells = read_notebook(path.read_bytes(), str(path)).cells
    except (ReadError, OSError):
        return {"headed": False}
    headings = [
        line
        for cell in cells
        if cell.kind == "markdown"
        for line in cell.source.splitlines()
        if line.lstrip().startswith("#")
    ]
    fits = any(".fit(" in cell.source for cell in cells if cell.kind == "code")
    return {"headed": len(headings) >= 3 and fits}


def table(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The shares, and the reasons by class."""
    ran = [each for each in found if each["outcome"] != "does not run"]
    proven = [each for each in ran if each["outcome"] == "proven"]
    headed = [each for each in proven if each.get("headed")]
    cut = [each for each in headed if each["tasks"] > 1]
    stored, pickles = (sum(each[key] for each in proven) for key in ("stored", "pickles"))
    yield f"notebooks        {len(found)}, of which {len(found) - len(ran)} do not run"
    yield f"proven           {_share(len(proven), len(ran))}"
    if proven:
        tasks = [each["tasks"] for each in proven]
        yield f"tasks            {median(tasks)} in the median, {max(tasks)} at most"
    yield f"two or more      {_share(len(cut), len(headed))} of those with 3 headings and a fit"
    yield f"pickle           {_share(pickles, stored)} of stored values"
    for title, reasons in (
        ("one task", [_class(each["joined"]) for each in proven if each["tasks"] == 1]),
        ("not written", [_class([each["why"]]) for each in ran if each["outcome"] != "proven"]),
    ):
        yield f"{title}:"
        counted = collections.Counter(reasons)
        yield from (f"  {count:3}  {reason}" for reason, count in counted.most_common())


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "none"


def _class(reasons: Sequence[str]) -> str:
    """A reason without names and numbers."""
    return _NAMES.sub("…", reasons[0])[:110] if reasons else "nothing worth a cut"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, printing as it goes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("places", nargs="+", metavar="FOLDER|LIST")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--count", type=int, default=10_000)
    options = parser.parse_args(arguments)
    found = []
    for path in list(notebooks_of(options.places))[: options.count]:
        found.append({"path": str(path), **measured(path, options.python, options.seconds)})
        print(json.dumps(found[-1]), flush=True)
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
