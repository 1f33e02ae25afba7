# SPDX-License-Identifier: MIT-0
"""Frames against the schemas of `schemas.py` (pandera), and against the ranges of a profile."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .errors import ApplicationError, load_module

__all__ = ["Case", "ContractError", "coerce", "outside", "profile_of", "read_profiles", "validate"]

_CASES = 10


class Case(NamedTuple):
    """One way in which a frame does not match its schema; without a column: of the whole frame."""

    column: str | None
    row: str | None
    check: str
    got: str


class ContractError(ApplicationError):
    """A frame does not match its schema."""

    def __init__(self, what: str, schema: str, cases: list[Case]) -> None:
        lines = [
            f"  {case.column or schema}: {case.check} "
            f"(got {case.got}{f', row {case.row}' if case.row else ''})"
            for case in cases[:_CASES]
        ]
        if len(cases) > _CASES:
            lines.append(f"  and {len(cases) - _CASES} more")
        number = "1 case" if len(cases) == 1 else f"{len(cases)} cases"
        super().__init__(
            "\n".join(
                [
                    f"{what} does not match its schema ({number}):",
                    *lines,
                    f"schema: `{schema}` in schemas.py",
                ]
            )
        )
        self.cases = cases


def validate(value: Any, schema: str, what: str) -> None:
    """Check a frame against a schema; all its cases are in the error.

    Args:
        value: what is checked, and not changed.
        schema: a name of `schemas.py`.
        what: the value's name in the error.
    """
    _checked(value, _schema(schema), schema, what)


def coerce(value: Any, schema: str, what: str) -> Any:
    """Return the columns of a schema of a frame from outside, with its dtypes, checked.

    Args:
        value: a frame of a file or a request.
        schema: a name of `schemas.py`.
        what: the value's name in the error.
    """
    wanted = copy.deepcopy(_schema(schema))
    wanted.coerce = True
    if hasattr(wanted, "columns"):
        value = value[[name for name in wanted.columns if name in value.columns]]
        cases = list(_fractions(value, wanted))
        if cases:
            raise ContractError(what, schema, cases)
    return _checked(value, wanted, schema, what)


def _fractions(frame: Any, schema: Any) -> Iterator[Case]:
    """Yield numbers with a fraction where the schema has integers: a cast would cut it off."""
    from pandas import to_numeric

    for name in frame.columns:
        if not str(schema.columns[name].dtype).lower().startswith(("int", "uint")):
            continue
        numbers = to_numeric(frame[name], errors="coerce")
        for row, number in numbers[numbers.notna() & (numbers % 1 != 0)].items():
            yield Case(str(name), str(row), f"dtype('{schema.columns[name].dtype}')", repr(number))


def _schema(name: str) -> Any:
    found = getattr(load_module("schemas"), name, None)
    if found is None:
        raise ApplicationError(f"no schema named `{name}` in schemas.py")
    return found


def _checked(value: Any, schema: Any, name: str, what: str) -> Any:
    from pandera.errors import SchemaError, SchemaErrors

    try:
        return schema.validate(value, lazy=True)
    except (SchemaErrors, SchemaError) as error:
        cases = list(dict.fromkeys(_cases(error)))
    # A value that cannot have a dtype does not have it, either.
    coerced = {case[:2] for case in cases if case.check.startswith("coerce_")}
    kept = [case for case in cases if case[:2] not in coerced or "coerce_" in case.check]
    raise ContractError(what, name, kept)


def _cases(error: Any) -> Iterator[Case]:
    found = error.failure_cases
    if not hasattr(found, "to_dict"):
        yield Case(None, None, str(error), "")
        return
    for row in found.to_dict("records"):
        column, index = row.get("column"), row.get("index")
        is_row = index is not None and not (isinstance(index, float) and math.isnan(index))
        number = f"{index:.0f}" if isinstance(index, float) else str(index)
        yield Case(
            column if isinstance(column, str) and row.get("schema_context") == "Column" else None,
            number if is_row else None,
            str(row.get("check")),
            repr(row.get("failure_case")),
        )


def read_profiles() -> dict[str, Any]:
    """Return the profiles of `profiles.json`: `task.output` -> column -> what was seen."""
    path = Path(__file__).parents[1] / "profiles.json"
    if not path.is_file():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ApplicationError(
            f"profiles.json: {error}; `profile RUN > {path}` writes it anew"
        ) from error
    return found


def profile_of(frame: Any, most: int = 20) -> dict[str, dict[str, Any]]:
    """Return what the columns of a frame hold, as JSON has it.

    Numbers give `min` and `max`, text and categories of at most `most` values give `values`;
    `nulls` is their share.
    """
    from pandas.api import types

    profile: dict[str, dict[str, Any]] = {}
    for name in frame.columns:
        column = frame[name]
        entry: dict[str, Any] = {"nulls": float(column.isna().mean()) if len(column) else 0.0}
        present = column.dropna()
        if types.is_numeric_dtype(column) and not types.is_bool_dtype(column) and len(present):
            entry.update(min=float(present.min()), max=float(present.max()))
        elif types.is_string_dtype(present) or column.dtype == "category":
            values = sorted({str(value) for value in present.unique()})
            if 0 < len(values) <= most:
                entry["values"] = values
        profile[str(name)] = entry
    return profile


def outside(frame: Any, profile: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Return how many values of each column are outside its profile, columns with none left out."""
    found: dict[str, int] = {}
    for name in frame.columns:
        entry = profile.get(str(name), {})
        present = frame[name].dropna()
        count = 0
        if "min" in entry:
            count = int(((present < entry["min"]) | (present > entry["max"])).sum())
        elif "values" in entry:
            count = int((~present.astype(str).isin(entry["values"])).sum())
        if count:
            found[str(name)] = count
    return found
