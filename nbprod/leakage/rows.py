"""Which rows an expression takes: parts of splits, selections, elements of collections. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from nbprod.leakage.types import Data, Estimator, Many, Rows, Value

__all__ = [
    "below", "chooses_rows", "counts_bins", "data_of", "is_split_call", "positions",
    "returns_pair", "roles", "whole", "zipped",
]  # fmt: skip

_ROLE = re.compile(r"train|test|val|dev|eval")


def data_of(value: Value) -> Data | None:
    if isinstance(value, Data):
        return value
    if isinstance(value, Many):
        known = [one for item in value.items if (one := data_of(item)) is not None]
        if known:
            return Data(
                frozenset().union(*(data.rows for data in known)),
                frozenset().union(*(data.taints for data in known)),
            )
    return None


def whole(value: Value) -> Value:
    """One element of a collection: data of all of its rows, or what they have in common."""
    if isinstance(value, Many):
        data = data_of(value)
        if data is not None:
            return data
        return next((item for item in value.items if isinstance(item, Estimator)), None)
    return value


def zipped(given: Sequence[Value]) -> Value:
    """The tuples of a zip, as far as some argument is known element by element."""
    count = max((len(one.items) for one in given if isinstance(one, Many)), default=0)
    rows = []
    for place in range(count):
        row = [
            one.items[place] if isinstance(one, Many) and place < len(one.items) else whole(one)
            for one in given
        ]
        rows.append(Many(tuple(row)))
    return Many(tuple(rows)) if rows else None


def below(rows: Rows, step: str) -> Rows:
    return frozenset(f"{path}/{step}" for path in rows)


def positions(source: Data, step: str) -> Data:
    """Positions of a part of a split; `#` marks them."""
    return Data(frozenset(f"{path}#{step}" for path in source.rows))


def roles(targets: Sequence[ast.expr]) -> list[str]:
    """The parts of data that names stand for, where they stand for several; else nothing."""
    found = []
    for target in targets:
        words = [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
        match = _ROLE.search(" ".join(words).lower())
        found.append(match[0] if match else "rest")
    return found if len(set(found)) > 1 and "rest" not in found else []


def is_split_call(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id == "enumerate" and bool(node.args) and is_split_call(node.args[0])
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "split"
    )


def chooses_rows(node: ast.expr, *, is_indexed: bool) -> bool:
    if isinstance(node, ast.Slice):
        return node.lower is not None or node.upper is not None
    if isinstance(node, (ast.Compare, ast.BoolOp)):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return True
    if is_indexed and isinstance(node, ast.Constant) and isinstance(node.value, int):
        return True
    if isinstance(node, ast.Name):
        word = node.id.lower()
        return any(part in word for part in ("idx", "index", "mask", "indices", "msk")) or (
            is_indexed and ("train" in word or "test" in word)
        )
    return False


def counts_bins(node: ast.Call) -> bool:
    """Whether `cut` is given a number of bins, whose edges are then learnt."""
    bins = node.args[1] if len(node.args) > 1 else None
    bins = next((keyword.value for keyword in node.keywords if keyword.arg == "bins"), bins)
    return isinstance(bins, ast.Constant) and isinstance(bins.value, int)


def returns_pair(node: ast.Call, last: str) -> bool:
    if last.startswith("make_"):
        return True
    return any(
        keyword.arg == "return_X_y"
        and isinstance(keyword.value, ast.Constant)
        and bool(keyword.value.value)
        for keyword in node.keywords
    )
