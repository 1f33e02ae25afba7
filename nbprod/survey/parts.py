"""Rows of a table as the bytes of a Parquet file, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbprod.survey.extras import need_pyarrow
from nbprod.survey.tables import SCHEMA_VERSION, TABLES

__all__ = ["from_parquet", "schema_of", "to_parquet"]


def schema_of(table: str) -> Any:
    """The schema of a table, as pyarrow has it."""
    arrow = need_pyarrow()
    types = {
        "string": arrow.string(),
        "integer": arrow.int64(),
        "boolean": arrow.bool_(),
        "strings": arrow.list_(arrow.string()),
        "integers": arrow.list_(arrow.int64()),
    }
    fields = [arrow.field(column.name, types[column.type]) for column in TABLES[table].columns]
    return arrow.schema(fields, metadata={"nbprod.survey": SCHEMA_VERSION, "nbprod.table": table})


def to_parquet(table: str, rows: Sequence[tuple[Any, ...]]) -> bytes:
    """The rows of a table as a file; the same rows are the same bytes."""
    arrow = need_pyarrow()
    schema = schema_of(table)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [
        arrow.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)
    ]
    sink = arrow.BufferOutputStream()
    frame = arrow.Table.from_arrays(arrays, schema=schema)
    arrow.parquet.write_table(frame, sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


def from_parquet(table: str, data: bytes) -> list[tuple[Any, ...]]:
    """The rows of a file.

    Raises:
        ValueError: it is none of this table.
    """
    arrow = need_pyarrow()
    names = [column.name for column in TABLES[table].columns]
    try:
        frame = arrow.parquet.read_table(arrow.BufferReader(data), columns=names)
        return list(zip(*(frame.column(name).to_pylist() for name in names), strict=True))
    except (arrow.ArrowException, KeyError, OSError) as error:
        raise ValueError(type(error).__name__) from None
