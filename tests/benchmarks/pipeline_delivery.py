"""Whether written applications can be installed, served and scheduled.

    python -m tests.benchmarks.pipeline_delivery FOLDER|LIST... --python PATH --airflow PATH

Of each notebook that has a `Model`, `nbprod pipeline --verify` writes the application. Then, in
directories that hold nothing of the checkout:

* wheel: it is built, and installed with its dependencies into an empty environment;
* model: `train`, `save`, `load` and `predict` there give the notebook's predictions;
* service: it answers 200 with the same predictions, and 422 to a row that lacks its columns' types;
* airflow: `airflow dags test` runs the DAG to its end, where an Airflow is named.

``--python`` runs the notebooks. Prints a JSON object for each notebook, then a table. Exits with 1
where a step fails.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.pipeline.plan import plan_pipeline
from tests.benchmarks.pipeline import notebooks_of
from tests.pipeline.test_model import asked

STEPS = ("wheel", "model", "service", "airflow")
_LIMIT = 1800
# Runs the cells of a notebook; what they predict is written behind the cell that predicts.
_NOTEBOOK = """
import json, sys
import matplotlib; matplotlib.use("agg")
from IPython.core.interactiveshell import InteractiveShell
job = json.loads(sys.argv[1])
shell = InteractiveShell.instance()
for number, source in enumerate(job["cells"]):
    shell.run_cell(source).raise_error()
    if number == job["cell"]:
        predicted = shell.ev(job["predicted"])
        found = predicted.tolist() if hasattr(predicted, "tolist") else list(predicted)
        open(job["target"], "w").write(json.dumps(found, default=str))
"""
# Trains, saves, loads and predicts with an application that is installed.
_MODEL = """
import importlib, json, sys
job = json.loads(sys.argv[1])
def module(name):
    return importlib.import_module(f"application.{name}")
Model = module("model").Model
trained = Model.train(*job["patches"])
digest = trained.save(job["model"])
model = Model.load(job["model"], sha256=digest)
storage = module("runtime.storage").open_storage(job["storage"], {})
task, _, name = job["rows"].rpartition(".")
tasks = module("pipeline").PIPELINE.tasks
if task not in tasks:  # the proof has joined it with another
    task = next(each for each in tasks if name in tasks[each].artifacts)
record = module("runtime.records").Records(storage).of_run(model.about["run"], task)
rows = module("runtime.artifacts").load_output(storage, record, name)
if model.given != "frame":
    import pandas
    rows = pandas.DataFrame(rows if model.given == "array" else {model.columns[0]: rows})
    rows.columns = list(model.columns)
if model.columns:
    rows = rows[list(model.columns)]
predicted = model.predict(rows)
found = predicted.tolist() if hasattr(predicted, "tolist") else list(predicted)
head = json.loads(rows.head(5).reset_index(drop=True).to_json(orient="records"))
json.dump({"predicted": found, "digest": digest, "rows": head}, open(job["target"], "w"),
          default=str)
"""


class StepError(Exception):
    """A step did not do what it should."""


def delivered(notebook: Path, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """How far the application of one notebook comes."""
    files = folder / "files"
    shutil.copytree(notebook.parent, files, symlinks=True)
    facts = Facts(read_notebook(notebook.read_bytes(), str(notebook)))
    write = [sys.executable, "-m", "nbprod", "pipeline", notebook.name, "--name", "application",
             "-o", str(folder / "application"), "--verify", "--python", options.python,
             "--timeout", str(options.seconds)]  # fmt: skip
    done = subprocess.run(write, cwd=files, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"outcome": "not written", "why": (done.stderr or done.stdout).strip()[-300:]}
    if not (folder / "application" / "src" / "application" / "model.py").is_file():
        return {"outcome": "no model"}
    found: dict[str, Any] = {"outcome": "delivered"}
    try:
        installed = _installed(folder, options.uv)
        found["wheel"] = True
        answer, found["stable"] = _modelled(facts, folder, files, options.python, installed)
        found["model"] = True
        _served(folder, installed, answer)
        found["service"] = True
        if options.airflow:
            _scheduled(folder, options.airflow, installed)
            found["airflow"] = True
    except (StepError, subprocess.TimeoutExpired) as error:
        found["outcome"], found["why"] = "fails", str(error)[-1500:]
    return found


def _ran(command: Sequence[str], folder: Path, **environment: str) -> str:
    """Run a program; return what it prints."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=_LIMIT, check=False,
        env={**own, **environment},
    )  # fmt: skip
    if done.returncode:
        raise StepError(f"{' '.join(command)[:200]}: {(done.stdout + done.stderr)[-1200:]}")
    return done.stdout


def _installed(folder: Path, uv: str | None) -> str:
    """The Python of an empty environment that has the wheel, and nothing of the checkout."""
    wheels = folder / "wheels"
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    _ran([*build, "-w", str(wheels), "."], folder / "application")
    (wheel,) = wheels.glob("*.whl")
    _ran([sys.executable, "-m", "venv", str(folder / "environment")], folder)
    found = str(folder / "environment" / "bin" / "python")
    installer = [uv, "pip", "install", "--python", found] if uv else [found, "-m", "pip", "install"]
    _ran([*installer, "-q", f"{wheel}[serve]"], folder)
    return found


def _modelled(
    facts: Facts, folder: Path, files: Path, python: str, installed: str
) -> tuple[dict[str, Any], bool]:
    """What the installed model predicts, which is what the notebook does; and whether two runs of
    the notebook predict alike."""
    plan = plan_pipeline(facts, "application").model
    assert plan is not None
    cells = [cell for cell in facts.notebook.cells if cell.is_python]
    number = next(n for n, cell in enumerate(cells) if cell.index == plan.cell - 1)
    predictions = []
    for run in ("one", "other"):
        copy = folder / f"run-{run}"
        shutil.copytree(files, copy, symlinks=True)
        job = {"cells": [cell.source for cell in cells], "cell": number,
               "predicted": plan.predicted, "target": str(folder / f"{run}.json")}  # fmt: skip
        _ran([python, "-c", _NOTEBOOK, json.dumps(job)], copy)
        predictions.append(json.loads((folder / f"{run}.json").read_text()))
    text = (folder / "application" / "src" / "application" / "conf" / "base.yaml").read_text()
    patches = [f"storage={folder / 'artifacts'}"]
    patches += [f"data={files}"] if "\ndata:" in f"\n{text}" else []
    job = {"patches": patches, "storage": str(folder / "artifacts"), "rows": plan.source,
           "model": str(folder / "model"), "target": str(folder / "model.json")}  # fmt: skip
    (folder / "empty").mkdir()
    _ran([installed, "-c", _MODEL, json.dumps(job)], folder / "empty", MPLBACKEND="agg")
    answer: dict[str, Any] = json.loads((folder / "model.json").read_text())
    is_stable = predictions_alike(*predictions)
    if is_stable and not predictions_alike(predictions[0], answer["predicted"]):
        raise StepError(f"predicts {answer['predicted'][:5]}, the notebook {predictions[0][:5]}")
    return answer, is_stable


def predictions_alike(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Whether predictions are the same, numbers to the ninth digit."""
    if len(one) != len(other):
        return False
    pairs = zip(one, other, strict=True)
    return all(
        predictions_alike(a, b) if isinstance(a, list)
        else abs(a - b) <= 1e-9 * max(1.0, abs(a)) if isinstance(a, float) else a == b
        for a, b in pairs
    )  # fmt: skip


def _served(folder: Path, installed: str, answer: Mapping[str, Any]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"APPLICATION_MODEL": str(folder / "model"),
                "APPLICATION_MODEL_SHA256": answer["digest"]}  # fmt: skip
    process = subprocess.Popen(
        [installed, "-m", "application", "serve", "--port", str(port)], cwd=folder / "empty",
        env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _await(f"{url}/health", process)
        status, body = asked(f"{url}/predict", {"rows": answer["rows"]})
        count = len(answer["rows"])
        if status != 200 or not predictions_alike(body["predictions"], answer["predicted"][:count]):
            raise StepError(f"the service answers {status}: {str(body)[:300]}")
        wrong = {name: {"not": "a value"} for name in answer["rows"][0]}
        status, body = asked(f"{url}/predict", {"rows": [wrong]})
        if status != 422:
            raise StepError(f"the service answers {status} to a bad row: {str(body)[:300]}")
    finally:
        process.terminate()
        process.communicate()


def _await(url: str, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        try:
            asked(url)
            return
        except OSError:
            if process.poll() is not None:
                raise StepError(f"the service ends: {process.communicate()[0][-800:]}") from None
            time.sleep(0.5)
    raise StepError("the service does not start")


def _scheduled(folder: Path, airflow: str, installed: str) -> None:
    home = folder / "airflow"
    shutil.copytree(folder / "application" / "dags", home / "dags")
    run = folder / "airflow-run"
    run.mkdir()
    # The settings of a deployment: where data is.
    shutil.copytree(folder / "files", run / "data", symlinks=True)
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "APPLICATION_PYTHON": installed,
        "APPLICATION_DIRECTORY": str(run),
        "APPLICATION_STORAGE": str(run / "artifacts"),
    }
    _ran([airflow, "-m", "airflow", "db", "migrate"], run, **settings)
    _ran([airflow, "-m", "airflow", "dags", "test", "application"], run, **settings)
    tasks = {path.stem for path in (run / "artifacts").glob("runs/*/*.json")} - {"run"}
    wanted = {path.stem for path in (folder / "application").glob("src/application/tasks/*.py")}
    if tasks != wanted - {"__init__"}:
        raise StepError(f"Airflow ran {sorted(tasks)} of {sorted(wanted)}")


def table(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How many come through each step."""
    tried = [each for each in found if each["outcome"] in ("delivered", "fails")]
    others = [each["outcome"] for each in found if each not in tried]
    yield f"applications with a model  {len(tried)} of {len(found)} notebooks"
    for name in sorted(set(others)):
        yield f"  {name}  {others.count(name)}"
    for step in STEPS:
        yield f"{step:9}  {sum(bool(each.get(step)) for each in tried)} of {len(tried)}"
    unstable = sum(each.get("stable") is False for each in tried)
    if unstable:
        yield f"predictions of {unstable} differ between two runs of the notebook: not compared"
    yield from (f"  {each['path']}: {each['why']}" for each in tried if "why" in each)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, printing as it goes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("places", nargs="+", metavar="FOLDER|LIST")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--airflow", help="the Python of an environment with Airflow 3")
    parser.add_argument("--uv", help="the program uv, which installs faster than pip")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--count", type=int, default=10_000)
    options = parser.parse_args(arguments)
    found: list[dict[str, Any]] = []
    for path in list(notebooks_of(options.places))[: options.count]:
        with tempfile.TemporaryDirectory() as folder:
            one = delivered(path, Path(folder), options)
        found.append({"path": str(path), **one})
        print(json.dumps(found[-1]), flush=True)
    print("\n".join(table(found)))
    return int(any(each["outcome"] == "fails" for each in found))


if __name__ == "__main__":
    sys.exit(main())
