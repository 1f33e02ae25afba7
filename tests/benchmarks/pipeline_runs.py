"""What runs of written applications stand: kills, edits; and what a task costs beyond its work.

    python -m tests.benchmarks.pipeline_runs FOLDER|LIST... --python PATH --kills 20

Each notebook becomes an application by ``nbprod pipeline --run``. Of that application:

* killed: at each random moment of a run, all its processes get SIGKILL. What is stored then must
  be whole, and the same command must go on, run nothing anew that was finished, and give the
  values and files of a run that nobody disturbed;
* edited: a statement is put into one task after the other. The next run must run that task and
  those that read other bytes than before, nothing else;
* cost: the processor time of a task's process beyond its function and the imports of libraries.

Prints a JSON object for each notebook, then a table. Exits with 1 where something does not hold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.pipeline import notebooks_of

__all__ = ["Application", "costs", "edits", "kills", "written"]

_METER = Path(__file__).with_name("task_meter.py")


@dataclass
class Application:
    """An application that was written, and the files that it reads.

    Attributes:
        root: where it is.
        files: the directory of the notebook, copied for each disturbed run.
        python: what runs it.
    """

    root: Path
    files: Path
    python: str = sys.executable
    scratch: Path = field(default_factory=Path)

    @property
    def package(self) -> Path:
        """The directory of its package."""
        (found,) = (self.root / "src").glob("*/pipeline.py")
        return found.parent

    def place(self, name: str) -> Place:
        """A storage of its own with a copy of the files."""
        folder = self.scratch / name
        shutil.copytree(self.files, folder / "data", symlinks=True)
        return Place(self, folder)


@dataclass
class Place:
    """A storage, and the directory in which the tasks work."""

    application: Application
    folder: Path

    @property
    def storage(self) -> Path:
        """Where artefacts and records are."""
        return self.folder / "artifacts"

    def start(self, *words: str, before: Sequence[str] = ("run.py",)) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        at = ["--storage", str(self.storage), "--patch", "random_seed=5"]
        if "data:" in (self.application.package / "conf" / "base.yaml").read_text():
            at += ["--patch", f"data={self.folder / 'data'}"]
        return subprocess.Popen(
            [self.application.python, *before, *words, *at],
            cwd=self.application.root, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words: str, before: Sequence[str] = ("run.py",)) -> str:
        """Run a command to its end; return its log."""
        process = self.start(*words, before=before)
        log = "".join(process.communicate(timeout=900)[::-1])
        if process.returncode:
            raise RuntimeError(f"{' '.join(words)}: {log[-2000:]}")
        return log

    def records(self, run: str) -> dict[str, dict[str, Any]]:
        """The records of a run, by task."""
        paths = (self.storage / "runs" / run).glob("[!.]*.json")
        return {path.stem: json.loads(path.read_text()) for path in paths if path.stem != "run"}

    def values(self, run: str) -> dict[str, str]:
        """The hashes of what a run stored and printed, and of the files in its directory."""
        found = {}
        for task, record in self.records(run).items():
            found[f"{task} prints"] = record["printed"]
            for name, stored in record["outputs"].items():
                found[f"{task}.{name}"] = stored["sha256"]
        data = self.folder / "data"
        files = (path for path in data.rglob("*") if path.is_file())
        found |= {str(path.relative_to(data)): _hash(path) for path in files}
        return found

    def broken(self) -> Iterator[str]:
        """What is stored, and not whole: records, what they name, files that tasks write."""
        for path in (*self.storage.glob("runs/*/[!.]*.json"), *self.storage.glob("tasks/*/*.json")):
            try:
                record = json.loads(path.read_text())
            except ValueError:
                yield f"{path.name} is no record"
                continue
            for stored in (*record.get("outputs", {}).values(), *record.get("shown", ())):
                target = self.storage / stored["path"]
                if stored["format"] == "spark":
                    continue
                if not target.is_file() or _hash(target) != stored["sha256"]:
                    yield f"{stored['path']} is not what its record says"

    def finished(self) -> set[str]:
        """The tasks that have a record."""
        paths = (*self.storage.glob("runs/*/[!.]*.json"), *self.storage.glob("tasks/*/*.json"))
        names = {path.parent.name if path.parent.parent.name == "tasks" else path.stem
                 for path in paths}  # fmt: skip
        return names - {"run"}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def written(notebook: Path, scratch: Path, python: str, seconds: int = 300) -> Application:
    """The application of a notebook, written in a scratch directory."""
    files = scratch / "files"
    shutil.copytree(notebook.parent, files, symlinks=True)
    command = [
        sys.executable, "-m", "nbprod", "pipeline", notebook.name, "--run", "--name", "application",
        "-o", str(scratch / "application"), "--python", python, "--timeout", str(seconds),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=files, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return Application(scratch / "application", files, python, scratch)


# --- killed --------------------------------------------------------------------------------------


def kills(application: Application, count: int, seed: int = 5, jobs: int = 2) -> list[str]:
    """Kill runs at random moments, and let each go on; return what does not hold."""
    command = ("run", "--run-id", "r", "--jobs", str(jobs))
    began = time.monotonic()
    whole, again = application.place("whole"), application.place("again")
    whole.run(*command)
    length = time.monotonic() - began
    again.run(*command)
    expected, other = whole.values("r"), again.values("r")
    # What differs between two whole runs, such as a clock that is printed, is not compared.
    same = {name for name, value in expected.items() if other.get(name) == value}
    before = {str(path.relative_to(application.files)): _hash(path)
              for path in application.files.rglob("*") if path.is_file()}  # fmt: skip
    draw, wrong = random.Random(seed), []
    for number in range(count):
        place = application.place(f"killed-{number}")
        process = place.start(*command)
        time.sleep(draw.uniform(0, length))
        # The runner and its tasks at once, as when a machine goes away.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        wrong += [f"kill {number}: {text}" for text in place.broken()]
        files = {name: value for name, value in place.values("r").items() if name in before}
        wrong += [
            f"kill {number}: {name} is half-written"
            for name, value in files.items()
            if name in same and value not in (before[name], expected[name])
        ]
        finished = place.finished()
        log = place.run(*command)
        reused = {line.split()[0] for line in log.splitlines() if line.endswith("  reused")}
        wrong += [f"kill {number}: {name} ran again" for name in sorted(finished - reused)]
        found = place.values("r")
        wrong += [
            f"kill {number}: {name} is {found.get(name)}, not {expected[name]}"
            for name in sorted(same)
            if found.get(name) != expected[name]
        ]
        wrong += [f"kill {number}: {name} is left" for name in sorted(set(found) - set(expected))]
        shutil.rmtree(place.folder)
    return wrong


# --- edited --------------------------------------------------------------------------------------


def edits(application: Application) -> tuple[int, list[str]]:
    """Edit one task after the other; return how many, and what does not hold."""
    place, wrong = application.place("edited"), []
    place.run("run", "--run-id", "start")
    place.run("run", "--run-id", "0")
    last, tasks = place.records("0"), sorted(place.records("0"))
    volatile = {name for name, record in last.items() if record["volatile"]}
    for number, task in enumerate(tasks, 1):
        path = application.package / "tasks" / f"{task}.py"
        text = path.read_text(encoding="utf-8")
        # It prints; whether the bytes of the results change is up to the task.
        path.write_text(_with_statement(text, task), encoding="utf-8")
        log = place.run("run", "--run-id", str(number))
        path.write_text(text, encoding="utf-8")
        ran = set(tasks) - {line.split()[0] for line in log.splitlines() if line.endswith("reused")}
        now = place.records(str(number))
        reached = {name for name in tasks if now[name]["inputs"] != last[name]["inputs"]}
        expected = {task} | reached | volatile
        if ran != expected:
            wrong.append(f"{task} was edited: ran {sorted(ran)}, expected {sorted(expected)}")
    return len(tasks), wrong


def _with_statement(text: str, task: str) -> str:
    """The module of a task whose function prints a word before it returns or ends."""
    import ast

    (function,) = (
        node for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name == task
    )  # fmt: skip
    first = function.body[1] if ast.get_docstring(function) else function.body[0]
    lines = text.splitlines(keepends=True)
    lines.insert(first.lineno - 1, f"{' ' * first.col_offset}print('edited')\n")
    return "".join(lines)


# --- cost ----------------------------------------------------------------------------------------


def costs(application: Application, times: int = 3) -> dict[str, float]:
    """The processor seconds of each task beyond its function and imports, the least of some."""
    place = application.place("costs")
    place.run("run", "--run-id", "r")
    found = {}
    for task in place.records("r"):
        words = ("run", task, "--run-id", "r", "--again")
        lines = [place.run(*words, before=(str(_METER), "run.py")) for _ in range(times)]
        found[task] = min(float(text.rpartition("beyond: ")[2].split()[0]) for text in lines)
    return found


# --- all of it -----------------------------------------------------------------------------------


def measured(notebook: Path, python: str, count: int, seconds: int) -> dict[str, Any]:
    """What holds of one notebook's application."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            application = written(notebook, Path(folder), python, seconds)
        except RuntimeError as error:
            return {"outcome": "not written", "why": str(error).splitlines()[-1:]}
        try:
            killed = kills(application, count)
            tasks, edited = edits(application)
            cost = costs(application)
        except RuntimeError as error:
            return {"outcome": "does not run", "why": str(error)[-800:]}
    return {
        "outcome": "measured", "tasks": tasks, "kills": count, "killed": killed,
        "edited": edited, "cost": cost,
    }  # fmt: skip


def table(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """How many hold, and the cost of a task."""
    ran = [each for each in found if each["outcome"] == "measured"]
    yield f"applications     {len(ran)} of {len(found)} notebooks"
    if not ran:
        return
    cost = [seconds for each in ran for seconds in each["cost"].values()]
    tasks, count = sum(each["tasks"] for each in ran), sum(each["kills"] for each in ran)
    yield f"killed           {count} times; of {len(ran)} all hold in {_holding(ran, 'killed')}"
    yield f"edited           {tasks} tasks; of {len(ran)} all hold in {_holding(ran, 'edited')}"
    yield f"cost of a task   {median(cost):.2f} s in the median, {max(cost):.2f} s at most"
    for each in ran:
        yield from (f"  {each['path']}: {text}" for text in (*each["killed"], *each["edited"]))


def _holding(found: Sequence[dict[str, Any]], key: str) -> int:
    return sum(not each[key] for each in found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, printing as it goes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("places", nargs="+", metavar="FOLDER|LIST")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--count", type=int, default=10_000)
    options = parser.parse_args(arguments)
    found = []
    for path in list(notebooks_of(options.places))[: options.count]:
        one = measured(path, options.python, options.kills, options.seconds)
        found.append({"path": str(path), **one})
        print(json.dumps(found[-1]), flush=True)
    print("\n".join(table(found)))
    return int(any(each.get("killed") or each.get("edited") for each in found))


if __name__ == "__main__":
    sys.exit(main())
