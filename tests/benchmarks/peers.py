"""How other tools are used where nobody sits before them, each in the way that is best for it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from nbprod.execution import probe
from nbprod.execution.run import code_cells
from nbprod.notebook.read import read_notebook

__all__ = ["Made", "Nbmodular", "Peer", "Soorgeon", "as_one_cell", "marked"]

_PROBE = str(Path(str(probe.__file__)).resolve())
_DRIVER = str(Path(__file__).with_name("nbmodular_driver.py").resolve())
# The shell that runs the cells has no screen to set up.
_SCREEN = ("%matplotlib", "%config InlineBackend")
# What the magics of a cell would hide from the tool does not change what it binds.
_WITHOUT_EFFECT = ("%%time\n", "%%capture\n")


class Made(NamedTuple):
    """What came of a notebook: ``result`` is what a run of it printed and left (as one cell), None
    when it did not reach its end; ``why`` says what went wrong. ``proven``: the tool itself has
    compared all that cells show. ``checks``: what its own tests and the linter say."""

    converted: bool
    result: dict[str, Any] | None
    why: str
    proven: bool = False
    checks: str = ""
    spent: float = 0.0
    """The seconds of processors that the tool took, where that is measured."""


class Peer(Protocol):
    """A tool under its ``name``."""

    name: str

    def make(self, path: Path, seconds: int) -> Made:
        """Convert a notebook in a folder that may be changed, and run what comes of it."""


def _run(
    words: Sequence[str], place: Path, seconds: int, path: str = ""
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": "0", "MPLBACKEND": "agg"}
    environment.pop("PYTHONPATH", None)
    environment["PATH"] = os.pathsep.join([path, environment.get("PATH", "")])
    try:
        return subprocess.run(
            words, cwd=place, env=environment, capture_output=True, text=True, check=False,
            errors="replace", timeout=seconds,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 124, "", "takes too long")


def _last(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else ""


class Soorgeon:
    """``soorgeon refactor``, then ``ploomber build`` in the same folder.

    Each task gets a cell at its end that writes down its variables; a name has in the end what the
    last task has that knows it. Where the tool refuses, it advises ``--single-task``, which moves
    the notebook into one task as it is: with ``single_task`` that advice is followed.
    """

    def __init__(self, command: str, *, single_task: bool = False) -> None:
        self.command = str(Path(command).resolve(strict=True))
        self.single_task = single_task
        self.name = "soorgeon, then --single-task" if single_task else "soorgeon"

    def make(self, path: Path, seconds: int) -> Made:
        """Refactor and build."""
        place, own = path.parent, str(Path(self.command).parent)
        original = path.read_bytes()
        words = [self.command, "refactor", path.name, "-f", "py"]
        done = _run(words, place, seconds, own)
        if done.returncode and self.single_task:
            path.write_bytes(original)
            done = _run([*words, "--single-task"], place, seconds, own)
        tasks = list(_tasks(place)) if done.returncode == 0 else []
        if not tasks:
            return Made(False, None, _reason_of_soorgeon(done.stdout + done.stderr))
        for task in tasks:
            task.write_text(task.read_text() + _snapshot(place / f"{task.stem}.seen.json"))
        # Starting a kernel for each task is no fault of the tasks.
        built = _run([f"{own}/ploomber", "build"], place, seconds + 10 * len(tasks), own)
        if built.returncode:
            return Made(True, None, _last(_error_lines(built.stdout + built.stderr)))
        return Made(True, _joined(place, tasks), "")


def _snapshot(path: Path) -> str:
    """A cell that writes down the variables of its kernel."""
    return (
        "\n\n# %%\n"
        "from IPython import get_ipython\n"
        f"_probe = {{'__name__': 'probe'}}\nexec(open({_PROBE!r}).read(), _probe)\n"
        "_hidden = {'upstream', 'product', 'In', 'Out', 'exit', 'quit', 'get_ipython', 'open'}\n"
        "_seen = _probe['values_of'](get_ipython(), _hidden, None)\n"
        f"_text = _probe['json'].dumps(_seen)\n_ = open({str(path)!r}, 'w').write(_text)\n"
    )


def _tasks(place: Path) -> Iterator[Path]:
    """The files of the tasks, in the order of the pipeline's file."""
    for line in (place / "pipeline.yaml").read_text().splitlines():
        if line.startswith("- source:"):
            yield place / line.partition(":")[2].strip()


def _joined(place: Path, tasks: Sequence[Path]) -> dict[str, Any]:
    final: dict[str, Any] = {}
    printed = []
    for task in tasks:
        final |= json.loads((place / f"{task.stem}.seen.json").read_text())
        document = json.loads(_product(place, task).read_text())
        for cell in document["cells"]:
            for output in cell.get("outputs", ()):
                if output.get("name") == "stdout":
                    text = output["text"]
                    printed.append(text if isinstance(text, str) else "".join(text))
    return as_one_cell("".join(printed), final)


def _product(place: Path, task: Path) -> Path:
    """The notebook that running a task leaves; a single task has another place for it."""
    several = place / "output" / f"{task.stem}.ipynb"
    return several if several.exists() else place / "products" / f"{task.stem}-report.ipynb"


def as_one_cell(printed: str, final: dict[str, Any]) -> dict[str, Any]:
    """What was printed and what was left, as `compare_runs` takes it."""
    shown = [{"stream": "stdout", "text": printed}] if printed else []
    return {"cells": [{"outputs": shown, "values": {}}], "final": final}


def _reason_of_soorgeon(said: str) -> str:
    for mark in ("Looks like", "Only one H2", "star", "H2", "Error:"):
        for line in said.splitlines():
            if mark in line and not line.startswith(("Error calling", "* ")):
                return line.rpartition("InputError:")[2].strip()
    return _last(said)


def _error_lines(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    for number, line in enumerate(lines[:-1]):
        if "checking the source code" in line:
            # What pyflakes says of it, behind its place.
            return lines[number + 1].lstrip(":0123456789 ")
    return "\n".join(
        line for line in lines if "Error" in line and "ploomber.exceptions" not in line
    )


class Nbmodular:
    """The author's work done for nbmodular: every cell gets the magic that fits it.

    Imports and definitions go under ``%%imports``, which puts them at the top of the module as
    they are; the stretches of loose code between them under ``%%function`` with a name; lines of
    magics stay without. What the generated pipeline itself needs is imported first. The marked
    cells run in an IPython shell, as the tool wants; then the module is imported in another
    process and its pipeline function runs, whose returned values are those compared.
    """

    name = "nbmodular"

    def __init__(self, python: str) -> None:
        # The path of a virtual environment's own: resolved, it would be another one.
        self.python = os.path.abspath(python)

    def make(self, path: Path, seconds: int) -> Made:
        """Mark, run the cells, run the pipeline."""
        place = path.parent
        cells = code_cells(read_notebook(path.read_bytes(), str(path)))[1]
        job = place / "marked.json"
        job.write_text(json.dumps(list(marked(cells))))
        done = _run([self.python, _DRIVER, "convert", str(job)], place, 2 * seconds)
        if done.returncode:
            return Made(False, None, _last(done.stderr))
        ran = _run([self.python, _DRIVER, "run", str(job), _PROBE], place, seconds)
        if ran.returncode:
            return Made(True, None, _last(ran.stderr))
        return Made(True, as_one_cell(ran.stdout, json.loads(job.read_text())), "")


def marked(cells: Sequence[str]) -> Iterator[str]:
    """Cells with nbmodular's magics."""
    needed = "import joblib\nfrom pathlib import Path\nfrom sklearn.utils import Bunch"
    yield f"%%imports\n{needed}\n"
    for number, source in enumerate(cells, 1):
        for place, (kind, text) in enumerate(_stretches(source)):
            if kind == "magic":
                yield text
            elif kind == "function":
                # Without an option, the tool takes the name for one.
                yield f"%%function cell_{number}_{place} --not-io-code\n{text}"
            else:
                yield f"%%imports\n{text}\n"


def _stretches(source: str) -> Iterator[tuple[str, str]]:
    """A cell in pieces: (kind, text) of imports and definitions, loose code, magics."""
    for header in _WITHOUT_EFFECT:
        source = source.removeprefix(header)
    if source.startswith("%%"):
        yield "magic", source
        return
    python: list[str] = []
    for line in [*source.splitlines(), "%"]:
        if not line.startswith(("%", "!")):
            python.append(line)
            continue
        yield from _pieces("\n".join(python))
        python = []
        if line != "%" and not line.startswith(_SCREEN):
            yield "magic", line


def _pieces(source: str) -> Iterator[tuple[str, str]]:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        yield "function", source
        return
    lines = source.splitlines()
    at = 0
    kind = None
    for place, node in enumerate(body):
        kind = _kind(node)
        following = body[place + 1] if place + 1 < len(body) else None
        if following is None or (
            _kind(following) != kind and following.lineno > (node.end_lineno or 0)
        ):
            end = len(lines) if following is None else node.end_lineno or 0
            yield kind, "\n".join(lines[at:end])
            at = end


def _kind(node: ast.stmt) -> str:
    top = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return "imports" if isinstance(node, top) else "function"
