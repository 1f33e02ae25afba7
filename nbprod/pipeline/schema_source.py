"""Schemas of frames as source: columns, types, index, levels, where values may be missing.

No ranges and no values of text: from one run these only repeat it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nbprod.pipeline.types import TaskPlan

__all__ = ["NamedSchemas", "named_schemas", "rows_source", "schema_source"]

# More of them are data, not a contract.
_MOST_LEVELS = 50


class NamedSchemas(NamedTuple):
    """``sources``: each schema by its name; ``names``: `task.output` to the name of its schema."""

    sources: dict[str, str]
    names: dict[str, str]


def schema_source(seen: Mapping[str, Any]) -> str:
    """An expression of pandera for what was seen of a frame."""
    columns = "".join(
        f"        {column['name']!r}: pa.Column({_arguments(column)}),\n"
        for column in seen["columns"]
    )
    return (
        "pa.DataFrameSchema(\n"
        f"    {{\n{columns}    }},\n"
        f"    index={_index(seen['index'])},\n"
        "    strict=True,\n"
        ")"
    )


def rows_source(seen: Mapping[str, Any]) -> str:
    """An expression for the rows of a request: their columns, whatever their labels."""
    columns = "".join(
        f"        {column['name']!r}: pa.Column({_arguments(column)}),\n"
        for column in seen["columns"]
    )
    return f"pa.DataFrameSchema(\n    {{\n{columns}    }},\n    strict=True,\n)"


def _arguments(column: Mapping[str, Any]) -> str:
    nullable = ", nullable=True" if column["nullable"] else ""
    return f"{_dtype(column)}{nullable}"


def _dtype(column: Mapping[str, Any]) -> str:
    levels = column.get("levels")
    if levels and len(levels) <= _MOST_LEVELS:
        return f"pa.Category({levels!r}, ordered={column['ordered']!r})"
    return repr(column["dtype"])


def _index(levels: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for level in levels:
        name = "" if level["name"] is None else f", name={level['name']!r}"
        parts.append(f"pa.Index({_arguments(level)}{name})")
    return parts[0] if len(parts) == 1 else f"pa.MultiIndex([{', '.join(parts)}])"


def named_schemas(tasks: Iterable[TaskPlan], seen: Mapping[str, Mapping[str, Any]]) -> NamedSchemas:
    """Names for the schemas of a pipeline's frames: equal ones of equal frames have one.

    Args:
        tasks: in order.
        seen: what was seen of each frame, by `task.output`.
    """
    sources: dict[str, str] = {}
    names: dict[str, str] = {}
    for task in tasks:
        for output in task.outputs:
            what = f"{task.name}.{output}"
            if what in seen:
                source = schema_source(seen[what])
                name = _name(task.name, output, source, sources)
                sources[name] = source
                names[what] = name
    return NamedSchemas(sources, names)


def _name(task: str, output: str, source: str, sources: Mapping[str, str]) -> str:
    """The output's name where no other schema has it, else with the task's in front."""
    short = output.strip("_").upper() or "FRAME"
    if sources.get(short, source) == source:
        return short
    task = task.upper()
    name = longer = task if short in task.split("_") else f"{task}_{short}"
    number = 2
    while sources.get(name, source) != source:
        name, number = f"{longer}_{number}", number + 1
    return name
