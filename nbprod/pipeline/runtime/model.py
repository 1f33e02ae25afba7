# SPDX-License-Identifier: MIT-0
"""One interface of a trained model: train, save, load, predict."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any, ClassVar

from .artifacts import load_value, read_stored
from .config import Config, Layers
from .contracts import coerce
from .errors import ApplicationError
from .keys import sha256 as hash_of
from .keys import versions_of
from .prepare import base_config, check_run_id, load_pipeline, options_for
from .records import Records, Stored
from .runner import new_run_id, run_tasks
from .storage import Storage, open_storage, read_url, write_url
from .tables import read_table, table_bytes

__all__ = ["BaseModel", "application_model", "predict_file"]

_MANIFEST = "model.json"


class BaseModel:
    """A fitted estimator, and the fitted steps in front of it.

    The subclass of an application says where they come from.

    Attributes:
        steps: `task.output` of fitted steps whose `transform` is applied, in this order.
        estimator: `task.output` of the estimator.
        method: what of the estimator is called.
        schema: the schema of what `predict` gets; without one nothing is checked.
        columns: the columns that go to the first step, where it is not all of them.
        given: as what they do: `frame`, `series` (the only column) or `array`.
        name: the column of predictions in files.
        profile: `task.output` of the frame whose ranges are compared with what `predict` gets.
    """

    steps: ClassVar[tuple[str, ...]] = ()
    estimator: ClassVar[str] = ""
    method: ClassVar[str] = "predict"
    schema: ClassVar[str | None] = None
    columns: ClassVar[tuple[str, ...] | None] = None
    given: ClassVar[str] = "frame"
    name: ClassVar[str] = "prediction"
    profile: ClassVar[str | None] = None

    def __init__(self, parts: Sequence[Any], about: dict[str, Any], data: dict[str, bytes]) -> None:
        """Hold fitted objects; `load` and `train` make a model."""
        self._parts = list(parts)
        self._data = data
        self.about = about

    @property
    def sha256(self) -> str:
        """The hash that names this model: of its manifest, which has those of its parts."""
        return hash_of(_manifest(self.about))

    @classmethod
    def train(cls, *patches: str, config: Sequence[str] = (), jobs: int = 1) -> BaseModel:
        """Run the tasks that the model needs, and return it.

        Args:
            patches: settings as `key=value`.
            config: partial YAML files or URLs.
            jobs: how many tasks run at a time.
        """
        settings = base_config(Layers(tuple(config), None, patches))
        storage = _storage(settings)
        run = new_run_id()
        tasks = {source.rpartition(".")[0] for source in cls.sources()}
        run_tasks(load_pipeline(), tasks, settings, storage, run, jobs=jobs)
        return cls.of_run(run, storage)

    @classmethod
    def sources(cls) -> tuple[str, ...]:
        """Return `task.output` of all parts, in the order in which they are applied."""
        return (*cls.steps, cls.estimator)

    @classmethod
    def of_run(
        cls, run: str, storage: Storage | None = None, allow_versions: bool = False
    ) -> BaseModel:
        """Return the model that a run has trained.

        Args:
            run: the name of the run.
            storage: where it is; that of the configuration without it.
            allow_versions: read it with other versions of its libraries.
        """
        storage = storage or _storage(base_config(Layers()))
        records, stored = Records(storage), {}
        for source in cls.sources():
            task, _, output = source.rpartition(".")
            record = records.of_run(check_run_id(run), task)
            if record is None:
                raise ApplicationError(f"no model in run `{run}`: {task} has not been run")
            stored[source] = record.outputs[output]
        data = {source: read_stored(storage, item) for source, item in stored.items()}
        about = {
            "run": run,
            "parts": {source: asdict(item) for source, item in stored.items()},
            "versions": versions_of(load_pipeline()),
        }
        return cls._read(about, data, allow_versions)

    @classmethod
    def load(
        cls,
        url: str,
        sha256: str | None = None,
        options: dict[str, Any] | None = None,
        allow_versions: bool = False,
    ) -> BaseModel:
        """Return a model that `save` wrote.

        Args:
            url: its directory.
            sha256: what its hash has to be: given by who deploys it, it vouches for all bytes.
            options: of the file system.
            allow_versions: read it with other versions of its libraries.
        """
        manifest = read_url(f"{url.rstrip('/')}/{_MANIFEST}", options or {})
        try:
            about = json.loads(manifest)
            names = {source: PurePosixPath(Stored.from_dict(item).path).name
                     for source, item in about["parts"].items()}  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ApplicationError(f"{url}: is not a saved model") from None
        if sha256 and hash_of(manifest) != sha256:
            raise ApplicationError(f"{url}: is not the model {sha256[:12]}…")
        if set(names) != set(cls.sources()):
            raise ApplicationError(f"{url}: is a model of another application")
        data = {
            source: read_url(f"{url.rstrip('/')}/{name}", options or {})
            for source, name in names.items()
        }
        return cls._read(about, data, allow_versions)

    @classmethod
    def _read(
        cls, about: dict[str, Any], data: dict[str, bytes], allow_versions: bool = False
    ) -> BaseModel:
        """Make the parts of checked bytes."""
        pipeline, parts = load_pipeline(), []
        for source in cls.sources():
            task, _, output = source.rpartition(".")
            artifact = pipeline.task(task).artifacts[output]
            stored = Stored.from_dict(about["parts"][source])
            held = _Held({stored.path: data[source]})
            parts.append(load_value(held, stored, artifact, source, None, allow_versions))
        return cls(parts, about, data)

    def save(self, url: str, options: dict[str, Any] | None = None) -> str:
        """Write the model below a directory or URL; return its hash.

        The manifest is last: a model whose writing was interrupted cannot be loaded.
        """
        for source, item in self.about["parts"].items():
            name = PurePosixPath(item["path"]).name
            write_url(f"{url.rstrip('/')}/{name}", self._data[source], options or {})
        write_url(f"{url.rstrip('/')}/{_MANIFEST}", _manifest(self.about), options or {})
        return self.sha256

    def predict(self, frame: Any) -> Any:
        """Return what the estimator predicts for the rows of a frame.

        Args:
            frame: the columns of the schema; dtypes are taken from it, other cases are an error.
        """
        value = coerce(frame, self.schema, "the input") if self.schema else frame
        value = value[list(self.columns)] if self.columns else value
        if self.given == "series":
            value = value[value.columns[0]]
        elif self.given == "array":
            value = value.to_numpy()
        for step in self._parts[:-1]:
            value = step.transform(value)
        return getattr(self._parts[-1], self.method)(value)


class _Held:
    """Bytes that were read already, as a storage."""

    url, is_shared = "model", False

    def __init__(self, data: dict[str, bytes]) -> None:
        self._data = data

    def read(self, name: str) -> bytes:
        return self._data[name]

    def write(self, name: str, data: bytes) -> None:
        raise NotImplementedError

    def names(self, folder: str) -> list[str]:
        return sorted(self._data)


def predict_file(
    model: str,
    source: str,
    target: str,
    config: Config,
    storage: Storage,
    allow_versions: bool = False,
) -> None:
    """Read a file, predict its rows, write them with a column of predictions.

    Args:
        model: a run, or the directory of a saved model.
        source: a path or URL whose suffix says what it is.
        target: the same, of what is written.
        config: gives the options of file systems.
        storage: where runs are.
        allow_versions: read a model that other versions of its libraries wrote.
    """
    kind = application_model()
    is_url = "/" in model or "\\" in model
    if is_url:
        options = options_for(model, config)
        found = kind.load(model, options=options, allow_versions=allow_versions)
    else:
        found = kind.of_run(model, storage, allow_versions)
    frame = read_table(source, read_url(source, options_for(source, config)))
    frame[found.name] = found.predict(frame)
    write_url(target, table_bytes(target, frame), options_for(target, config))


def application_model() -> type[BaseModel]:
    """Return the `Model` of the application's `model.py`."""
    name = __package__.rpartition(".")[0]
    try:
        kind: type[BaseModel] = importlib.import_module(f"{name}.model").Model
    except ModuleNotFoundError as error:
        if error.name != f"{name}.model":
            raise
        raise ApplicationError("this application has no model") from error
    return kind


def _storage(config: Config) -> Storage:
    return open_storage(str(config.get("storage")), config.storage_options)


def _manifest(about: dict[str, Any]) -> bytes:
    return json.dumps(about, indent=1).encode()
