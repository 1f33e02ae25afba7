# SPDX-License-Identifier: MIT-0
"""Schemas that also accept what a newer run held: `schemas.py` is edited, the rest of it kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from .errors import ApplicationError

__all__ = ["widened"]


def widened(source: str, name: str, frame: Any) -> tuple[str, list[str]]:
    """Return the text of `schemas.py` with a wider schema, and what has changed.

    Args:
        source: the text.
        name: the schema.
        frame: what it has to accept.
    """
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and isinstance(target, ast.Name) and target.id == name:
            call = node.value
            found = [f"{name}: {text}" for text in _widen(name, call, frame)]
            if found:
                assert isinstance(call, ast.Call) and node.end_lineno
                lines[node.lineno - 1 : node.end_lineno] = [_text(name, call)]
            return "".join(lines), found
    raise ApplicationError(f"no schema named `{name}` in schemas.py")


def _widen(name: str, call: ast.expr, frame: Any) -> Iterator[str]:
    """Change the call that makes a schema; yield what has changed."""
    if not (isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Dict)):
        raise ApplicationError(
            f"`{name}` in schemas.py does not list its columns; widen it by hand"
        )
    table = call.args[0]
    columns = {
        key.value: value
        for key, value in zip(table.keys, table.values, strict=True)
        if isinstance(key, ast.Constant)
        and not isinstance(key.value, bytes)
        and isinstance(value, ast.Call)
    }
    for label in frame.columns:
        if label in columns:
            yield from _widen_column(label, columns[label], frame[label])
            continue
        made = f"pa.Column({str(frame[label].dtype)!r}, nullable=True, required=False)"
        table.keys.append(ast.Constant(label))
        table.values.append(ast.parse(made, mode="eval").body)
        yield f"column `{label}` is new ({frame[label].dtype})"
    for label, column in columns.items():
        if label not in frame.columns and _set(column, "required", False):
            yield f"column `{label}` may be missing"


def _widen_column(label: Any, column: ast.Call, values: Any) -> Iterator[str]:
    if values.isna().any() and _set(column, "nullable", True):
        yield f"column `{label}` may have nulls"
    kind = column.args[0] if column.args else None
    if isinstance(kind, ast.Constant) and str(values.dtype) != kind.value:
        old, new = str(kind.value), _wider(str(kind.value), values)
        if new is None:
            raise ApplicationError(
                f"column `{label}` is {values.dtype}, and {old} in schemas.py; change it by hand"
            )
        if new != old:
            kind.value = new
            yield f"column `{label}` is {new}, not {old}"
    elif isinstance(kind, ast.Call) and kind.args and isinstance(kind.args[0], ast.List):
        levels = kind.args[0]
        known = {item.value for item in levels.elts if isinstance(item, ast.Constant)}
        fresh = [level for level in getattr(values, "cat", values).categories if level not in known]
        levels.elts += [ast.Constant(level) for level in fresh]
        if fresh:
            yield f"column `{label}` also has the levels {', '.join(map(repr, fresh))}"


def _wider(old: str, values: Any) -> str | None:
    """Return the dtype that holds both, None where no number does."""
    import numpy as np

    try:
        found = np.promote_types(np.dtype(old), np.dtype(str(values.dtype)))
    except TypeError:
        return None
    return str(found) if found.kind in "biuf" else None


def _set(call: ast.Call, name: str, value: bool) -> bool:
    """Set a keyword of a call; return whether it was another."""
    for keyword in call.keywords:
        if keyword.arg == name:
            same = isinstance(keyword.value, ast.Constant) and keyword.value.value is value
            keyword.value = ast.Constant(value)
            return not same
    call.keywords.append(ast.keyword(name, ast.Constant(value)))
    return True


def _text(name: str, call: ast.Call) -> str:
    """Return the statement that makes a schema, one column a line."""
    table = call.args[0]
    assert isinstance(table, ast.Dict)
    columns = "".join(
        f"        {ast.unparse(key) if key else '**'}: {ast.unparse(value)},\n"
        for key, value in zip(table.keys, table.values, strict=True)
    )
    options = "".join(f"    {word.arg}={ast.unparse(word.value)},\n" for word in call.keywords)
    return f"{name} = {ast.unparse(call.func)}(\n    {{\n{columns}    }},\n{options})\n"
