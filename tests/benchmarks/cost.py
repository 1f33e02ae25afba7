"""What nbprod costs over a folder of notebooks, as four ratios of CPU time measured in one run.

    python -m tests.benchmarks.cost FOLDER [--rounds N]

`ruff check --select ALL --no-cache` over the same folder is 1 for the default level (bound 3), for
the level production (5) and for a second run that finds all in the cache (0.15). A small notebook
as a whole process is compared with `python -c "import click"` (2.5). Time is that of the user and
the system, with all workers, and the least of some rounds in turn (A B C A B C …), so that other
work on the machine hardly shows. A few hundred notebooks, and ruff in the environment, are needed.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.compare import environment
from tests.truth.generate import make_notebook
from tests.truth.score import as_bytes

__all__ = ["BOUNDS", "ratios"]

BOUNDS = {"default": 3.0, "production": 5.0, "warm": 0.15, "one notebook": 2.5}
"""What each ratio is to stay below."""

_SHORT = ("warm", "one notebook", "click")
_REPEATS = 5


def ratios(folder: str, rounds: int = 3) -> dict[str, float]:
    """The ratio of each bound, over the notebooks of a folder."""
    with tempfile.TemporaryDirectory() as scratch:
        small = Path(scratch) / "small.ipynb"
        cells = make_notebook(0).cells
        small.write_bytes(as_bytes(cells, list(range(1, len(cells) + 1))))
        taken = _least(_commands(folder, str(small), f"{scratch}/cache"), rounds)
    return {
        name: taken[name] / taken["click" if name == "one notebook" else "ruff"] for name in BOUNDS
    }


def _commands(folder: str, small: str, cache: str) -> dict[str, list[str]]:
    scripts = Path(sys.executable).parent
    check = [str(scripts / "nbprod"), "check", "-q", "--isolated"]
    cold = [*check, "--no-cache"]
    ruff = [str(scripts / "ruff"), "check", "--isolated", "--select", "ALL", "--no-cache"]
    return {
        "ruff": [*ruff, folder],
        "default": [*cold, folder],
        "production": [*cold, "--level", "production", folder],
        "warm": [*check, "--cache-dir", cache, folder],
        "one notebook": [*cold, small],
        "click": [sys.executable, "-c", "import click"],
    }


def _least(commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """The least CPU seconds of each command, run in turn; short ones several times a turn."""
    for name in _SHORT:
        # Fills the cache, and Python's own of what it has compiled.
        _cpu_seconds(commands[name])
    least = dict.fromkeys(commands, float("inf"))
    for _ in range(rounds):
        for name, command in commands.items():
            for _ in range(_REPEATS if name in _SHORT else 1):
                least[name] = min(least[name], _cpu_seconds(command))
    return least


def _cpu_seconds(command: list[str]) -> float:
    """The CPU time of one run and its children, whatever it finds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=False, env=environment())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the ratios of a folder beside their bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    for name, ratio in ratios(arguments.folder, arguments.rounds).items():
        print(f"{name:14} {ratio:6.3f}   bound {BOUNDS[name]}")


if __name__ == "__main__":
    main()
