"""What soorgeon with ploomber and Kale make of the notebooks that `nbprod pipeline` is given.

    python -m tests.benchmarks.pipeline_peers LIST... --soorgeon PATH --kale PATH

``--soorgeon`` and ``--kale`` are Pythons of environments of their own, which have the libraries of
the notebooks, too. Each tool gets a copy of the notebook's directory:

* converted: it writes a pipeline;
* ran: the pipeline runs to its end, each task in a process of its own;
* same: what it stored last under each name is what the notebook has in the end under that name.

Kale is given the cut of nbprod as tags of cells. Prints a JSON object for each notebook and tool,
then a table with the lines that each wrote, and the distributions and megabytes it needs.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbprod.execution.compare import same_value
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.pipeline.plan import plan_pipeline
from tests.benchmarks.pipeline import notebooks_of

_DESCRIBED = Path(__file__).parents[2] / "nbprod" / "execution" / "described.py"
_LIMIT = 1200
_HEAD = "import json, pathlib, pickle, runpy, sys\njob = json.loads(sys.argv[1])\n" \
        "describe = runpy.run_path(job['described'])['describe']\nfound = {}\n" \
        "def put(name, value):\n    try:\n        found[name] = describe(value)\n" \
        "    except Exception:\n        pass\n"  # fmt: skip
_TAIL = "json.dump(found, open(job['target'], 'w'))\n"
_NOTEBOOK = f"""{_HEAD}
import matplotlib; matplotlib.use("agg")
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for source in job["cells"]:
    shell.run_cell(source).raise_error()
for name, value in list(shell.user_ns.items()):
    if not name.startswith("_") and not callable(value):
        put(name, value)
{_TAIL}"""
_PLOOMBER = f"""{_HEAD}
for path in sorted(pathlib.Path("output").glob("*.pkl"), key=lambda path: path.stat().st_mtime):
    put(path.stem.rpartition("-")[2], pickle.loads(path.read_bytes()))
{_TAIL}"""
_KALE_RUN = """
import runpy, sys
from kfp import local
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root="root")
runpy.run_path(sys.argv[1], run_name="kale_script")["auto_generated_pipeline"]()
"""
_KALE = f"""{_HEAD}
from kale import marshal
for path in sorted(pathlib.Path("root").rglob("*_artifact"), key=lambda path: path.stat().st_mtime):
    about = json.loads((path.parent / "executor_output.json").read_text())
    items = about["artifacts"][path.name]["artifacts"]
    kept = pathlib.Path(items[0]["metadata"]["marshal_path"])
    marshal.set_data_dir("values")
    target = pathlib.Path("values", kept.name)
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(path.read_bytes())
    put(path.name.removesuffix("_output_artifact"), marshal.load(kept.name.partition(".")[0]))
{_TAIL}"""


class _Failed(Exception):
    """A step of a tool failed."""


def _ran(command: Sequence[str], folder: Path) -> str:
    own = os.path.dirname(command[0])
    env = {**os.environ, "PATH": f"{own}{os.pathsep}{os.environ['PATH']}", "MPLBACKEND": "agg",
           "PLOOMBER_STATS_ENABLED": "false"}  # fmt: skip
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_LIMIT, env=env
        )
    except subprocess.TimeoutExpired:
        raise _Failed("takes too long") from None
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise _Failed(lines[-1][:200] if lines else "no output")
    return done.stdout


def _values(python: str, code: str, folder: Path, **job: Any) -> dict[str, Any]:
    target = folder / "described.json"
    about = {**job, "described": str(_DESCRIBED), "target": str(target)}
    _ran([python, "-c", code, json.dumps(about)], folder)
    found: dict[str, Any] = json.loads(target.read_text())
    return found


def with_soorgeon(notebook: str, folder: Path, python: str) -> Iterator[tuple[str, Any]]:
    """What soorgeon and ploomber make of a notebook, step by step."""
    programs = Path(python).parent
    _ran([str(programs / "soorgeon"), "refactor", notebook], folder)
    yield "converted", True
    made = [*folder.glob("tasks/*.ipynb"), *folder.glob("*.py"), *folder.glob("*.yaml")]
    yield "lines", sum(map(_lines, made))
    _ran([str(programs / "ploomber"), "build", "--force"], folder)
    yield "ran", True
    yield "values", _values(python, _PLOOMBER, folder)


def with_kale(notebook: str, folder: Path, python: str) -> Iterator[tuple[str, Any]]:
    """What Kale makes of a notebook that has our cut as tags, step by step."""
    (folder / notebook).write_text(tagged(folder / notebook), encoding="utf-8")
    _ran([str(Path(python).parent / "kale"), "--nb", notebook], folder)
    (script,) = (folder / ".kale").glob("*.py")
    yield "converted", True
    yield "lines", _lines(script)
    _ran([python, "-c", _KALE_RUN, str(script)], folder)
    yield "ran", True
    yield "values", _values(python, _KALE, folder)


def tagged(notebook: Path) -> str:
    """A notebook whose cells have the tags of Kale for the tasks of our plan."""
    data = notebook.read_bytes()
    plan = plan_pipeline(Facts(read_notebook(data, str(notebook))), "application")
    owner: dict[int, str] = {}
    for task in plan.tasks:
        for piece in task.function.cells:
            owner.setdefault(plan.cut.pieces[piece].cell, task.name)
    above = {task.name: plan.upstream_of(number) for number, task in enumerate(plan.tasks)}
    raw = json.loads(data)
    seen: set[str] = set()
    for number, cell in enumerate(raw["cells"]):
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            name = None if _is_shared(source) else owner.get(number)
            tags = ["imports" if "import " in source else "functions"]
            if name is not None:
                tags = [f"step:{name}", *(f"prev:{each}" for each in above[name])]
                tags = tags[:1] if name in seen else tags
                seen.add(name)
            cell.setdefault("metadata", {})["tags"] = tags
    about = {"pipeline_name": "application", "experiment_name": "application"}
    raw["metadata"]["kubeflow_notebook"] = about
    kernel = {"name": "python3", "display_name": "python3", "language": "python"}
    raw["metadata"].setdefault("kernelspec", kernel)
    return json.dumps(raw)


def _is_shared(source: str) -> bool:
    """Whether a cell only imports, defines and sets: each step needs it."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    plain = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return all(
        isinstance(node, plain)
        or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Expr) and ".set" in ast.unparse(node))
        for node in body
    )


def _lines(path: Path) -> int:
    if path.suffix != ".ipynb":
        return len(path.read_text(encoding="utf-8").splitlines())
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return sum(len("".join(cell["source"]).splitlines()) for cell in cells)


def needs(python: str) -> tuple[int, int]:
    """The distributions of an environment, and its megabytes."""
    listed = json.loads(_ran([python, "-m", "pip", "list", "--format", "json"], Path.cwd()))
    place = Path(_ran([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                      Path.cwd()).strip())  # fmt: skip
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    return len(listed), size // 1_000_000


def compared(notebook: Path, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """What each tool does with a notebook; nothing where the notebook itself fails."""
    facts = Facts(read_notebook(notebook.read_bytes(), str(notebook)))
    cells = [cell.source for cell in facts.notebook.cells if cell.is_python]
    tools = {"soorgeon": with_soorgeon, "kale": with_kale}
    with tempfile.TemporaryDirectory() as scratch:
        for tool, steps in tools.items():
            python = getattr(options, tool)
            if python is None:
                continue
            found: dict[str, Any] = {"tool": tool, "path": str(notebook)}
            own, other = Path(scratch, f"{tool}-notebook"), Path(scratch, tool)
            for copy in (own, other):
                shutil.copytree(notebook.parent, copy, symlinks=True)
            try:
                mine = _values(python, _NOTEBOOK, own, cells=cells)
            except _Failed as error:
                yield {**found, "outcome": "the notebook fails", "why": str(error)}
                continue
            try:
                for key, value in steps(notebook.name, other, python):
                    found[key] = value
            except (_Failed, ValueError, KeyError) as error:
                found["why"] = f"{type(error).__name__}: {error}"
            theirs = found.pop("values", {})
            wrong = [name for name, value in theirs.items()
                     if name in mine and not same_value(mine[name], value)]  # fmt: skip
            yield {**found, "values": len(theirs), "wrong": wrong}


def table(
    found: Sequence[Mapping[str, Any]], sizes: Mapping[str, tuple[int, int]]
) -> Iterator[str]:
    """How many notebooks each tool takes how far."""
    for tool, (distributions, megabytes) in sizes.items():
        own = [each for each in found if each["tool"] == tool and "outcome" not in each]
        ran = [each for each in own if each.get("ran")]
        same = [each for each in ran if each["values"] and not each["wrong"]]
        lines = sum(each.get("lines", 0) for each in own)
        yield (
            f"{tool:9} {len(own)} notebooks: {sum(bool(each.get('converted')) for each in own)}"
            f" converted, {len(ran)} ran, {len(same)} the same values; {lines} lines,"
            f" {distributions} distributions, {megabytes} MB"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare, printing as it goes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("places", nargs="+", metavar="FOLDER|LIST")
    parser.add_argument("--soorgeon", metavar="PYTHON")
    parser.add_argument("--kale", metavar="PYTHON")
    options = parser.parse_args(arguments)
    found = []
    for path in notebooks_of(options.places):
        for one in compared(path, options):
            found.append(one)
            print(json.dumps(one), flush=True)
    wanted = {tool: getattr(options, tool) for tool in ("soorgeon", "kale")}
    print("\n".join(table(found, {tool: needs(each) for tool, each in wanted.items() if each})))


if __name__ == "__main__":
    main()
