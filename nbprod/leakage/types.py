"""Abstract values of data: rows as paths, what has been learnt of them, and what came of it.

A set of rows is a path: a source is a root, each split adds a step, so that what stands under one
path is a part of it and the parts of one split are disjoint.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

__all__ = [
    "Data",
    "Estimator",
    "Evaluation",
    "Function",
    "Leak",
    "Many",
    "Place",
    "Taint",
    "Training",
    "Value",
    "overlap",
]

Rows = frozenset[str]


class Place(NamedTuple):
    """Where something happens: a cell and a node of its tree."""

    cell: int
    node: ast.AST


class Taint(NamedTuple):
    """What was learnt of some rows and went into data: by which call, and how."""

    what: str
    rows: Rows
    place: Place
    kind: Literal["fit", "statistic", "selection", "resample"]


class Data(NamedTuple):
    """Data of some rows. A `statistic` is learnt of them and has none itself."""

    rows: Rows
    taints: frozenset[Taint] = frozenset()
    is_statistic: bool = False


@dataclass
class Estimator:
    """A transformer or model, with what it was fitted on. Mutable: `fit` changes it in place."""

    name: str
    kind: Literal["transformer", "model", "safe", "resampler", "unknown"]
    place: Place
    fitted: Data | None = None
    training: Training | None = None


class Function(NamedTuple):
    """A function of the notebook."""

    cell: int
    node: ast.FunctionDef | ast.Lambda


class Many(NamedTuple):
    """A tuple or list of values."""

    items: tuple[Any, ...]


Value = Data | Estimator | Function | Many | None


@dataclass
class Training:
    """A model that was fitted: on what, and what it was tested on since."""

    name: str
    place: Place
    data: Data
    splits_itself: bool
    tests: list[tuple[Place, Data]] = field(default_factory=list)


class Leak(NamedTuple):
    """Test data that reached a training: ``taint`` is how, None where the rows themselves did."""

    training: Training
    taint: Taint | None
    test: Place | None


class Evaluation(NamedTuple):
    """What a notebook trains and how it tests."""

    trainings: tuple[Training, ...]
    preprocessing: tuple[Leak, ...]
    overlaps: tuple[Leak, ...]


def overlap(left: Rows, right: Rows) -> bool:
    """Whether some rows are in both: a path is the other, or stands above it."""
    return any(
        text == other or text.startswith(other + "/") or other.startswith(text + "/")
        for text in left
        for other in right
    )
