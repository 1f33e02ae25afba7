"""Functions of libraries: what reads data, splits it, makes estimators, scores and combines."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache

from nbprod.flow.interpreter.values import Labels
from nbprod.leakage.call import TrackedCall
from nbprod.leakage.composites import compose
from nbprod.leakage.estimators import held_target
from nbprod.leakage.frames import duplicated, is_copy
from nbprod.leakage.labels import (
    Each,
    UnpackedLabels,
    elements_of,
    estimators_in,
    joined_table,
    label,
    settings_in,
    tables_in,
    union,
)
from nbprod.leakage.parameters import check_grid
from nbprod.leakage.predictions import score_predictions
from nbprod.leakage.rows import below
from nbprod.leakage.types import Estimator, Table, Taint, Training
from nbprod.libraries.training import (
    COMBINING_FUNCTIONS,
    COMPOSITES,
    CROSS_VALIDATING,
    DUPLICATING,
    FITTING_FUNCTIONS,
    METRICS,
    NOT_DATA,
    REDUCTIONS,
    SEARCHES,
    SPLITTERS,
    VALUE_FUNCTIONS,
    is_reader,
    kind_of,
)

__all__ = ["call", "makes_something"]

_NAMESPACES = frozenset(["dict", "OrderedDict", "SimpleNamespace", "Namespace", "Bunch"])
_GRIDS = ("param_grid", "param_distributions", "search_spaces")
_OF_DATA = frozenset("max min sum abs round int float str".split())
_ITERATING = frozenset("list tuple set sorted reversed iter frozenset tqdm deepcopy copy".split())


def call(call: TrackedCall) -> Labels | None:
    """Call something that is not the notebook's own."""
    known = _KNOWN[_role_of(call.name)]
    return known(call) if known is not None else _of_values(call)


def makes_something(name: str) -> bool:
    """Whether a function matters that is given nothing known: it reads, splits or makes."""
    return _role_of(name) != ""


@cache
def _role_of(name: str) -> str:
    """What a function is for, by its dotted name; empty where it takes what it is given."""
    last = name.rpartition(".")[2]
    if last in SPLITTERS:
        return "split"
    if is_reader(name):
        return "read"
    if last in COMPOSITES:
        return "compose"
    if last in CROSS_VALIDATING:
        return "validate"
    if not last[:1].isupper():
        return ""
    if kind_of(last) != "unknown":
        return "make"
    is_known = "sklearn" in name or "keras" in name or "." not in name
    return "make unknown" if is_known else ""


def _of_values(call: TrackedCall) -> Labels | None:
    """Call a function that does something with what it is given, or with none of it."""
    labels = call.all_labels
    if labels is None:
        return None
    last = call.last
    if call.keywords and last in _NAMESPACES and not call.arguments:
        names, values = zip(*call.keywords, strict=True)
        return label(UnpackedLabels(tuple(call.labels(value) for value in values), names))
    if call.name.startswith("builtins.") or last == "tqdm":
        return _builtin(call, labels)
    if last in ("clone", "deepcopy", "copy") and estimators_in(labels):
        return labels
    return _of_data(call, labels)


def _read(call: TrackedCall) -> Labels:
    node = call.node
    path = f"r{call.machine.source_cell}.{node.lineno}.{node.col_offset}"
    if call.last.startswith("read_"):
        return label(call.record.frame(path))
    root = Table(frozenset([path]))
    pairs = call.last.startswith("make_") or bool(call.constant(call.keyword("return_X_y")))
    return label(UnpackedLabels((label(root), label(root)))) if pairs else label(root)


def _compose(call: TrackedCall) -> Labels:
    if call.last in SEARCHES:
        for inner in estimators_in(call.labels(call.argument(0, "estimator"))):
            check_grid(call, inner, call.argument(1, *_GRIDS))
    return label(call.record.estimator(call.machine, compose(call)))


def _make(call: TrackedCall) -> Labels:
    """A transformer, a model or a splitter."""
    tuned = settings_in(call.all_labels)
    made = Estimator(call.last, kind_of(call.last), call.place, tuned=tuned)
    return label(call.record.estimator(call.machine, made))


def _make_unknown(call: TrackedCall) -> Labels | None:
    """An object of a class that is not known: what is given no data may be an estimator."""
    return _of_values(call) if call.tables else _make(call)


def _builtin(call: TrackedCall, labels: Labels) -> Labels | None:
    last = call.last
    if last in ("enumerate", "zip"):
        sides = [_each(call, value) for value in call.arguments]
        return label(
            Each(label(UnpackedLabels((None, sides[0]) if last == "enumerate" else tuple(sides))))
        )
    if last in ("next", "max", "min", "sum") and (inner := elements_of(labels)) is not None:
        return inner
    if last in _ITERATING:
        return labels
    return _of_data(call, labels) if last in _OF_DATA else None


def _each(call: TrackedCall, value: object) -> Labels | None:
    labels = call.labels(value)  # type: ignore[arg-type]
    return union([elements_of(labels), *(label(table) for table in _direct(labels))])


def _direct(labels: Labels | None) -> list[Table]:
    return [item for item in labels.items if isinstance(item, Table)] if labels else []


def _split(call: TrackedCall) -> Labels:
    """``train_test_split``: two disjoint parts of each argument, the same for all of them."""
    number = call.record.split_number(call.machine, call.node)
    parts: list[Labels | None] = []
    count = len(call.arguments) if call.last == "train_test_split" else 1
    for place in range(count):
        labels = call.record.adopt(call.machine, call.expression(place), call.arguments[place])
        table = _only(tables_in(labels))
        for side in "ab":
            part = table.derived(rows=below(table.rows, f"{number}{side}")) if table else None
            parts.append(label(part) if part is not None else None)
    return label(UnpackedLabels(tuple(parts)))


def _only(tables: list[Table]) -> Table | None:
    """The one table, with its columns, or what several have in common."""
    return tables[0] if len(tables) == 1 else joined_table(tables)


def _cross_validate(call: TrackedCall) -> Labels | None:
    model = next(iter(estimators_in(call.labels(call.argument(0, "estimator")))), None)
    table = call.data(1, "X")
    if model is None or table is None:
        return None
    target = held_target(model, call, 1, 2)
    if model.name != "Pipeline" or target is not None:
        call.record.validate(
            call.machine,
            Training(model.name, call.place, table.data, True, target, model.only_orders),
        )
    return None


def _of_data(call: TrackedCall, labels: Labels) -> Labels | None:
    last = call.last
    tables = tables_in(labels)
    if not tables or last in NOT_DATA:
        return None
    if METRICS.match(last):
        score_predictions(call, tables)
        return None
    data = joined_table(tables)
    assert data is not None
    if last in REDUCTIONS or last in ("max", "min", "sum"):
        return _reduce(call, data, tables)
    taints = data.taints
    if last in FITTING_FUNCTIONS or (last == "cut" and _counts_bins(call)):
        taints |= {Taint(f"`{last}`", data.rows, call.place, "statistic")}
    elif last == "resample" and "sklearn" in call.name:
        taints |= {Taint("`resample`", data.rows, call.place, "resample")}
    elif last in ("repeat", "tile"):
        taints |= {duplicated(data, call)}
    elif last in DUPLICATING:
        return label(_concatenated(call, tables, data))
    elif last in COMBINING_FUNCTIONS:
        data = joined_table(
            tables, lambda learnt: call.record.learn(call.machine, learnt, call.node)
        )
        return label(data)
    elif (
        last in ("shuffle", "copy", "deepcopy", "array", "asarray", "DataFrame")
        and len(tables) == 1
    ):
        return label(tables[0].derived())
    origin = tables[0].origin if len(tables) == 1 and last in VALUE_FUNCTIONS else None
    return label(data.derived(taints=taints, origin=origin))


def _reduce(call: TrackedCall, data: Table, tables: list[Table]) -> Labels:
    score_predictions(call, [table for table in tables if table.is_mask])
    if data.is_element or call.goes_along_rows(1):
        return label(data)
    return label(data.derived(is_statistic=True))


def _counts_bins(call: TrackedCall) -> bool:
    """Whether `cut` is given a number of bins, whose edges are then computed from the data."""
    return type(call.constant(call.argument(1, "bins"))) is int


def _concatenated(call: TrackedCall, tables: list[Table], data: Table) -> Table:
    """Rows one below the other: what is given twice is there twice."""
    if call.goes_along_rows(1):
        return data
    parts = call.expression(0, "objs")
    if isinstance(parts, ast.BinOp) and isinstance(parts.op, ast.Mult):
        # `pd.concat([df] * 3)`
        return data.derived(taints=data.taints | {duplicated(data, call)})
    held = call.machine.contents(call.arguments[0]) if call.arguments else None
    given = [_only(tables_in(call.labels(value))) for value in held or ()]
    known = [table for table in given if table is not None]
    for place, table in enumerate(known):
        if any(is_copy(table, other) for other in known[:place]):
            return data.derived(taints=data.taints | {duplicated(table, call)})
    frames = {table.columns for table in known}
    if len(frames) == 1 and len(known) == len(held or ()):
        return data.derived(columns=frames.pop())
    return data


_KNOWN: dict[str, Callable[[TrackedCall], Labels | None] | None] = {
    "split": _split,
    "read": _read,
    "compose": _compose,
    "validate": _cross_validate,
    "make": _make,
    "make unknown": _make_unknown,
    "": None,
}
