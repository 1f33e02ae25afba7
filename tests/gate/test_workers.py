"""A process that dies costs the file that it was at, and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.secrets.planted import code, notebook

# What checks the file of each name. Run apart, since a process is forked there.
SCRIPT = """
import ctypes, json, os, signal, sys
from nbprod.config.settings import Settings
from nbprod.errors import ReadError, UsageError
from nbprod.model import FileResult
from nbprod.project.discover import Discovered
from nbprod.project.run import internal_error
from nbprod.project.workers import Boundary, FileTask, check_in_processes


def check(file, settings):
    name = file.path
    if name == "exits":
        os._exit(3)
    if name == "crashes":
        os.kill(os.getpid(), signal.SIGSEGV)
    if name == "is killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "is odd":
        return FileResult(name, skipped=lambda: None)
    if name == "cannot be taken":
        return FileResult(name, skipped=Odd(1, 2))
    if name == "is refused":
        raise UsageError("no such rule")
    return FileResult(name, skipped=str(os.getpid()))


class Odd(Exception):
    def __init__(self, one, two):
        super().__init__(one)


names = json.loads(sys.argv[1])
size, jobs = int(sys.argv[2]), int(sys.argv[3])
tasks = [FileTask(number, Discovered(name, False), Settings()) for number, name in enumerate(names)]
chunks = [tasks[start : start + size] for start in range(0, len(tasks), size)]
for result in check_in_processes(chunks, jobs, Boundary(check, internal_error)):
    text = result.findings[0].message if result.findings else ""
    print(json.dumps([result.path, text, result.unreadable, result.skipped]), flush=True)
"""


def run(tmp_path: Path, names: list[str], size: int, jobs: int) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    return subprocess.run(
        [sys.executable, str(script), json.dumps(names), str(size), str(jobs)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("exits", "its process ended with code 3"),
        ("crashes", "its process was ended by SIGSEGV"),
        ("is killed", "its process was ended by SIGKILL"),
        ("is odd", "nbprod failed here"),
        ("cannot be taken", "nbprod failed here (TypeError"),
    ],
)
def test_the_others_are_reported_in_their_order(
    how: str, said: str, size: int, tmp_path: Path
) -> None:
    names = [f"good{number}" for number in range(10)]
    names[4] = names[5] = names[9] = how
    done = run(tmp_path, names, size, 2)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [path for path, *_ in results] == names and done.returncode == 0
    for path, message, unreadable, _ in results:
        assert (said in message, unreadable) == (path == how, path == how), message
    assert "Traceback" not in done.stderr


def test_a_rule_that_does_not_exist_ends_the_run(tmp_path: Path) -> None:
    done = run(tmp_path, ["good", "is refused", "good"], 1, 2)
    assert done.returncode == 1 and "UsageError: no such rule" in done.stderr


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_one_file_that_is_none_costs_no_other(jobs: str, tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").mkdir()
    for number in range(3):
        (tmp_path / f"{number}.ipynb").write_bytes(notebook([code("print(nope)")]))
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", "check", "--isolated", "--no-cache", "-j", jobs,
         "--output-format", "concise"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.count("NBP103") == 3 and done.stdout.count("NBP001") == 1
    assert done.returncode == 4


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_ends_all_processes_with_one_line(jobs: str, tmp_path: Path) -> None:
    cells = [code(f"x{number} = [y{number} for y{number} in range(9)]") for number in range(300)]
    content = notebook(cells)
    for number in range(900):
        # Each is another one: what is the same is checked once.
        (tmp_path / f"{number}.ipynb").write_bytes(content.replace(b"x7 ", b"z%d " % number))
    process = subprocess.Popen(
        [sys.executable, "-m", "nbprod", "check", "--isolated", "--no-cache", "-j", jobs],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    time.sleep(1.5)
    # As a terminal does: to all processes of the group.
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err, out) == (130, "nbprod: interrupted\n", "")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
