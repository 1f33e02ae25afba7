# SPDX-License-Identifier: MIT-0
"""Values to storage and back: format, schema, hash and version are checked on the way."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from . import contracts
from .config import Config
from .errors import ApplicationError
from .formats import FORMATS, decode, encode
from .graph import Artifact, Task
from .keys import schema_hash, sha256
from .kinds import type_name
from .prepare import Job, load_pipeline, locate, options_for
from .records import Record, Stored
from .storage import Storage, is_local, local_path, write_url

__all__ = [
    "fetch_file",
    "load_output",
    "load_value",
    "publish",
    "read_stored",
    "store_bytes",
    "store_value",
]

_APP = __package__.rpartition(".")[0]
# Shorter texts of the environment are also found by chance.
_SHORTEST_SECRET = 8


def store_value(
    storage: Storage, job: Job, artifact: Artifact, what: str, value: Any, hidden: list[str]
) -> tuple[Stored, dict[str, float]]:
    """Write a value; return where it is, and figures of it.

    Args:
        storage: where it goes.
        job: the task that returned it.
        artifact: its format and schema.
        what: `task.output`.
        value: what is stored.
        hidden: values of the environment, which must not be in it.
    """
    schema = artifact.schema
    if schema:
        schema = _accepted(value, schema, what, job.unchecked)
    if artifact.format == "spark":
        from .spark import store_spark

        place = _place(job, f"{what.rpartition('.')[2]}.parquet")
        return store_spark(storage, place, value, what), {}
    data = encode(artifact.format, value, what)
    if any(len(text) >= _SHORTEST_SECRET and text.encode() in data for text in hidden):
        raise ApplicationError(
            f"{what} holds a value of the environment; make it anew in the task that needs it"
        )
    figures = _figures(value, artifact, what)
    name = f"{what.rpartition('.')[2]}.{FORMATS[artifact.format].suffix}"
    stored = store_bytes(
        storage,
        job,
        name,
        artifact.format,
        type_name(value),
        data,
        schema_hash(schema) if schema else None,
        _library_of(value) if FORMATS[artifact.format].is_bound else None,
    )
    return stored, figures


def _accepted(value: Any, schema: str, what: str, unchecked: bool) -> str | None:
    """Return the schema that accepts a value; None where that was only a warning."""
    try:
        contracts.validate(value, schema, what)
    except contracts.ContractError as error:
        if not unchecked:
            raise
        print(f"warning: {error}", file=sys.stderr)
        return None
    return schema


def store_bytes(
    storage: Storage,
    job: Job,
    name: str,
    form: str,
    kind: str,
    data: bytes,
    schema: str | None = None,
    library: tuple[str, str] | None = None,
) -> Stored:
    """Write bytes below the key of a job, in a place that no other attempt has."""
    path = _place(job, name)
    storage.write(path, data)
    return Stored(path, form, kind, len(data), sha256(data), schema, library)


def _place(job: Job, name: str) -> str:
    return f"objects/{job.task}/{job.key}/{job.attempt}/{name}"


def read_stored(storage: Storage, stored: Stored) -> bytes:
    """Return the bytes of a stored value; other bytes than the task wrote are an error."""
    where = f"{storage.url}/{stored.path}"
    try:
        data = storage.read(stored.path)
    except FileNotFoundError:
        raise ApplicationError(f"{where}: is gone; `run --again` makes it anew") from None
    if sha256(data) != stored.sha256:
        raise ApplicationError(f"{where}: is not what the task wrote")
    return data


def load_value(
    storage: Storage,
    stored: Stored,
    artifact: Artifact,
    what: str,
    scratch: Path | None = None,
    allow_versions: bool = False,
) -> Any:
    """Read a value: bytes are checked before anything is made of them.

    Args:
        storage: where it is.
        stored: what its record says.
        artifact: its format and schema.
        what: `task.output`.
        scratch: a directory for a value that is a file.
        allow_versions: read it with another version of its library.
    """
    if stored.format != artifact.format:
        raise ApplicationError(f"{what} is stored as `{stored.format}`, not `{artifact.format}`")
    if artifact.format == "spark":
        from .spark import load_spark

        return load_spark(storage, stored)
    if stored.library and not allow_versions:
        name, version = stored.library
        here = _version(name)
        if here != version:
            raise ApplicationError(
                f"{what} was written with {name} {version}, here is {here}; "
                "--allow-versions reads it anyway"
            )
    data = read_stored(storage, stored)
    if artifact.format == "file" and scratch:
        scratch.mkdir(parents=True, exist_ok=True)
        path = scratch / stored.path.rpartition("/")[2]
        path.write_bytes(data)
        return str(path)
    value = decode(artifact.format, data, what)
    if artifact.schema and stored.schema != schema_hash(artifact.schema):
        contracts.validate(value, artifact.schema, what)
    return value


def load_output(storage: Storage, record: Record, name: str) -> Any:
    """Return a value that a task has stored, whichever schema it has.

    Args:
        storage: where it is.
        record: of the task.
        name: the output.
    """
    stored = record.outputs[name]
    what = f"{record.task}.{name}"
    return load_value(storage, stored, Artifact(stored.format), what)


def fetch_file(url: str, config: Config, scratch: Path) -> str:
    """Return a local path of a file, a directory or a pattern that a task reads."""
    if is_local(url):
        return str(local_path(url))
    try:
        import fsspec

        files, path = fsspec.core.url_to_fs(url, **options_for(url, config))
        scratch.mkdir(parents=True, exist_ok=True)
        target = scratch / path.rstrip("/").rpartition("/")[2]
        if "*" in path:
            files.get(path, f"{scratch}/", recursive=True)
        else:
            files.get(path, str(target), recursive=files.isdir(path))
    except Exception as error:  # each file system of fsspec has exceptions of its own
        raise ApplicationError(f"cannot read {url}: {' '.join(str(error).split())}") from error
    return str(target)


def publish(task: Task, record: Record, config: Config, storage: Storage) -> None:
    """Copy the files that a task wrote to where the configuration wants them."""
    for argument, key in task.writes.items():
        url = locate(key, config)
        data = read_stored(storage, record.outputs[argument])
        write_url(url, data, options_for(url, config))


def _figures(value: Any, artifact: Artifact, what: str) -> dict[str, float]:
    if artifact.format != "frame":
        return {}
    figures = {"rows": float(len(value))}
    profile: Mapping[str, Any] = contracts.read_profiles().get(what, {})
    outside = contracts.outside(value, dict(profile)) if profile else {}
    if outside:
        figures["outside_profile"] = float(sum(outside.values()))
        listed = ", ".join(f"`{name}` {count}" for name, count in outside.items())
        print(f"{what}: values outside the profile: {listed}", file=sys.stderr)
    return figures


def _library_of(value: Any) -> tuple[str, str] | None:
    """Return distribution and version that the bytes of a value are bound to."""
    root = type(value).__module__.partition(".")[0]
    if root in (_APP, "builtins", "__main__") or root in sys.stdlib_module_names:
        return None
    name = _distribution_of(root)
    return name, _version(name)


@cache
def _distribution_of(root: str) -> str:
    """Return the distribution that a package is of."""
    # All distributions are looked through only where it is none of those that are declared.
    for name in (root, *load_pipeline().libraries):
        if _version(name) != "none" and (name == root or _has_package(name, root)):
            return name
    return (metadata.packages_distributions().get(root) or [root])[0]


def _has_package(name: str, root: str) -> bool:
    files = metadata.distribution(name).read_text("RECORD") or ""
    return f"\n{root}/" in f"\n{files}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"
