"""Bytes of a notebook to rows of the tables. Pure: files beside the notebook are asked for."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from nbprod.checking.engine import report_of_unreadable
from nbprod.config.settings import Settings
from nbprod.errors import ReadError
from nbprod.facts import Facts
from nbprod.model import FileResult, Finding
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Cell, Notebook
from nbprod.project.run import check_keeping_facts, internal_error
from nbprod.secrets.mask import Mask
from nbprod.survey.code_rows import code_rows
from nbprod.survey.tables import TABLES

__all__ = [
    "NOT_A_FILE",
    "RawNotebook",
    "NotebookRows",
    "content_of",
    "error_rows",
    "rows_of",
    "unread_rows",
]

NotebookRows: TypeAlias = "dict[str, list[tuple[Any, ...]]]"
"""Rows by table, each with the values of its columns in order."""
_SURROGATES = ("utf-8", "replace")
NOT_A_FILE = "unreadable-source"
"""The kind of an error about an archive or a table, which no rule reports."""


class RawNotebook(NamedTuple):
    """A notebook of a collection: where it is from, its bytes, and how files beside it are read.

    ``content`` is their identity where it has been worked out.
    """

    path: str
    data: bytes
    repository: str | None = None
    owner: str | None = None
    month: str | None = None
    read_file: Callable[[str], str | None] = lambda _path: None
    content: str | None = None


def content_of(data: bytes) -> str:
    """The identity of some bytes."""
    return hashlib.sha256(data).hexdigest()


def rows_of(
    document: RawNotebook, settings: Settings = Settings(), key: bytes = b""
) -> NotebookRows:
    """The rows of a notebook: the findings are those of `nbprod check` with these settings.

    Args:
        document: the notebook.
        settings: how it is checked.
        key: what secrets are keyed with; without one their identities are null.

    Raises:
        MemoryError: the check needs more memory than there is.
    """
    try:
        notebook = read_notebook(document.data, document.path)
    except ReadError as error:
        return _unread(document, report_of_unreadable(document.path, error))
    except MemoryError:
        raise
    except Exception as error:  # such as a lack of stack
        return _unread(document, internal_error(document.path, error))
    result, facts = check_keeping_facts(notebook, settings, document.read_file)
    if facts is None:
        if any("(MemoryError" in finding.message for finding in result.findings):
            raise MemoryError
        return _unread(document, result)
    try:
        own = _rows(document, result, facts, key)
        return _clean(own) if _may_have_surrogates(document) else own
    finally:
        facts.release()


def error_rows(document: RawNotebook, kind: str, message: str) -> NotebookRows:
    """The rows of a notebook that was not checked: a time limit, for example."""
    row = _notebook_row(document, None, (), {"skipped": kind})
    return _clean({"notebooks": [row], "errors": [(document.path, kind, message)]})


def unread_rows(document: RawNotebook, error: ReadError) -> NotebookRows:
    """The rows of a notebook, or of an archive, whose bytes could not be read."""
    if error.kind == NOT_A_FILE:
        return _clean({"errors": [(document.path, error.kind, str(error))]})
    return _unread(document, report_of_unreadable(document.path, error), has_bytes=False)


def _unread(document: RawNotebook, result: FileResult, *, has_bytes: bool = True) -> NotebookRows:
    findings = [_finding_row(finding) for finding in result.findings]
    more = {"unreadable": True, "has_bytes": has_bytes}
    row = _notebook_row(document, None, result.findings, more)
    errors = [(document.path, finding.name, finding.message) for finding in result.findings]
    return _clean({"notebooks": [row], "findings": findings, "errors": errors})


def _rows(document: RawNotebook, result: FileResult, facts: Facts, key: bytes) -> NotebookRows:
    code = code_rows(facts)
    mask = Mask(facts.hidden)
    more = {
        "fails": result.fails,
        "skipped": result.skipped,
        "statements": len(code.fingerprints),
        "shape": code.shape,
    }
    path = document.path
    own: NotebookRows = {
        "notebooks": [_notebook_row(document, facts.notebook, result.findings, more)],
        "cells": [
            (*_cell_row(path, cell), *code.cells[cell.index]) for cell in facts.notebook.cells
        ],
        "findings": [_finding_row(finding) for finding in result.findings],
        "definitions": [(path, *row) for row in code.definitions],
        "uses": [(path, *row) for row in code.uses],
        "fingerprints": [(path, *row) for row in code.fingerprints],
        "dependencies": [(path, *row) for row in code.dependencies],
        "secrets": list(_secret_rows(path, facts, key)),
    }
    if not mask:
        return own
    return {table: _masked_rows(table, rows, mask) for table, rows in own.items()}


def _masked_rows(table: str, rows: list[tuple[Any, ...]], mask: Mask) -> list[tuple[Any, ...]]:
    columns = TABLES[table].columns
    return [
        tuple(
            _masked(value, mask) if column.is_text else value
            for column, value in zip(columns, row, strict=True)
        )
        for row in rows
    ]


def _masked(value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [mask(text) if isinstance(text, str) else text for text in value]
    return value


def _may_have_surrogates(document: RawNotebook) -> bool:
    """Whether a lone surrogate can be in the rows: only JSON has escapes for them, and paths."""
    return b"\\ud" in document.data.lower() or not document.path.isascii()


def _clean(rows: NotebookRows) -> NotebookRows:
    """Rows that UTF-8 can hold: JSON may have lone surrogates."""
    for own in rows.values():
        for number, row in enumerate(own):
            if not all(map(_is_encodable, row)):
                own[number] = tuple(map(_encodable, row))
    return rows


def _is_encodable(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() or _encodable(value) == value
    return not isinstance(value, list) or all(map(_is_encodable, value))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(*_SURROGATES).decode("utf-8")
    if isinstance(value, list):
        return [_encodable(text) for text in value]
    return value


def _notebook_row(
    document: RawNotebook,
    notebook: Notebook | None,
    findings: Sequence[Finding],
    more: dict[str, Any],
) -> tuple[Any, ...]:
    cells = notebook.cells if notebook is not None else ()
    code = [cell for cell in cells if cell.kind == "code"]
    is_read = notebook is not None
    return (
        document.path,
        document.repository,
        document.owner,
        document.month,
        (document.content or content_of(document.data)) if more.get("has_bytes", True) else None,
        len(document.data) if more.get("has_bytes", True) else None,
        notebook.format if notebook is not None else None,
        notebook.language if notebook is not None else None,
        _version(notebook.nbformat) if notebook is not None else None,
        _version(notebook.python_version) if notebook is not None else None,
        len(cells) if is_read else None,
        len(code) if is_read else None,
        sum(_lines(cell.source) for cell in code) if is_read else None,
        sum(cell.execution_count is not None for cell in code) if is_read else None,
        sum(len(cell.outputs) for cell in code) if is_read else None,
        more.get("statements"),
        more.get("shape"),
        len(findings),
        more.get("fails"),
        more.get("unreadable", False),
        more.get("skipped"),
    )


def _version(version: tuple[int, int] | None) -> str | None:
    return None if version is None else f"{version[0]}.{version[1]}"


def _lines(source: str) -> int:
    return sum(not line.isspace() and line != "" for line in source.split("\n"))


def _cell_row(path: str, cell: Cell) -> tuple[Any, ...]:
    return (
        path,
        cell.number,
        cell.id,
        cell.kind,
        cell.language,
        cell.execution_count,
        _lines(cell.source),
        len(cell.source),
        len(cell.outputs),
        [str(tag) for tag in cell.tags],
    )


def _finding_row(finding: Finding) -> tuple[Any, ...]:
    place, fix = finding.place, finding.fix
    return (
        finding.path,
        finding.code,
        finding.name,
        finding.severity.value,
        finding.certainty.value,
        finding.message,
        *place,
        finding.part,
        finding.provider,
        finding.symbol,
        finding.predicted_exception,
        finding.predicts,
        finding.stops_a_run,
        finding.help,
        fix.title if fix is not None else None,
        fix.applicability.value if fix is not None else None,
        [
            f"{other.place.cell or ''}:{other.place.line}:{other.place.column} {other.message}"
            for other in finding.related
        ],
        finding.fingerprint,
    )


def _secret_rows(path: str, facts: Facts, key: bytes) -> Iterator[tuple[Any, ...]]:
    for secret in facts.secrets:
        index = secret.text.cell
        yield (
            path,
            facts.notebook.cells[index].number if index >= 0 else None,
            secret.text.part,
            secret.rule,
            secret.provider,
            _identity(secret.value, key),
        )


def _identity(value: str, key: bytes) -> str | None:
    """Equal for equal values; without the key nobody can try values against it."""
    if not key:
        return None
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:24]
