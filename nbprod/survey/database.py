"""The tables of a survey as views of DuckDB, which reads them as it needs them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from nbprod.disk.scratch import scratch_folder
from nbprod.errors import UsageError
from nbprod.survey.extras import need_duckdb
from nbprod.survey.questions import SurveyQuestion
from nbprod.survey.references import without_secrets
from nbprod.survey.run import read_survey
from nbprod.survey.storage import file_system, is_address
from nbprod.survey.store import folder_at
from nbprod.survey.tables import SCHEMA_VERSION, TABLES

__all__ = ["SurveyAnswer", "SurveyDatabase", "survey_database", "view_definitions"]

_MEMORY = "1GB"


class SurveyAnswer(NamedTuple):
    """The answer to a question: as many rows as were asked for, and how many there are."""

    question: SurveyQuestion
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int


class SurveyDatabase:
    """Asks the tables of a survey, and of an earlier one where there is one."""

    def __init__(self, connection: Any, rules: frozenset[str]) -> None:
        self._connection = connection
        self.rules = rules

    def ask(self, question: SurveyQuestion, most: int) -> SurveyAnswer:
        """Answer a question, with its first rows."""
        query = question.sql.strip()
        found = self._connection.execute(f"{query} LIMIT {most + 1}")
        columns = tuple(column[0] for column in found.description)
        rows = tuple(found.fetchall())
        total = len(rows)
        if total > most:
            counted = self._connection.execute(f"SELECT count(*) FROM ({query})")
            total = int(counted.fetchone()[0])
        return SurveyAnswer(question, columns, rows[:most], total)


def view_definitions(place: str, schema: str = "main") -> list[str]:
    """The statements that make the tables of a survey known by their names."""
    prefix = "" if schema == "main" else f"{schema}."
    return [
        f"CREATE VIEW {prefix}{table} AS FROM read_parquet('{_files(place, table)}')"
        for table in TABLES
    ]


def _files(place: str, table: str) -> str:
    return posixpath.join(place, table, "*.parquet").replace("'", "''")


@contextmanager
def survey_database(place: str, before: str | None = None) -> Iterator[SurveyDatabase]:
    """The tables of a survey that is complete.

    Raises:
        UsageError: there is none, or it is not complete, or of another version.
    """
    duckdb = need_duckdb()
    record = _complete(place)
    rules = _rules(record)
    earlier = record if before is None else _complete(before)
    if earlier["level"] != record["level"]:
        named = [without_secrets(text or "") for text in (before, place)]
        text = f"{named[0]} was checked at level {earlier['level']}, {named[1]} at level"
        raise UsageError(f"{text} {record['level']}; survey both alike")
    with scratch_folder() as scratch, duckdb.connect(":memory:") as connection:
        connection.execute(f"SET memory_limit = '{_MEMORY}'")
        connection.execute(f"SET temp_directory = '{scratch}'")
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        _make_views(connection, place, "main")
        if before is not None:
            rules &= _rules(earlier)
            connection.execute("CREATE SCHEMA before")
            _make_views(connection, before, "before")
        yield SurveyDatabase(connection, rules)


def _make_views(connection: Any, place: str, schema: str) -> None:
    if is_address(place):
        connection.register_filesystem(file_system(place))
    for statement in view_definitions(place, schema):
        connection.execute(statement)


def _complete(place: str) -> dict[str, Any]:
    """The record of a survey that is complete."""
    folder = folder_at(place)
    record = read_survey(folder)
    if record is None:
        raise UsageError(f"{folder.shown} is not a survey; `nbprod survey SOURCE -o` makes one")
    if record.get("schema") != SCHEMA_VERSION:
        raise UsageError(f"{folder.shown} has tables of another version; run the survey again")
    if record.get("state") != "complete":
        raise UsageError(f"{folder.shown} is not complete; run `nbprod survey` again to continue")
    return {**record, "level": record.get("level", "")}


def _rules(record: dict[str, Any]) -> frozenset[str]:
    return frozenset(str(name) for name in record.get("rules", ()))
