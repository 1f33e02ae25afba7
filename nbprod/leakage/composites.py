"""Estimators that are made of others: pipelines, unions, searches over parameters."""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.flow.interpreter.values import Value
from nbprod.leakage.call import TrackedCall
from nbprod.leakage.labels import estimators_in
from nbprod.leakage.types import Estimator
from nbprod.libraries.training import kind_of

__all__ = ["compose"]

_NAMED = ("Pipeline", "ColumnTransformer", "FeatureUnion")
_BY_POSITION = ("make_pipeline", "make_union")


def compose(call: TrackedCall) -> Estimator:
    """A composite estimator, with its parts."""
    last = call.last
    parts = tuple(estimators_in(call.all_labels))
    name = "Pipeline" if last in ("make_pipeline", "ImbPipeline") else last
    kind = "transformer" if last in ("make_column_transformer", "make_union") else kind_of(last)
    steps: dict[str, Estimator | None] | None = None
    if name in _NAMED:
        steps = _named_by_class(call) if last in _BY_POSITION else _named(call)
    return Estimator(name, kind, call.place, parts=parts, steps=steps)


def _named(call: TrackedCall) -> dict[str, Estimator | None] | None:
    """The steps of a list of names and estimators."""
    given = call.argument(0, "steps", "transformers", "transformer_list")
    held = call.machine.contents(given) if given is not None else None
    if held is None:
        return None
    steps: dict[str, Estimator | None] = {}
    for step in held:
        pair = call.machine.contents(step)
        name = call.constant(pair[0]) if pair is not None and len(pair) in (2, 3) else None
        if pair is None or not isinstance(name, str):
            return None
        steps[name] = _estimator(call, pair[1])
    return steps


def _named_by_class(call: TrackedCall) -> dict[str, Estimator | None] | None:
    """The steps of ``make_pipeline``, which are called after their classes."""
    found = [_estimator(call, value) for value in call.arguments]
    names = [estimator.name.lower() if estimator is not None else "" for estimator in found]
    if "" in names:
        return None
    return dict(zip(_numbered(names), found, strict=True))


def _numbered(names: list[str]) -> Iterator[str]:
    """Names, numbered as by scikit-learn where a name occurs more than once."""
    for place, name in enumerate(names):
        count = names[: place + 1].count(name)
        yield f"{name}-{count}" if names.count(name) > 1 else name


def _estimator(call: TrackedCall, value: Value) -> Estimator | None:
    found = estimators_in(call.labels(value))
    return found[0] if len(found) == 1 else None
