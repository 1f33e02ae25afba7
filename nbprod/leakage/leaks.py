"""What of the test data has reached a training: as rows, or by a fit on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nbprod.leakage.types import (
    CellNode,
    Data,
    Evaluation,
    Leak,
    Rows,
    Taint,
    Training,
    overlap,
)
from nbprod.patterns import lazy_pattern

__all__ = ["find_leaks"]

_SPLIT = lazy_pattern(r"/(?:\d+[ab]|train|test|val|dev|eval)\Z")


def find_leaks(trainings: Sequence[Training]) -> Evaluation:
    """The leaks of some trainings, one of each class for each."""
    preprocessing: dict[int, Leak] = {}
    overlaps: dict[int, Leak] = {}
    for training in trainings:
        for leak in _leaks(training, trainings):
            is_overlap = leak.taint is None or leak.taint.kind == "resample"
            found = overlaps if is_overlap else preprocessing
            found.setdefault(id(training.place.node), leak)
    return Evaluation(tuple(trainings), tuple(preprocessing.values()), tuple(overlaps.values()))


def _leaks(training: Training, others: Sequence[Training]) -> Iterator[Leak]:
    """How test data reached one training."""
    data = training.data
    for place, test in _tests_of(training, others):
        if not test.rows or not data.rows:
            continue
        if not overlap(test.rows, data.rows):
            for taint in _that_matter(data.taints | test.taints, training):
                both = _covers(taint.rows, data.rows) and _covers(taint.rows, test.rows)
                own = taint in test.taints and taint.rows == test.rows and _is_refitted(taint, data)
                if (both and taint in data.taints) or own:
                    yield Leak(training, taint, place)
        elif any(_is_split_off(row, two) for row in test.rows for two in data.rows):
            yield Leak(training, None, place)
    if training.splits_itself:
        for taint in _that_matter(data.taints, training):
            if _covers(taint.rows, data.rows):
                yield Leak(training, taint, None)


def _that_matter(taints: frozenset[Taint], training: Training) -> list[Taint]:
    """What makes a difference to a model: a scale makes none to trees."""
    kept = (taint for taint in taints if taint.kind != "scale" or not training.only_orders)
    return sorted(kept, key=_order)


def _tests_of(training: Training, others: Sequence[Training]) -> Iterator[tuple[CellNode, Data]]:
    yield from training.tests
    if not training.tests:
        # Tested under another name: on the other part of its split.
        mine = {path.rpartition("/")[0] for path in training.data.rows if _SPLIT.search(path)}
        for one in others:
            for place, test in one.tests:
                siblings = {path.rpartition("/")[0] for path in test.rows if _SPLIT.search(path)}
                if siblings & mine and not overlap(test.rows, training.data.rows):
                    yield place, test


def _is_refitted(taint: Taint, trained: Data) -> bool:
    """Whether a step of the training was done anew with the test data, to prepare that."""
    is_step = taint.kind != "statistic" or any(own.kind == "statistic" for own in trained.taints)
    return is_step and _is_part(taint.rows)


def _is_part(rows: Rows) -> bool:
    return all(_SPLIT.search(path) for path in rows)


def _is_split_off(test: str, trained: str) -> bool:
    """Whether a split for testing was made of rows that all were trained on."""
    return test.startswith(f"{trained}/") and _SPLIT.search(test) is not None


def _order(taint: Taint) -> tuple[object, ...]:
    """Reading order; the rest of a taint decides between several of one line."""
    node = taint.place.node
    return (
        taint.place.cell, getattr(node, "lineno", 0), len(taint.what),
        getattr(node, "col_offset", 0), -(getattr(node, "end_col_offset", None) or 0),
        taint.what, taint.kind, sorted(taint.rows),
    )  # fmt: skip


def _covers(learnt: Rows, rows: Rows) -> bool:
    """Whether something was fitted on some of these rows, or on all that they are a part of."""
    return any(row == path or row.startswith(path + "/") for path in learnt for row in rows)
