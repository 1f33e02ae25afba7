"""Names such as ``step__parameter`` that no step or parameter of an estimator has."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from difflib import get_close_matches

from nbprod.flow.interpreter.values import Value
from nbprod.leakage.call import TrackedCall
from nbprod.leakage.types import CellNode, Estimator, UnknownParameter
from nbprod.libraries.estimator_parameters import PARAMETERS
from nbprod.syntax.walk import walk

__all__ = ["check_fit", "check_grid", "check_names"]

# What composite estimators have of their own, besides their steps.
_OWN = frozenset(
    "steps memory verbose transform_input transformers transformer_list remainder n_jobs"
    " sparse_threshold transformer_weights verbose_feature_names_out"
    " force_int_remainder_cols".split()
)


def check_grid(call: TrackedCall, estimator: Estimator, grid: Value | None) -> None:
    """Check the keys of a grid of parameters, or of several in a list."""
    if grid is not None:
        check_names(call, estimator, _keys(call, grid))


def check_names(call: TrackedCall, estimator: Estimator, names: Iterable[str]) -> None:
    """Note the names that an estimator does not have."""
    for name in names:
        unknown = _find_unknown(estimator, name, name)
        if unknown is not None:
            call.record.parameters.append(unknown._replace(place=_place(call, name)))


def check_fit(call: TrackedCall, estimator: Estimator) -> None:
    """Check the arguments of ``fit`` that are meant for a step."""
    if estimator.steps is not None:
        names = [name for name, _ in call.keywords if "__" in name]
        heads = [name for name in names if name.partition("__")[0] not in estimator.steps]
        check_names(call, estimator, heads)


def _keys(call: TrackedCall, grid: Value) -> list[str]:
    held = call.machine.contents(grid) or ()
    if grid.kind in ("list", "tuple"):
        return [name for part in held if part.kind == "dict" for name in _keys(call, part)]
    if grid.kind != "dict":
        return []
    return [name for key in held if isinstance(name := call.constant(key), str)]


def _find_unknown(estimator: Estimator, name: str, whole: str) -> UnknownParameter | None:
    head, separator, rest = name.partition("__")
    place = estimator.place
    if estimator.steps is None:
        known = PARAMETERS.get(estimator.name)
        if known is None or head in known:
            return None
        if separator and rest in known:
            # None of these has anything inside it.
            return UnknownParameter(place, whole, head, estimator.name, (), rest)
        near = get_close_matches(head, known, 1, 0.8)
        # A name that is like none may be one of another version.
        return UnknownParameter(place, whole, head, estimator.name, (), near[0]) if near else None
    if head in estimator.steps:
        inner = estimator.steps[head]
        return _find_unknown(inner, rest, whole) if inner is not None and separator else None
    if head in _OWN:
        return None
    steps = tuple(estimator.steps)
    near = get_close_matches(head.lower(), steps, 1, 0.5)
    holder = _step_with(estimator, head)
    suggestion = near[0] if near else f"{holder}__{head}" if holder and not separator else None
    return UnknownParameter(place, whole, head, estimator.name, steps, suggestion)


def _step_with(estimator: Estimator, parameter: str) -> str | None:
    """The last step that has a parameter."""
    found = None
    for name, step in (estimator.steps or {}).items():
        if step is not None and parameter in PARAMETERS.get(step.name, ()):
            found = name
    return found


def _place(call: TrackedCall, name: str) -> CellNode:
    """Where the name is written, if it is in the call itself."""
    for part in walk(call.node):
        if isinstance(part, ast.Constant) and part.value == name:
            return CellNode(call.machine.source_cell, part)
        if isinstance(part, ast.keyword) and part.arg == name:
            return CellNode(call.machine.source_cell, part)
    return call.place
