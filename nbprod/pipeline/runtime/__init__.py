# SPDX-License-Identifier: MIT-0
"""Runtime of an application of tasks: storage, formats, records, configuration, runner.

This directory is copied into the application as `APP/runtime/`; it imports nothing of who wrote
it. No value passes from task to task in memory: each task runs in a process of its own, reads
artefacts from storage, calls one function, writes artefacts, and last its record.

The application has these files besides (APP is the name of its package, below `src/`):

`APP/pipeline.py`: the graph; `Task` and `Pipeline` document each field::

    from .runtime import Artifact, Pipeline, Task

    PIPELINE = Pipeline(
        "APP",
        Task("load", files={"path": "paths.csv"}, outputs={"df": Artifact("frame", "DF")}),
        Task("split", inputs={"df": "load.df"}, parameters={"test_size": "split.test_size"},
             draws="carry", outputs={"train": Artifact("frame", "DF"), "test": …}),
        libraries=("pandas", "scikit-learn"),
    )

`APP/tasks/NAME.py` (and `tasks/__init__.py`): the function NAME. All arguments are passed by name:
    inputs, parameters, and local paths (text) for `files` and `writes`. It returns nothing, one
    value, or a tuple in the order of `outputs`. It imports from `..library` what it needs, nothing
    of `runtime`. What a cell showed is kept where the function calls `plt.show()`.
`APP/library.py`: functions, classes and constants of the notebook.
`APP/settings.py`: functions without arguments; `Task(settings="NAME")` calls one first.
`APP/schemas.py`: pandera schemas, each `NAME = pa.DataFrameSchema(…)` at the top level.
`APP/conf/base.yaml`: all defaults. Keys that the runtime knows: `storage` (needed),
    `storage_options`, `data` (a directory or URL: relative `files`, `writes` and all other relative
    paths start there), `data_options`, `random_seed` (null: follows from the run's name), `as_of`
    (null: the time at which the run began, ISO text), `free` (a list of keys whose values may have
    any type). `${env:NAME}` is replaced when a task gets the value.
`APP/profiles.json` (optional): what `python -m APP profile RUN` printed.
`APP/model.py` (optional): `class Model(BaseModel)` of `runtime.model` with class variables.
`APP/serve.py` (optional): `app = create_app()` of `runtime.service`.
`APP/__init__.py`, `APP/__main__.py`: the latter is
    `from .runtime.cli import main` and `raise SystemExit(main())`.
`run.py` beside `src/`: puts `src` on `sys.path`, then calls `main(sys.argv[1:])` of `runtime.cli`.

Left out without `APP/model.py`: `model.py`, `tables.py`, `service.py` of the runtime; without
`APP/serve.py`: `service.py`; without a format that they hold: `arrays.py` (array, sparse),
`frames.py` (frame, series, index, polars, arrow), `widen.py` (frame), `scalars.py` (scalar,
reference), `models.py` (torch, keras, xgboost, statsmodels, model, skops), `spark.py` (spark: a
frame of Spark, which `candidates` does not name).

Beside this directory, `files/` has the other files as templates: `dag.py`, `Dockerfile`,
`dockerignore`, `ci.yml`. In them APP_NAME is the package, APP_VARIABLE its name in capitals,
APP_PYTHON the version of Python; `TASKS` of `dag.py` is task -> what it reads from,
`Pipeline.upstream_of`. They expect the extras `serve` (fastapi, uvicorn, prometheus-client), `s3`
(s3fs) and `dev` (pytest, ruff, mypy, httpx) in `pyproject.toml`.

Dependencies: fsspec, ruamel.yaml; pandera and pyarrow where frames cross, joblib where models do;
mypy of the application needs `ignore_missing_imports` for libraries without types.

Formats, the first choice first: `formats.candidates(value)`; a trial: `formats.round_trip`. Run a
pipeline in this process, with `memory://` storage (generated tests)::

    config = base_config(Layers(patches=("data=…",), storage="memory://t"))
    storage = open_storage(config.get("storage"), {})
    records = run_tasks(PIPELINE, [], config, storage, "test")
    value = load_output(storage, records["split"], "train")
"""

from __future__ import annotations

from .artifacts import load_output
from .config import Layers
from .errors import ApplicationError
from .graph import Artifact, Pipeline, Task
from .prepare import base_config
from .runner import run_tasks
from .storage import open_storage

__all__ = [
    "ApplicationError",
    "Artifact",
    "Layers",
    "Pipeline",
    "Task",
    "base_config",
    "load_output",
    "open_storage",
    "run_tasks",
]
