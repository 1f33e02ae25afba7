"""Kill nbprod at random moments while it writes, and look at what is left.

`python -m tests.kills --count 60` kills each kind of run so often; `--seed` chooses the moments.
Every file must be the old one or the new one, and the next run must leave no temporary file.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.secrets.planted import code, notebook

_FILES = 12
_CONFIG = "[tool.nbprod]\n"


class Kind(NamedTuple):
    """A command that writes, and how often it is killed in a whole run of this program."""

    name: str
    arguments: tuple[str, ...]
    count: int  # type: ignore[assignment]


KINDS = (
    Kind("fix", ("check", "--fix", "--unsafe-fixes", "--level", "production", "--no-cache"), 60),
    Kind("extract", ("extract", "n0.ipynb", "-o", "shop/steps.py", "--all", "--in-place"), 20),
    Kind("baseline", ("baseline", "write"), 20),
    Kind("cache", ("check", "--level", "production"), 20),
)


class Outcome(NamedTuple):
    """Kills; those that met the process alive; those after which some files were new and others
    old; and what was wrong."""

    kills: int
    alive: int
    between: int
    faults: list[str]


def make_project(folder: Path) -> None:
    """Put notebooks that every command has something to do with into a directory."""
    (folder / ".git").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(_CONFIG)
    for number in range(_FILES):
        cells = [
            code("from math import *"),
            code(f"total = {number}\nfor step in range(3):\n    total = total + sqrt(step)"),
            code("def scaled(values=[]):\n    return [value * total for value in values]"),
            code("print(scaled([1, 2, 3]))"),
            code("text = " + repr("x" * 200_000)),
        ]
        (folder / f"n{number}.ipynb").write_bytes(notebook(cells))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a directory by its relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def command(kind: Kind) -> list[str]:
    """The command line of a kind of run."""
    return [sys.executable, "-m", "nbprod", *kind.arguments]


def kill_often(kind: Kind, count: int, seed: int, workplace: Path) -> Outcome:
    """Run a command again and again on the same project, killed at a random moment each time."""
    draw = random.Random(f"{kind.name} {seed}")
    environment = {**os.environ, "XDG_CACHE_HOME": str(workplace / "cache")}
    # What a cache holds depends on where the project is, so it is always in the same place.
    start, project = workplace / "start", workplace / "project"
    make_project(start)
    old = contents(start)
    shutil.copytree(start, project)
    began = time.monotonic()
    expected = _run(kind, project, environment)
    whole = time.monotonic() - began
    new = contents(project)
    alive = between = 0
    faults = [] if new != old else [f"{kind.name}: the command writes nothing"]
    for number in range(count):
        shutil.rmtree(project)
        shutil.copytree(start, project)
        alive += _kill_one(kind, project, environment, draw.uniform(0.3, 1.02) * whole)
        found = contents(project)
        wrong = [*_half_written(found, old, new)]
        between += found not in (old, new)
        after = _run(kind, project, environment)
        wrong += [f"{path} is left over" for path in contents(project) if path.endswith(".tmp")]
        if kind.name == "cache" and after != expected:
            wrong.append("the next run reports something else")
        faults += [f"{kind.name} {number}: {fault}" for fault in wrong]
    return Outcome(count, alive, between, faults)


def _run(kind: Kind, project: Path, environment: dict[str, str]) -> bytes:
    """What a run prints."""
    done = subprocess.run(
        command(kind), cwd=project, env=environment, capture_output=True, check=False
    )
    return done.stdout


def _kill_one(kind: Kind, project: Path, environment: dict[str, str], seconds: float) -> bool:
    """Whether the process was still there when it was killed."""
    process = subprocess.Popen(
        command(kind), cwd=project, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(seconds)
    is_alive = process.poll() is None
    if is_alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return is_alive


def _half_written(
    found: dict[str, bytes], old: dict[str, bytes], new: dict[str, bytes]
) -> Iterator[str]:
    for path, data in found.items():
        if not path.endswith(".tmp") and data not in (old.get(path), new.get(path)):
            yield f"{path} is neither the old file nor the new one"
    for path in old.keys() - found.keys():
        yield f"{path} is gone"


def fix_twice_at_once(workplace: Path) -> list[str]:
    """Run two `--fix` at the same time on one tree; the result is that of one."""
    start = workplace / "start"
    make_project(start)
    alone = workplace / "alone"
    shutil.copytree(start, alone)
    fix = command(KINDS[0])
    environment = {**os.environ, "XDG_CACHE_HOME": str(workplace / "cache")}
    subprocess.run(fix, cwd=alone, env=environment, capture_output=True, check=False)
    processes = [
        subprocess.Popen(
            fix, cwd=start, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    said = [process.communicate()[1].decode() for process in processes]
    faults = [f"a traceback: {text}" for text in said if "Traceback" in text]
    expected, found = contents(alone), contents(start)
    faults += [
        f"{path} differs" for path in expected.keys() | found.keys()
        if expected.get(path) != found.get(path)
    ]  # fmt: skip
    return faults


def main() -> None:
    """Kill each kind of run, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, help="kills of each kind [default: 60, 20, 20, 20]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[kind.name for kind in KINDS])
    options = parser.parse_args()
    faults: list[str] = []

    def within(run: Callable[[Path], list[str]]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            faults.extend(run(Path(os.path.realpath(folder))))

    def kill(kind: Kind, workplace: Path) -> list[str]:
        outcome = kill_often(kind, options.count or kind.count, options.seed, workplace)
        print(f"{kind.name}: {outcome.kills} kills, {outcome.alive} in time, "
              f"{outcome.between} between the first file and the last, "
              f"{len(outcome.faults)} faults", flush=True)  # fmt: skip
        return outcome.faults

    for kind in KINDS:
        if options.only in (None, kind.name):
            within(lambda workplace, kind=kind: kill(kind, workplace))  # type: ignore[misc]
    before = len(faults)
    within(fix_twice_at_once)
    print(f"two fixes at once: {len(faults) - before} faults")
    print("\n".join(faults) or "no fault")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
