"""Time nbprod beside other linters over one folder of notebooks, in one run, as ratios.

    python -m tests.benchmarks.compare [FOLDER]

Whole processes in turn (A B C A B C …), medians of wall time after one warm-up. No tool keeps a
cache, but for one row of ours; Python keeps its bytecode for all, as it does for installed tools.
Without a folder 160 notebooks are made. Peers that are not installed are left out and said so:
ruff, nbqa with flake8, nborder, pynblint.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.truth.generate import make_notebook
from tests.truth.score import as_bytes

ROUNDS = 5


def peers(folder: str) -> dict[str, list[str]]:
    """The commands to compare, those that this environment has."""
    scripts = Path(sys.executable).parent
    found = {
        "nbprod": ["nbprod", "check", "-q", "--no-cache", folder],
        "nbprod, production": [
            "nbprod", "check", "-q", "--no-cache", "--level", "production", folder,
        ],
        "nbprod, warm cache": ["nbprod", "check", "-q", "--cache-dir", f"{folder}-cache", folder],
        "ruff --select ALL": [
            "ruff", "check", "--isolated", "--select", "ALL", "--no-cache", folder,
        ],
        "nbqa flake8": ["nbqa", "flake8", folder],
        "nborder": ["nborder", "check", folder],
        "pynblint": ["pynblint", folder],
    }  # fmt: skip
    commands = {
        name: [str(scripts / command[0]), *command[1:]]
        for name, command in found.items()
        if (scripts / command[0]).exists()
    }
    return {name: command for name, command in commands.items() if _works(command)}


def _works(command: list[str]) -> bool:
    """Whether a tool runs here at all; a broken installation is no measurement."""
    run = subprocess.run([command[0], "--help"], capture_output=True, text=True, check=False)
    return run.returncode == 0 and "Traceback" not in run.stderr


def seconds(command: list[str]) -> float:
    """The wall time of one run, whatever it finds."""
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False, env=environment())
    return time.perf_counter() - start


def environment() -> dict[str, str]:
    """The variables of a run: Python may keep what it has compiled."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def medians(commands: dict[str, list[str]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median wall time of each command, run in turn after one warm-up."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            taken = seconds(command)
            if turn:
                times[name].append(taken)
    return {name: statistics.median(values) for name, values in times.items()}


def make_folder(folder: Path, count: int = 160) -> None:
    """Fill a folder with made notebooks of some size: several of the generator's put together."""
    for number in range(count):
        cells: list[str] = []
        for part in range(6):
            cells += make_notebook(2 * (number * 6 + part)).cells
        (folder / f"n{number}.ipynb").write_bytes(as_bytes(cells, list(range(1, len(cells) + 1))))


def compare(folder: str) -> dict[str, float]:
    """Print the table; returns the medians."""
    try:
        result = medians(peers(folder))
    finally:
        shutil.rmtree(f"{folder}-cache", ignore_errors=True)
    own = result["nbprod"]
    for name, taken in sorted(result.items(), key=lambda item: item[1]):
        print(f"{name:20} {taken:8.3f} s   nbprod takes {own / taken:6.2f} of it")
    missing = {"ruff --select ALL", "nbqa flake8", "nborder", "pynblint"} - set(result)
    if missing:
        print("not installed, or broken:", ", ".join(sorted(missing)))
    return result


def main() -> None:
    """Compare over a folder that is named, or over one that is made."""
    if len(sys.argv) > 1:
        compare(sys.argv[1])
        return
    folder = tempfile.mkdtemp()
    try:
        make_folder(Path(folder))
        compare(folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
