"""What cells keep outside of Python and get from there: their order includes that."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nbprod.facts import Facts
from nbprod.patterns import lazy_pattern
from nbprod.syntax.names import last_name, root_of

__all__ = ["swaps_stored_data"]

_WRITES = lazy_pattern(
    r"(?:save|store|dump|export|upload|persist|write)(?!s\Z|fig)"
    r"|to_(?:csv|parquet|sql|pickle|excel|json|hdf|feather|netcdf)\Z"
)
_READS = lazy_pattern(r"(?:load|read|fetch|restore|download)(?!s\Z)|open_dataset\Z|imread\Z")


def swaps_stored_data(before: Sequence[int], after: Sequence[int], facts: Facts) -> bool:
    """Whether an order of cells takes a cell that writes below one that read what it writes.

    Args:
        before: the cells in their present order.
        after: the same in another order.
        facts: the notebook's.
    """
    place = {cell: rank for rank, cell in enumerate(after)}
    kept = {cell: _stored(cell, facts) for cell in before}
    return any(
        place.get(writer, 0) > place.get(reader, 0) and kept[writer][0] & kept[reader][1]
        for rank, writer in enumerate(before)
        if kept[writer][0]
        for reader in before[rank + 1 :]
    )


def _stored(cell: int, facts: Facts) -> tuple[set[str], set[str]]:
    """Through what a cell writes and reads: objects of its own, and files that are written out."""
    parsed = facts.parsed[cell]
    found: tuple[set[str], set[str]] = (set(), set())
    for call in parsed.live_nodes_of(ast.Call) if parsed is not None else ():
        name = last_name(call.func)
        for kind, pattern in enumerate((_WRITES, _READS)):
            if name and pattern.match(name):
                found[kind].update(_through(call, facts))
    return found


def _through(call: ast.Call, facts: Facts) -> set[str]:
    named = _texts(call.args) or _texts([keyword.value for keyword in call.keywords])
    if named:
        return named
    root = root_of(call.func)[0] if isinstance(call.func, ast.Attribute) else ""
    # `pd.read_csv(path)` may read any file, `store.load(key)` what the store has.
    return {f"{root}."} if root and root not in facts.imported else set()


def _texts(values: Sequence[ast.expr]) -> set[str]:
    constants = (value.value for value in values if isinstance(value, ast.Constant))
    return {constant for constant in constants if isinstance(constant, str)}
