"""Says what the tasks of an application have stored, in the Python that runs them.

It is started as a program with the application's package to import from. The job, JSON on the
standard input, has the ``package``, the ``storage``, the ``run``, its ``tasks``; ``described``, the
program that describes values; and ``figures``: those of the notebook by task, PNG in base64. The
answer, JSON on the standard output, has for each task its ``outputs``, what it ``printed``, and for
each figure whether its pixels are the notebook's. With ``forget``, a task, its records are taken
away; with ``predict``, `task.output`, the answer is what the model predicts for it.
"""

from __future__ import annotations

import base64
import importlib
import io
import json
import os
import runpy
import sys
from collections.abc import Callable, Sequence
from typing import Any


def looked_at(job: dict[str, Any]) -> dict[str, Any]:
    """Return what was stored, by task."""
    runtime = f"{job['package']}.runtime"
    storage = importlib.import_module(f"{runtime}.storage").open_storage(job["storage"], {})
    records = importlib.import_module(f"{runtime}.records").Records(storage)
    artifacts = importlib.import_module(f"{runtime}.artifacts")
    describe: Callable[[Any], Any] = runpy.run_path(job["described"])["describe"]
    found: dict[str, Any] = {}
    if job.get("forget"):
        folder = os.path.join(job["storage"].removeprefix("file://"), "tasks", job["forget"])
        os.rename(folder, f"{folder}.gone")
        return found
    if job.get("predict"):
        return _predictions(job, storage, records, artifacts, describe)
    for task in job["tasks"]:
        record = records.of_run(job["run"], task)
        if record is None:
            continue
        outputs: dict[str, Any] = {}
        for name, stored in record.outputs.items():
            outputs[name] = {"sha256": stored.sha256, "bytes": stored.bytes}
            if stored.format != "file":
                value = artifacts.load_output(storage, record, name)
                outputs[name]["value"] = _described(value, describe)
        shown = [artifacts.read_stored(storage, picture) for picture in record.shown]
        found[task] = {
            "outputs": outputs,
            "printed": record.printed,
            "figures": _same_figures(job["figures"].get(task, []), shown),
            "shown": len(shown),
            "reused": record.reused_from is not None,
            "seconds": record.seconds,
        }
    return found


def _predictions(
    job: dict[str, Any], storage: Any, records: Any, artifacts: Any, describe: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return what the model of a run predicts for a stored value, as rows of a file."""
    model = importlib.import_module(f"{job['package']}.model").Model.of_run(job["run"], storage)
    task, _, name = job["predict"].rpartition(".")
    rows = artifacts.load_output(storage, records.of_run(job["run"], task), name)
    if model.given != "frame":
        pandas = importlib.import_module("pandas")
        rows = pandas.DataFrame(rows if model.given == "array" else {model.columns[0]: rows})
        rows.columns = list(model.columns)
    return {"predicted": _described(model.predict(rows), describe)}


def _described(value: Any, describe: Callable[[Any], Any]) -> Any:
    try:
        return describe(value)
    except Exception as error:
        return {"undescribed": f"{type(error).__name__}: {error}"}


def _same_figures(notebook: Sequence[str], shown: Sequence[bytes]) -> list[bool]:
    pairs = zip(notebook, shown, strict=False)
    return [_same_pixels(base64.b64decode(text), data) for text, data in pairs]


def _same_pixels(one: bytes, other: bytes) -> bool:
    if one == other:
        return True
    numpy = importlib.import_module("numpy")
    image: Any = importlib.import_module("matplotlib.image")
    first, second = (image.imread(io.BytesIO(data)) for data in (one, other))
    return first.shape == second.shape and bool(numpy.allclose(first, second, atol=2 / 255))


def main() -> None:
    """Answer the job on the standard input; what libraries print goes to the standard error."""
    answer = os.dup(1)
    os.dup2(2, 1)
    os.write(answer, json.dumps(looked_at(json.load(sys.stdin))).encode("ascii"))


if __name__ == "__main__":
    main()
