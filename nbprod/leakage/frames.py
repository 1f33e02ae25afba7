"""Tables: what their methods, attributes and items give, and what goes into them in place."""

from __future__ import annotations

import ast

from nbprod.flow.interpreter.heap import Heap
from nbprod.flow.interpreter.values import Labels, Value
from nbprod.leakage.call import TrackedCall
from nbprod.leakage.labels import Fold, joined_table, label
from nbprod.leakage.predictions import score_predictions
from nbprod.leakage.rows import below, chooses_rows, step_of
from nbprod.leakage.types import CellNode, Table, Taint
from nbprod.libraries.methods import INDEXERS
from nbprod.libraries.training import (
    APPLYING,
    COLUMN_METHODS,
    COMBINING,
    DESCRIBING_ATTRIBUTES,
    IN_GROUPS,
    REDUCTIONS,
    ROW_METHODS,
    ROW_PARTS,
    SAME_ROWS,
    VALUE_METHODS,
    WINDOWS,
)

__all__ = [
    "call_frame_method",
    "column_names",
    "element",
    "frame_attribute",
    "frame_subscript",
    "is_copy",
    "stored_columns",
]

_NO_DATA = frozenset("keys info hist plot boxplot nunique count hist pairplot".split())


def call_frame_method(table: Table, call: TrackedCall) -> Labels | None:
    """A method of a frame, series or array."""
    name = call.name
    if name in _NO_DATA:
        return None
    result = _pop(table, call) if name == "pop" else _result(table, call)
    if call.constant(call.keyword("inplace")) is True:
        _replace(table, result)
    return label(result)


def _result(table: Table, call: TrackedCall) -> Table:
    name = call.name
    if name in REDUCTIONS:
        return _reduced(table, call)
    if name == "drop":
        return _dropped(table, call)
    if name == "groupby":
        grouped = not table.is_element
        return table.derived(is_statistic=grouped, is_grouped=grouped, columns=None)
    if table.is_grouped and not _learns_of_groups(call):
        # Each row has a value of its own, made of rows beside it in the group.
        table = table.derived(is_statistic=False)
    if name in WINDOWS:
        return table.derived(is_element=True, columns=None, origin=None)
    if name == "transpose":
        return _transposed(table)
    known = _kept(table, name)
    if _repeats(call):
        known = known.derived(taints=known.taints | {duplicated(table, call)})
    if name in ROW_PARTS and not _takes_all(call):
        return known.derived(rows=below(table.rows, step_of(call.node)))
    if name == "append" and any(is_copy(table, other) for other in call.tables):
        known = known.derived(taints=known.taints | {duplicated(table, call)})
    elif name == "drop_duplicates":
        known = known.derived(
            taints=frozenset(taint for taint in known.taints if taint.kind != "resample")
        )
    if name in COMBINING or name in APPLYING:
        joined = joined_table(
            [known, *call.tables],
            lambda data: call.record.learn(call.machine, data, call.node),
        )
        assert joined is not None
        alone = name in APPLYING or all(other.is_statistic for other in call.tables)
        origin = known.origin if alone else None
        return known.derived(rows=joined.rows, taints=joined.taints, by_column={}, origin=origin)
    return known


def _learns_of_groups(call: TrackedCall) -> bool:
    """Whether a method of groups gives what is computed of all rows of a group."""
    if call.name not in APPLYING:
        return call.name not in IN_GROUPS
    method = call.constant(call.argument(0, "func"))
    if isinstance(method, str):
        return method not in IN_GROUPS
    # What the function returns: a statistic of the group, or rows that one may have gone into.
    return all(other.is_statistic for other in call.tables)


def _kept(table: Table, name: str) -> Table:
    """The same table, with what is known of its columns where a method keeps them."""
    origin = table.origin if name in COLUMN_METHODS | VALUE_METHODS else None
    if table.column is not None:
        column = table.column if name in COLUMN_METHODS else None
        return table.derived(column=column, origin=origin)
    if table.origin is not None:
        return table.derived(origin=origin)
    return table.derived(columns=table.columns if name in ROW_METHODS else None)


def _transposed(table: Table) -> Table:
    """Rows for columns: a fit on a column is then a fit on one row."""
    return table.derived(is_element=True, columns=None)


def _repeats(call: TrackedCall) -> bool:
    """Whether a method gives some rows more than once."""
    if call.name == "sample":
        return call.constant(call.keyword("replace")) is True
    function = call.node.func
    base = function.value if isinstance(function, ast.Attribute) else None
    return call.name == "repeat" and not (isinstance(base, ast.Attribute) and base.attr == "str")


def _takes_all(call: TrackedCall) -> bool:
    """Whether rows are only put into another order."""
    return call.name == "sample" and call.constant(call.keyword("frac")) in (1, 1.0)


def _reduced(table: Table, call: TrackedCall) -> Table:
    if table.is_mask and table.predicts:
        score_predictions(call, [table])
    if table.is_element or (table.column is None and call.goes_along_rows()):
        return table.derived(columns=None)
    return Table(table.rows, table.data.taints, is_statistic=True, predicts=table.predicts)


def _dropped(table: Table, call: TrackedCall) -> Table:
    """``drop``: columns, by name or along axis 1, or else rows."""
    columns = call.keyword("columns")
    if columns is None and call.goes_along_rows(1):
        columns = call.argument(0, "labels")
    result = table.derived()
    if columns is not None:
        result.lose(call.names(columns))
    elif call.arguments or call.keyword("index") is not None:
        return table.derived(rows=below(table.rows, step_of(call.node)))
    return result


def _pop(table: Table, call: TrackedCall) -> Table:
    name = call.constant(call.argument(0, "item"))
    column = table.take_column(name).derived() if isinstance(name, str) else table.derived()
    table.lose(frozenset([name]) if isinstance(name, str) else None)
    return column


def _replace(table: Table, result: Table) -> None:
    """A method changes its table in place."""
    if table.column is None:
        table.columns = result.columns
        table.by_column = result.by_column
    table.absorb(result.taints - table.taints)


def frame_attribute(table: Table, name: str) -> Labels | None:
    """What an attribute of a table is: the table itself, one of its columns, or no data."""
    if name in DESCRIBING_ATTRIBUTES:
        return None
    if name == "T":
        return label(_transposed(table))
    if name in SAME_ROWS or name == "index":
        return label(table)
    return label(table.take_column(name) if table.column is None else table)


def frame_subscript(table: Table, key: Value, node: ast.Subscript, machine: Heap) -> Table:
    """``table[…]``: some of its rows, some of its columns, or both."""
    if table.is_statistic:
        return table
    first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
    is_indexed = isinstance(node.value, ast.Attribute) and node.value.attr in INDEXERS
    picked = key.labels.items if key.labels is not None else ()
    step = next((item.step for item in picked if isinstance(item, Fold)), None)
    if step is None:
        is_mask = any(isinstance(item, Table) and item.is_mask for item in picked)
        if is_mask or chooses_rows(first, is_indexed=is_indexed):
            step = step_of(first) + _version(first, machine)
    result = table if step is None else table.derived(rows=below(table.rows, step))
    copies = [item.taints for item in picked if isinstance(item, Table) and not item.is_mask]
    again = {taint for taints in copies for taint in taints if taint.kind == "resample"}
    if again:
        # `df.loc[df.index.repeat(2)]`
        result = result.derived(taints=result.taints | again)
    if table.column is not None:
        return result
    if is_indexed or isinstance(node.slice, ast.Tuple):
        return _indexed(result, node.slice)
    if key.kind == "const" and isinstance(key.data[1], str):
        return result.take_column(key.data[1])
    names = _names(key, machine)
    if names is not None:
        return result.select(names)
    return result if step is not None else result.derived(columns=None)


def _version(key: ast.expr, machine: Heap) -> str:
    """Which value of a name it is that chooses rows: the same name may be bound again."""
    if not isinstance(key, ast.Name):
        return ""
    entry = machine.env.entries.get(machine.key_of(key.id))
    made = entry.definitions if entry is not None else ()
    places = {(each.cell, getattr(each.node, "lineno", 0)) for each in made}
    return "".join(f"@{cell}.{line}" for cell, line in sorted(places))


def _indexed(table: Table, key: ast.expr) -> Table:
    """``.loc[rows, columns]``, ``.iloc``, or an array of two dimensions."""
    if not isinstance(key, ast.Tuple) or len(key.elts) != 2:
        return table
    names = _literal_names(key.elts[1])
    if isinstance(key.elts[1], ast.Constant) and names:
        return table.take_column(next(iter(names)))
    return table.select(names) if names else table.derived(columns=None)


def _names(key: Value, machine: Heap) -> frozenset[str] | None:
    held = machine.contents(key) if key.kind in ("list", "tuple") else None
    if not held:
        return None
    known = [value.data[1] for value in held if value.kind == "const"]
    texts = [text for text in known if isinstance(text, str)]
    return frozenset(texts) if len(texts) == len(held) else None


def _literal_names(node: ast.expr) -> frozenset[str]:
    parts = node.elts if isinstance(node, ast.List) else [node]
    names = [part.value for part in parts if isinstance(part, ast.Constant)]
    return frozenset(name for name in names if isinstance(name, str))


def element(table: Table) -> Table:
    """What a loop over it is given: a group of its rows, a row, or one value."""
    if table.is_statistic:
        return table.derived(is_statistic=False, rows=below(table.rows, "group"))
    return table.derived(is_element=True)


def column_names(key: str | None) -> frozenset[str] | None:
    """The column that a key of the interpreter stands for: a constant, or ``.attribute``."""
    if key is None:
        return None
    if key.startswith("."):
        return frozenset([key[1:]])
    name = ast.literal_eval(key) if key[:1] in "'\"" else None
    return frozenset([name]) if isinstance(name, str) else None


def stored_columns(key: str | None, node: ast.AST) -> frozenset[str] | None:
    """The columns that something is stored in, None where it may be all of them."""
    names = column_names(key)
    if names is None and isinstance(node, ast.Subscript):
        names = _literal_names(node.slice) or None
    return names


def is_copy(table: Table, other: Table) -> bool:
    """Whether both have the same rows, unchanged."""
    if table.columns is None or other.columns is None or table.column != other.column:
        return False
    if table.columns.frame != other.columns.frame or table.columns.only != other.columns.only:
        return False
    return bool(_nested(table, other) or _nested(other, table))


def _nested(inner: Table, outer: Table) -> bool:
    return any(
        row == path or row.startswith(path + "/") for row in inner.rows for path in outer.rows
    )


def duplicated(table: Table, call: TrackedCall) -> Taint:
    """Rows of a table are put to themselves."""
    place = CellNode(call.machine.source_cell, call.node)
    return Taint(f"`{call.last}`", table.rows, place, "resample")
