# SPDX-License-Identifier: MIT-0
"""The command line: run, tasks, config, runs, show, predict, profile, schema."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .config import Layers
from .errors import ApplicationError
from .prepare import base_config, check_run_id, load_pipeline
from .records import Records
from .runner import new_run_id, run_one, run_tasks, sized
from .storage import open_storage

__all__ = ["main"]

_APP = __package__.rpartition(".")[0]
_PACKAGE = Path(__file__).parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; an error that the user can put right is a line and exit code 1."""
    options = _parser().parse_args(arguments)
    try:
        command = options.command
        command(options)
    except ApplicationError as error:
        print(f"{_APP}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {_APP}", description=f"Run {_APP}.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, function: Any, text: str, **more: Any) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text, **more)
        command.set_defaults(command=function)
        layers = command.add_argument_group("configuration; later options win")
        layers.add_argument(
            "--config",
            metavar="PATH",
            action="append",
            default=[],
            help="partial YAML file or URL (repeatable)",
        )
        layers.add_argument("--config-json", metavar="JSON", help="settings as a JSON object")
        layers.add_argument(
            "--patch",
            metavar="KEY=VALUE",
            action="append",
            default=[],
            help="one setting (repeatable)",
        )
        layers.add_argument("--storage", metavar="URL", help="where artefacts are")
        return command  # fmt: skip

    run = add("run", _run, "Run tasks and what they need.", aliases=["pipeline"])
    run.add_argument("tasks", nargs="*", metavar="TASK", help="tasks [all]")
    run.add_argument("--run-id", metavar="NAME", help="go on with a run; one TASK runs by itself")
    run.add_argument("--jobs", type=int, default=1, metavar="N", help="tasks at a time [1]")
    run.add_argument("--engine", default="processes", metavar="NAME",
                     help="processes or dask://HOST:PORT [processes]")  # fmt: skip
    _allow_versions(run)
    run.add_argument("--again", action="store_true", help="also run tasks whose results are stored")
    run.add_argument("--unchecked", action="store_true",
                     help="warn about frames that do not match their schemas")  # fmt: skip
    add("tasks", _tasks, "List tasks, what they read and what they store.")
    add("config", _config, "Print each setting and where it is set.")
    add("runs", _runs, "List runs.")
    show = add("show", _show, "Print the records of a run.")
    show.add_argument("run", metavar="RUN")
    show.add_argument("--json", action="store_true", help="whole records, as JSON")
    profile = add("profile", _profile, "Print what the frames of a run hold, as profiles.json.")
    profile.add_argument("run", metavar="RUN")
    if (_PACKAGE / "schemas.py").is_file():
        schema = add("schema", _schema, "Let schemas accept what the frames of a run hold.")
        schema.add_argument("--from", dest="run", required=True, metavar="RUN", help="the run")
        schema.add_argument("--dry-run", action="store_true", help="print, do not write")
    if (_PACKAGE / "model.py").is_file():
        _add_model(add)
    return parser


def _allow_versions(command: argparse.ArgumentParser) -> None:
    text = "read models of other library versions"
    command.add_argument("--allow-versions", action="store_true", help=text)


def _add_model(add: Callable[..., argparse.ArgumentParser]) -> None:
    predict = add("predict", _predict, "Predict with the model of a run.")
    predict.add_argument("--model", required=True, metavar="RUN", help="run, or saved model's URL")
    predict.add_argument("--input", required=True, metavar="URL", help=".parquet, .csv or .json")
    predict.add_argument("--output", required=True, metavar="URL", help=".parquet, .csv or .json")
    _allow_versions(predict)
    save = add("save", _save, "Save the model of a run, and print its hash.")
    save.add_argument("run", metavar="RUN")
    save.add_argument("target", metavar="URL", help="directory of the model")
    _allow_versions(save)
    if (_PACKAGE / "serve.py").is_file():
        serve = add("serve", _serve, f"Serve the model that {_APP.upper()}_MODEL names.")
        serve.add_argument("--host", default="127.0.0.1", help="[127.0.0.1]")
        serve.add_argument("--port", type=int, default=8000, help="[8000]")
        _allow_versions(serve)


def _layers(options: argparse.Namespace) -> Layers:
    return Layers(tuple(options.config), options.config_json, tuple(options.patch), options.storage)


def _opened(options: argparse.Namespace) -> tuple[Any, Any]:
    config = base_config(_layers(options))
    return config, open_storage(str(config.get("storage")), config.storage_options)


def _run(options: argparse.Namespace) -> None:
    pipeline = load_pipeline()
    config, storage = _opened(options)
    tasks = [pipeline.task(name) for name in options.tasks]
    if options.jobs < 1:
        raise ApplicationError(f"--jobs must be 1 or more, not {options.jobs}")
    if options.run_id and len(tasks) == 1:
        run = check_run_id(options.run_id)
        run_one(
            pipeline, tasks[0], config, storage, run, options.allow_versions, options.again,
            options.unchecked,
        )  # fmt: skip
        return
    run = check_run_id(options.run_id) if options.run_id else new_run_id()
    print(f"run {run}", file=sys.stderr)
    run_tasks(
        pipeline,
        options.tasks,
        config,
        storage,
        run,
        jobs=options.jobs,
        engine=options.engine,
        allow_versions=options.allow_versions,
        again=options.again,
        unchecked=options.unchecked,
        is_new=not options.run_id,
    )


def _tasks(_: argparse.Namespace) -> None:
    pipeline = load_pipeline()
    for task in pipeline.tasks.values():
        sources = ", ".join(pipeline.inputs_of(task).values()) or "-"
        stored = ", ".join(f"{name} ({item.format})" for name, item in task.artifacts.items())
        print(f"{task.name}\n  reads   {sources}\n  stores  {stored or '-'}")


def _config(options: argparse.Namespace) -> None:
    config = base_config(_layers(options))
    width = max(map(len, config.values), default=0)
    for key, value in config.values.items():
        print(f"{key:{width}}  {json.dumps(value, ensure_ascii=False)}  ({config.origins[key]})")


def _runs(options: argparse.Namespace) -> None:
    _, storage = _opened(options)
    records, total = Records(storage), len(load_pipeline().tasks)
    for run in records.runs():
        about, finished = records.description(run), len(records.tasks_of(run))
        wanted = len(about.get("tasks", ())) or total
        print(f"{run}  {about.get('started', '-'):25}  {finished} of {wanted} tasks")


def _show(options: argparse.Namespace) -> None:
    _, storage = _opened(options)
    records = Records(storage)
    found = _records_of(records, options.run)
    if options.json:
        print(json.dumps([json.loads(record.to_json()) for record in found], indent=1))
        return
    for key, origin in records.description(options.run).get("changed", {}).items():
        value = records.description(options.run)["config"].get(key)
        print(f"{key} = {json.dumps(value)}  ({origin})")
    for record in found:
        source = f"  (from run {record.reused_from})" if record.reused_from else ""
        print(f"{record.task}  {record.seconds:.1f} s  {record.started}{source}")
        for name, stored in record.outputs.items():
            size = sized(stored.bytes)
            print(f"  {name}  {stored.format}  {size}  {storage.url}/{stored.path}")
        for number, stored in enumerate(record.shown, 1):
            print(f"  figure {number}  {sized(stored.bytes)}  {storage.url}/{stored.path}")
        for line in (*record.printed.splitlines(), *record.warnings):
            print(f"  | {line}")


def _records_of(records: Records, run: str) -> list[Any]:
    names = load_pipeline().tasks
    found = [records.of_run(check_run_id(run), name) for name in names]
    kept = [record for record in found if record]
    if not kept:
        raise ApplicationError(f"no run named `{run}` with finished tasks")
    return kept


def _profile(options: argparse.Namespace) -> None:
    from .artifacts import read_stored
    from .contracts import profile_of
    from .formats import decode

    _, storage = _opened(options)
    profiles = {}
    for record in _records_of(Records(storage), options.run):
        for name, stored in record.outputs.items():
            if stored.format == "frame":
                what = f"{record.task}.{name}"
                profiles[what] = profile_of(decode("frame", read_stored(storage, stored), what))
    print(json.dumps(profiles, indent=1, ensure_ascii=False))


def _schema(options: argparse.Namespace) -> None:
    from .artifacts import load_output
    from .widen import widened

    _, storage = _opened(options)
    pipeline, path = load_pipeline(), _PACKAGE / "schemas.py"
    text = path.read_text(encoding="utf-8")
    changes: list[str] = []
    for record in _records_of(Records(storage), options.run):
        for name, artifact in pipeline.task(record.task).artifacts.items():
            if artifact.schema and name in record.outputs:
                frame = load_output(storage, record, name)
                text, found = widened(text, artifact.schema, frame)
                changes += found
    for line in changes or [f"the schemas accept all frames of `{options.run}`"]:
        print(line)
    if changes and not options.dry_run:
        path.write_text(text, encoding="utf-8")


def _predict(options: argparse.Namespace) -> None:
    from .model import predict_file

    config, storage = _opened(options)
    predict_file(
        options.model, options.input, options.output, config, storage, options.allow_versions
    )


def _save(options: argparse.Namespace) -> None:
    from .model import application_model
    from .prepare import options_for

    config, storage = _opened(options)
    model = application_model().of_run(options.run, storage, options.allow_versions)
    print(model.save(options.target, options_for(options.target, config)))


def _serve(options: argparse.Namespace) -> None:
    try:
        import uvicorn

        from .service import model_of_environment
    except ImportError as error:
        raise ApplicationError(f"serving needs {error.name}, which is not installed") from error

    # A model that cannot be read is an error here; in the server it would be a traceback.
    model_of_environment(options.allow_versions)
    uvicorn.run(f"{_APP}.serve:app", host=options.host, port=options.port)
