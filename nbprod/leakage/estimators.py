"""Transformers, models and splitters: what fitting, applying and testing them does to data."""

from __future__ import annotations

import ast

from nbprod.flow.interpreter.values import Labels
from nbprod.leakage.call import TrackedCall
from nbprod.leakage.labels import (
    Bound,
    Each,
    Fold,
    SearchedSettings,
    UnpackedLabels,
    joined_table,
    label,
    settings_in,
    tables_in,
)
from nbprod.leakage.parameters import check_fit, check_names
from nbprod.leakage.types import Data, Estimator, HeldTarget, Score, Table, Taint, Training
from nbprod.libraries.training import COLUMN_METHODS, EVALUATING, FITTING, RESAMPLING, TRANSFORMING

__all__ = [
    "call_estimator_method",
    "estimator_attribute",
    "fold",
    "held_target",
    "train_and_validate",
]

_FEATURES = ("X", "x", "data", "raw_documents", "generator")
_TARGETS = ("y", "Y")
_ARRAY_MODULES = ("np", "numpy", "pd", "pandas", "tf", "torch")
_LITERALS = frozenset(["list", "tuple", "const"])
_INNER = frozenset(["best_estimator_", "named_steps", "estimator", "steps", "base_estimator"])


def estimator_attribute(estimator: Estimator, name: str) -> Labels | None:
    """An attribute of an estimator: a method, an estimator inside it, or the result of a fit."""
    if name in FITTING or name in EVALUATING or name in TRANSFORMING:
        return label(Bound(estimator, name))
    if name == "steps":
        # Who has the list may change it.
        estimator.steps = None
    if name == "best_params_" and estimator.training is not None:
        training = estimator.training
        search = Taint(f"`{estimator.name}`", training.data.rows, training.place, "tuning")
        return label(SearchedSettings(search))
    return label(estimator) if name in _INNER else None


def call_estimator_method(estimator: Estimator, call: TrackedCall) -> Labels | None:
    """A method of a transformer, model or splitter."""
    name = call.name
    if name in RESAMPLING:
        return _resample(estimator, call)
    if name in FITTING:
        return _fit(estimator, call)
    if name in TRANSFORMING:
        return _transform(estimator, call.data(0, *_FEATURES), call)
    if name in EVALUATING:
        return _test(estimator, call)
    if name == "split":
        return fold(call)
    if name == "set_params":
        check_names(call, estimator, [key for key, _ in call.keywords if key != "**"])
        estimator.tuned |= settings_in(call.all_labels)
    return label(estimator) if name in ("set_params", "get", "compile") else None


def fold(call: TrackedCall) -> Labels | None:
    """``for train, test in folds.split(X)``: positions in two parts of one split."""
    data = call.data(0, "X")
    if data is None:
        return None
    number = call.record.split_number(call.machine, call.node)
    parts = [label(Fold(f"{number}{part}", data.rows)) for part in "ab"]
    return label(Each(label(UnpackedLabels(tuple(parts)))))


def _resample(estimator: Estimator, call: TrackedCall) -> Labels:
    data = call.data(0, *_FEATURES) or Table(frozenset())
    taint = Taint(f"`{estimator.name}`", data.rows, call.place, "resample")
    target = call.argument(1, *_TARGETS)
    targets = tables_in(call.labels(target)) or [data]
    made = [table.derived(taints=table.data.taints | {taint}) for table in (data, targets[0])]
    return label(UnpackedLabels(tuple(label(table) for table in made)))


def _fit(estimator: Estimator, call: TrackedCall) -> Labels:
    check_fit(call, estimator)
    table = call.data(0, *_FEATURES)
    if table is None:
        return label(estimator)
    transforms = call.name in ("fit_transform", "fit_on_texts")
    if not transforms and estimator.kind in ("model", "unknown"):
        train_and_validate(estimator, table.data, call)
        return label(estimator)
    estimator.fitted = table.data
    if call.name == "fit_transform":
        return _transform(estimator, table, call) or label(estimator)
    return label(estimator)


def train_and_validate(estimator: Estimator, data: Data, call: TrackedCall) -> None:
    """A model is fitted, and perhaps tested on data that is given with it."""
    data = Data(data.rows, data.taints | estimator.searches)
    training = Training(
        estimator.name, call.place, data, call.keyword("validation_split") is not None,
        held_target(estimator, call, 0, 1), estimator.only_orders, estimator, _wanted(call),
    )  # fmt: skip
    training = call.record.train(call.machine, estimator, training)
    validation = tables_in(call.labels(call.keyword("validation_data")))
    if validation:
        training.tests.append((call.place, _features_of(validation)))


def _wanted(call: TrackedCall) -> tuple[str, ...]:
    """What a model is to predict: the column, and the name that the notebook has for it.

    A function's name for it is that of each of its calls, and says nothing.
    """
    tables = tables_in(call.labels(call.argument(1, *_TARGETS)))
    column = tables[0].column if len(tables) == 1 else None
    node = call.expression(1, *_TARGETS)
    name = _own_name(node) if node is not None and not call.machine.chain else ""
    return (column or "", name)


def _own_name(node: ast.expr) -> str:
    """The name of data that an expression takes in another form: `y` of `np.ravel(y.values)`."""
    while True:
        if isinstance(node, ast.Subscript):
            part = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
            if isinstance(part, ast.Constant):
                return f"{_own_name(node.value)}[{part.value!r}]"
            node = node.value
        elif isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func if _is_of_object(node) or not node.args else node.args[0]
        else:
            return node.id if isinstance(node, ast.Name) else ""


def _is_of_object(node: ast.Call) -> bool:
    """Whether a call is a method that gives a column in another form, not a function of it."""
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr not in COLUMN_METHODS:
        return False
    return not (isinstance(function.value, ast.Name) and function.value.id in _ARRAY_MODULES)


def _features_of(tables: list[Table]) -> Data:
    joined = joined_table(tables)
    assert joined is not None
    return joined.data


def held_target(
    estimator: Estimator, call: TrackedCall, features: int, target: int
) -> HeldTarget | None:
    """The column to predict, or one of the same values, that a model is surely given."""
    if estimator.kind != "model" or estimator.chooses_columns:
        return None
    given = tables_in(call.labels(call.argument(features, *_FEATURES)))
    wanted = tables_in(call.labels(call.argument(target, *_TARGETS)))
    if len(given) != 1 or len(wanted) != 1:
        return None
    table, column = given[0], wanted[0]
    name = column.column
    if name is None and column.columns is not None and len(column.columns.only or ()) == 1:
        (name,) = column.columns.only or ("",)
    if table.column is not None or table.columns is None:
        return None
    known = table.columns
    if name is not None and column.columns is not None and known.frame == column.columns.frame:
        if known.holds(name):
            return HeldTarget(name, is_itself=True)
    if column.origin is None or column.origin[0] != known.frame:
        return None
    source = column.origin[1]
    made = {source, *known.related(source)} - {name}
    return next(
        (HeldTarget(each, is_itself=False) for each in sorted(made) if known.holds(each)), None
    )


def _transform(estimator: Estimator, table: Table | None, call: TrackedCall) -> Labels | None:
    if table is None:
        return None
    if not estimator.learns or estimator.fitted is None:
        return label(table.derived(columns=None))
    is_selection = estimator.name.startswith(("Select", "RFE"))
    scales = estimator.name.endswith("Scaler")
    taint = Taint(
        f"`{estimator.name}`", estimator.fitted.rows, estimator.place,
        "selection" if is_selection else "scale" if scales else "fit",
    )  # fmt: skip
    taints = table.data.taints | estimator.fitted.taints | {taint}
    return label(Table(table.rows, taints))


def _test(estimator: Estimator, call: TrackedCall) -> Labels | None:
    given = call.argument(0, *_FEATURES)
    table = joined_table(tables_in(call.labels(given)))
    training = estimator.training
    if table is None:
        if training is not None and given is not None and given.kind not in _LITERALS:
            # Data that nobody saw made may be that for testing.
            training.tests.append((call.place, Data(frozenset())))
        return None
    if training is None:
        return label(table.derived(columns=None))
    score = Score(training, call.place, call.expression(0, *_FEATURES), table.data)
    if not (call.machine.second_turns and any(s[0].node is call.node for s in training.tests)):
        training.tests.append((call.place, table.data))
        if call.name in ("score", "evaluate"):
            training.scores.append(score)
    predicts = () if call.name in ("score", "evaluate") else (score,)
    return label(Table(table.rows, table.data.taints, predicts=predicts))
