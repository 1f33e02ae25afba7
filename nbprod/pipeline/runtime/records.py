# SPDX-License-Identifier: MIT-0
"""Records of tasks: the audit trail. What no record names does not exist."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from .errors import ApplicationError
from .storage import Storage

__all__ = ["Record", "Records", "Stored"]


@dataclass(frozen=True)
class Stored:
    """A value in storage.

    Attributes:
        schema: the hash of the schema that accepted the bytes.
        library: distribution and version that the bytes are bound to.
    """

    path: str
    format: str
    type: str
    bytes: int
    sha256: str
    schema: str | None = None
    library: tuple[str, str] | None = None

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Stored:
        """Return what JSON holds of a stored value."""
        library = data.get("library")
        stored = Stored(**{**data, "library": tuple(library) if library else None})
        texts = (stored.path, stored.format, stored.type, stored.sha256)
        if not all(isinstance(text, str) for text in texts) or not isinstance(stored.bytes, int):
            raise TypeError("a value of another type")
        return stored


@dataclass(frozen=True)
class Record:
    """What a task read, wrote and printed, where, when and with which versions.

    Attributes:
        inputs: argument -> SHA-256 of its bytes, or the tag of a file.
        parameters: argument -> value as configured: no value of the environment.
        figures: numbers for monitoring, such as rows and values outside their profile.
        shown: pictures, in the order in which they were shown.
    """

    task: str
    run: str
    key: str
    inputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Stored] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    shown: tuple[Stored, ...] = ()
    printed: str = ""
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    host: str = ""
    started: str = ""
    seconds: float = 0.0
    volatile: bool = False
    reused_from: str | None = None

    def to_json(self) -> str:
        """Return the record as JSON."""
        return json.dumps(asdict(self), indent=1)

    @staticmethod
    def from_json(text: str | bytes, origin: str) -> Record:
        """Return a record from its JSON; `origin` names it in errors."""
        try:
            data = json.loads(text)
            known = {item.name for item in fields(Record)}
            data = {name: value for name, value in data.items() if name in known}
            data["outputs"] = {
                name: Stored.from_dict(item) for name, item in data["outputs"].items()
            }
            data["shown"] = tuple(Stored.from_dict(item) for item in data["shown"])
            data["warnings"] = tuple(data["warnings"])
            return _typed(Record(**data))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise ApplicationError(
                f"{origin}: is not a record of a task; delete it and run again"
            ) from None


def _typed(record: Record) -> Record:
    """Return a record whose values have the types of its defaults; raise `TypeError` else."""
    usual = Record("", "", "")
    for item in fields(Record):
        value, default = getattr(record, item.name), getattr(usual, item.name)
        kind = (int, float) if isinstance(default, float) else type(default)
        if default is not None and not isinstance(value, kind):
            raise TypeError(item.name)
    return record


class Records:
    """The records in a storage.

    `tasks/TASK/KEY.json` is the result for given code, parameters and inputs,
    `runs/RUN/TASK.json` the one that a run uses.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def of_run(self, run: str, task: str) -> Record | None:
        """Return the record that a run uses for a task."""
        return self._read(f"runs/{run}/{task}.json")

    def of_key(self, task: str, key: str) -> Record | None:
        """Return the record of a task for a key, from whichever run."""
        return self._read(f"tasks/{task}/{key}.json")

    def keep(self, record: Record) -> None:
        """Write the record of a task that has just run; the last thing that a task does."""
        data = record.to_json().encode()
        if not record.volatile:
            self._storage.write(f"tasks/{record.task}/{record.key}.json", data)
        self._storage.write(f"runs/{record.run}/{record.task}.json", data)

    def use(self, record: Record, run: str) -> Record:
        """Write down that a run uses the record of another."""
        used = replace(record, run=run, reused_from=record.reused_from or record.run)
        self._storage.write(f"runs/{run}/{record.task}.json", used.to_json().encode())
        return used

    def describe(self, run: str, about: dict[str, Any]) -> None:
        """Write what a run was asked to do."""
        self._storage.write(f"runs/{run}/run.json", json.dumps(about, indent=1).encode())

    def description(self, run: str) -> dict[str, Any]:
        """Return what a run was asked to do; nothing where a scheduler runs single tasks."""
        name, found = f"runs/{run}/run.json", None
        with suppress(ValueError, RecursionError):
            try:
                found = json.loads(self._storage.read(name))
            except FileNotFoundError:
                return {}
        if not isinstance(found, dict):
            raise ApplicationError(
                f"{self._storage.url}/{name}: is not the description of a run; delete it"
            )
        return found

    def tasks_of(self, run: str) -> set[str]:
        """Return the tasks that a run has records of."""
        names = self._storage.names(f"runs/{run}")
        return {name.removesuffix(".json") for name in names} - {"run"}

    def runs(self) -> list[str]:
        """Return all runs."""
        return self._storage.names("runs")

    def _read(self, name: str) -> Record | None:
        try:
            data = self._storage.read(name)
        except FileNotFoundError:
            return None
        return Record.from_json(data, f"{self._storage.url}/{name}")
