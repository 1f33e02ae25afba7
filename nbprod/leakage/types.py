"""What is known of data: its rows as paths, its columns, what was fitted on and computed from it.

A set of rows is a path: a source is a root, each split adds a step, so that what is below one
path is a part of it and the parts of one split are disjoint.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from nbprod.libraries.training import TREES, EstimatorKind

__all__ = [
    "CellNode",
    "Columns",
    "Data",
    "Estimator",
    "Evaluation",
    "Leak",
    "Rows",
    "Score",
    "Table",
    "Taint",
    "Training",
    "UnknownParameter",
    "overlap",
]

Rows = frozenset[str]


class CellNode(NamedTuple):
    """Where something happens: a cell and a node of its tree."""

    cell: int
    node: ast.AST


class Taint(NamedTuple):
    """What was fitted on some rows and went into data: by which call, and how."""

    what: str
    rows: Rows
    place: CellNode
    kind: Literal["fit", "scale", "statistic", "selection", "tuning", "resample"]


class Data(NamedTuple):
    """The state of data when a model was given it."""

    rows: Rows
    taints: frozenset[Taint] = frozenset()


class Columns(NamedTuple):
    """Columns of a frame: ``only`` those (None: all) and without those ``lost``.

    ``frame`` tells frames apart; copies and parts of the rows of one have the same. ``made`` are
    columns whose values are made of one other column alone: pairs of that and the other.
    """

    frame: int
    only: frozenset[str] | None = None
    lost: frozenset[str] = frozenset()
    made: frozenset[tuple[str, str]] = frozenset()

    def holds(self, name: str) -> bool:
        """Whether a column is surely among them."""
        return (self.only is None or name in self.only) and name not in self.lost

    def related(self, name: str) -> frozenset[str]:
        """The columns of which one is made, and those that are made of it."""
        above = _followed(name, self.made)
        return above | _followed(name, frozenset((other, made) for made, other in self.made))


def _followed(name: str, pairs: frozenset[tuple[str, str]]) -> frozenset[str]:
    """All that pairs lead to from a name."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        reached = {other for source, other in pairs if source == current} - found
        found |= reached
        waiting += reached
    return frozenset(found - {name})


@dataclass(eq=False, slots=True)
class Table:
    """Data of some rows. Mutable: what is stored in it goes into every name that it has.

    ``by_column`` is what was fitted and went into one column. A ``is_statistic`` is computed from
    rows and has none itself; nothing can be fitted on an ``is_element``, such as one row. What
    `groupby` gives is a statistic and ``is_grouped``: its windows and shifts are none.
    ``columns`` are None where they are not known; ``column`` is the one that this is, and
    ``parent`` what it is a column of. ``origin`` is the column, with its frame, of which alone each
    value is made. ``predicts`` are the trainings whose predictions these are.
    """

    rows: Rows
    taints: frozenset[Taint] = frozenset()
    is_statistic: bool = False
    is_element: bool = False
    is_mask: bool = False
    columns: Columns | None = None
    column: str | None = None
    parent: Table | None = None
    by_column: dict[str, frozenset[Taint]] = field(default_factory=dict)
    predicts: tuple[Score, ...] = ()
    origin: tuple[int, str] | None = None
    is_grouped: bool = False

    @property
    def data(self) -> Data:
        """Its rows and all that went into them, as they are now."""
        taints = self.taints.union(*self.by_column.values()) if self.by_column else self.taints
        return Data(self.rows, taints)

    def derived(self, **changes: object) -> Table:
        """A table of its own with the same contents but for some changes, and not grouped."""
        table = Table(
            self.rows, self.taints, self.is_statistic, self.is_element, False,
            self.columns, self.column, None, dict(self.by_column), self.predicts, self.origin,
        )  # fmt: skip
        for name, value in changes.items():
            setattr(table, name, value)
        return table

    def absorb(self, taints: frozenset[Taint], column: str | None = None) -> None:
        """Something fitted goes into it, or into one column."""
        if column is None:
            self.taints |= taints
        else:
            self.by_column[column] = self.by_column.get(column, frozenset()) | taints
        if self.parent is not None:
            self.parent.absorb(taints, self.column)

    def select(self, names: frozenset[str]) -> Table:
        """Some of its columns."""
        columns = self.columns
        if columns is not None:
            columns = columns._replace(only=names, lost=columns.lost & names)
        kept = {name: taints for name, taints in self.by_column.items() if name in names}
        return self.derived(columns=columns, by_column=kept)

    def take_column(self, name: str) -> Table:
        """One of its columns; what is stored in that also goes into the table."""
        taints = self.taints | self.by_column.get(name, frozenset())
        origin = None if self.columns is None else (self.columns.frame, name)
        return self.derived(
            taints=taints, by_column={}, column=name, parent=self, origin=origin,
            is_grouped=self.is_grouped,
        )  # fmt: skip

    def lose(self, names: frozenset[str] | None) -> None:
        """Columns are removed from it; None: it is not known which."""
        if names is None:
            self.columns = None
            return
        if self.columns is not None:
            self.columns = self.columns._replace(lost=self.columns.lost | names)
        for name in names:
            self.by_column.pop(name, None)

    def gain(self, name: str, origin: tuple[int, str] | None = None) -> None:
        """A column is put into it, whose values are made of the column ``origin``."""
        if self.columns is not None:
            only = self.columns.only
            made = {pair for pair in self.columns.made if name not in pair}
            if origin is not None and origin[0] == self.columns.frame and origin[1] != name:
                made.add((name, origin[1]))
            self.columns = self.columns._replace(
                only=None if only is None else only | {name},
                lost=self.columns.lost - {name},
                made=frozenset(made),
            )


@dataclass(eq=False)
class Estimator:
    """A transformer or model, with what it was fitted on. Mutable: `fit` changes it in place.

    ``steps`` are the parts of a composite one by their names, None where not all are known.
    """

    name: str
    kind: EstimatorKind
    place: CellNode
    fitted: Data | None = None
    training: Training | None = None
    parts: tuple[Estimator, ...] = ()
    steps: dict[str, Estimator | None] | None = None
    tuned: frozenset[Taint] = frozenset()
    """The searches that its settings come from."""

    @property
    def searches(self) -> frozenset[Taint]:
        """The searches that its settings and those of its parts come from."""
        return self.tuned.union(*(part.searches for part in self.parts))

    @property
    def learns(self) -> bool:
        """Whether it learns of the rows that it is fitted on what goes into those it transforms."""
        if self.parts or self.steps:
            return any(part.learns for part in self.parts)
        return self.kind != "safe"

    @property
    def only_orders(self) -> bool:
        """Whether it is a tree, or made of trees, which only compare values of a column."""
        return bool(TREES.match(self.name)) or (
            bool(self.parts) and all(part.only_orders for part in self.parts)
        )

    @property
    def chooses_columns(self) -> bool:
        """Whether some step of it may leave columns out."""
        if self.name in ("ColumnTransformer", "make_column_transformer", "FunctionTransformer"):
            return True
        if self.name in ("Pipeline", "make_pipeline") and self.steps is None:
            return True
        return self.kind == "unknown" or any(part.chooses_columns for part in self.parts)


class Score(NamedTuple):
    """A score of a model, or predictions to take it of: where, and on what data.

    ``is_joint``: of what several models predict together.
    """

    training: Training
    place: CellNode
    given: ast.expr | None
    data: Data
    is_joint: bool = False


class HeldTarget(NamedTuple):
    """A column among the features: the target itself, or one of which it is made, or it of that."""

    column: str
    is_itself: bool


@dataclass(eq=False)
class Training:
    """A model that was fitted: on what, and what it was tested on and scored on since.

    ``target`` is the column among the features that gives the answer. ``only_orders``: it compares
    values of a column with each other only, so that no scale makes a difference to it.
    ``wanted`` are the column to predict and the name that the notebook has for it, where known.
    """

    name: str
    place: CellNode
    data: Data
    splits_itself: bool
    target: HeldTarget | None = None
    only_orders: bool = False
    estimator: Estimator | None = None
    wanted: tuple[str, ...] = ()
    tests: list[tuple[CellNode, Data]] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)


class Leak(NamedTuple):
    """Test data that reached a training: ``taint`` is how, None where the rows themselves did."""

    training: Training
    taint: Taint | None
    test: CellNode | None


class UnknownParameter(NamedTuple):
    """A name that is set of an estimator which has no such step or parameter (``part``).

    ``steps`` are those that it has; empty where it is a parameter that is not there.
    """

    place: CellNode
    name: str
    part: str
    estimator: str
    steps: tuple[str, ...]
    suggestion: str | None


class Evaluation(NamedTuple):
    """What a notebook trains and how it tests."""

    trainings: tuple[Training, ...] = ()
    preprocessing: tuple[Leak, ...] = ()
    overlaps: tuple[Leak, ...] = ()
    parameters: tuple[UnknownParameter, ...] = ()


def overlap(left: Rows, right: Rows) -> bool:
    """Whether some rows are in both: a path is the other, or a prefix of it."""
    return any(
        text == other or text.startswith(other + "/") or other.startswith(text + "/")
        for text in left
        for other in right
    )
