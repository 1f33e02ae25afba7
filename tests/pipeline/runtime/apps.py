"""The sample application with the runtime in it, as a user has it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
RUNTIME = ROOT / "nbprod" / "pipeline" / "runtime"

__all__ = ["RUNTIME", "App", "make_app", "make_light_app"]


class App:
    """A checkout of the sample application."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.package = root / "src" / "churn"

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start a command of the application in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "run.py", *arguments],
            cwd=self.root,
            env={**os.environ, **env},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the application."""
        process = self.start(*arguments, **env)
        out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def ok(self, *arguments: str, **env: str) -> str:
        """Run a command that succeeds; return its log."""
        done = self.run(*arguments, **env)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def reused(self, log: str) -> set[str]:
        """Return the tasks that a log says were reused."""
        return {line.split()[0] for line in log.splitlines() if line.endswith("  reused")}

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a piece of a file of the package."""
        path = self.package / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def record(self, run: str, task: str) -> dict[str, Any]:
        """Return the record of a task, from the local storage."""
        path = self.root / "artifacts" / "runs" / run / f"{task}.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def values(self, run: str) -> dict[str, str]:
        """Return the hash of each value of a run."""
        return {
            f"{path.stem}.{name}": stored["sha256"]
            for path in sorted((self.root / "artifacts" / "runs" / run).glob("*.json"))
            if path.stem != "run"
            for name, stored in self.record(run, path.stem)["outputs"].items()
        }


def make_app(target: Path) -> App:
    """Write the sample application, with the runtime, to a directory."""
    shutil.copytree(ROOT / "fixtures" / "pipeline" / "churn", target)
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(RUNTIME, target / "src" / "churn" / "runtime", ignore=leave)
    return App(target)


LIGHT = """
from .runtime import Artifact, Pipeline, Task

NUMBERS = Artifact("literal")
PIPELINE = Pipeline(
    "churn",
    Task("first", draws="start", outputs={"rows": NUMBERS}),
    Task("left", inputs={"rows": "first.rows"}, outputs={"rows": NUMBERS}),
    Task("right", inputs={"rows": "first.rows"}, draws="carry", outputs={"rows": NUMBERS}),
    Task("clock", inputs={"rows": "left.rows"}, volatile=True, outputs={"rows": NUMBERS}),
    Task("last", inputs={"a": "clock.rows", "b": "right.rows"}, outputs={"rows": NUMBERS}),
)
"""
BODIES = {
    "first": "    random.seed(3)\n    return tuple(random.random() for _ in range(20000))",
    "left": "    return tuple(sorted(rows))",
    "right": "    return tuple(row + random.random() for row in rows)",
    "clock": "    return rows[::2]",
    "last": "    return (sum(a), sum(b), random.__name__)",
}
ARGUMENTS = {"first": "", "last": "a, b"}


def make_light_app(target: Path) -> App:
    """Write an application whose tasks import no library, so that many runs cost little."""
    app = make_app(target)
    for path in (app.package / "tasks").glob("[a-z]*.py"):
        path.unlink()
    (app.package / "pipeline.py").write_text(LIGHT, encoding="utf-8")
    for name, body in BODIES.items():
        head = f"import random\nimport time\n\n\ndef {name}({ARGUMENTS.get(name, 'rows')}):\n"
        text = f"{head}    time.sleep(0.1)\n{body}\n"
        (app.package / "tasks" / f"{name}.py").write_text(text, encoding="utf-8")
    return app
