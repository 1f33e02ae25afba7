"""Parquet files with a column of notebooks, as public collections come: a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nbprod.disk.read import MAX_NOTEBOOK_BYTES, open_stream
from nbprod.errors import ReadError, UsageError
from nbprod.survey.extras import need_pyarrow
from nbprod.survey.references import Reference
from nbprod.survey.rows import NOT_A_FILE, RawNotebook
from nbprod.survey.storage import file_system, patiently
from nbprod.survey.unread import Unread

__all__ = ["ROLES", "documents_of_rows", "references_of_table"]

_BATCH = 16
ROLES: dict[str, tuple[str, ...]] = {
    "content": ("content", "notebook", "code", "text", "ipynb", "source", "raw"),
    "path": ("path", "file_path", "filepath", "filename", "file_name", "name",
             "max_stars_repo_path"),
    "repository": ("repository", "repo_name", "repository_name", "repo", "max_stars_repo_name"),
    "owner": ("owner", "repo_owner", "user"),
    "month": ("month", "date", "updated_at", "last_modified", "commit_date"),
}  # fmt: skip
"""What columns are for, with the names that are looked for where none is given."""


def references_of_table(
    root: str,
    address: str,
    stamp: tuple[int, str, str | None],
    columns: Mapping[str, str],
    shown: str = "",
) -> Iterator[Reference]:
    """A reference for each row group of a file.

    Raises:
        UsageError: it is no Parquet file, or has no column of contents.
    """
    arrow = need_pyarrow()
    shown = shown or address
    try:
        with _opened(root, address, shown) as stream:
            file = arrow.parquet.ParquetFile(stream)
            names = _columns(file.schema_arrow, columns, shown)
            groups = int(file.metadata.num_row_groups)
    except (arrow.ArrowException, OSError) as error:
        raise UsageError(f"{shown}: cannot be read as Parquet ({type(error).__name__})") from None
    size, changed, month = stamp
    for group in range(groups):
        yield Reference(
            "rows", root, address, shown, size // groups, changed, None, None, month, (), group,
            names,
        )  # fmt: skip


def _opened(root: str, address: str, shown: str) -> Any:
    if not root:
        return open_stream(address)
    return patiently(lambda: file_system(root).open(address, "rb"), shown)


def _columns(schema: Any, given: Mapping[str, str], shown: str) -> tuple[str | None, ...]:
    known = list(schema.names)
    for role, column in given.items():
        if column not in known:
            names = ", ".join(known[:12])
            raise UsageError(f"{shown}: no column {column!r} for {role} (columns: {names})")
    found = {
        role: given.get(role) or next((name for name in usual if name in known), None)
        for role, usual in ROLES.items()
    }
    if found["content"] is None:
        names = ", ".join(known[:12])
        text = f"{shown}: no column of notebooks; name it with --column content=COLUMN"
        raise UsageError(f"{text} (columns: {names})")
    return tuple(found[role] for role in ROLES)


def documents_of_rows(reference: Reference) -> Iterator[RawNotebook | Unread]:
    """The notebooks of a row group; rows without content are left out."""
    arrow = need_pyarrow()
    names = dict(zip(ROLES, reference.names, strict=True))
    wanted = [name for name in names.values() if name is not None]
    number = 0
    try:
        with _opened(reference.root, reference.address, reference.shown) as stream:
            file = arrow.parquet.ParquetFile(stream)
            before = sum(file.metadata.row_group(at).num_rows for at in range(reference.first))
            for batch in file.iter_batches(_BATCH, [reference.first], columns=wanted):
                for row in batch.to_pylist():
                    yield from _document(reference, row, names, before + number)
                    number += 1
    except (arrow.ArrowException, OSError) as error:
        document = RawNotebook(f"{reference.shown}!/{before_text(reference)}", b"")
        reason = f"row group cannot be read ({type(error).__name__})"
        yield Unread(document, ReadError(NOT_A_FILE, reason))


def before_text(reference: Reference) -> str:
    """The name of a row group."""
    return f"row-group-{reference.first}"


def _document(
    reference: Reference, row: Mapping[str, Any], names: Mapping[str, str | None], number: int
) -> Iterator[RawNotebook | Unread]:
    def text(role: str) -> str | None:
        value = row.get(names[role] or "")
        return None if value is None else str(value)

    content = row.get(names["content"] or "")
    if content is None or content == "":
        return
    data = content if isinstance(content, bytes) else str(content).encode("utf-8", "surrogatepass")
    owner, repository, path = text("owner"), text("repository"), text("path")
    parts: Sequence[str | None] = (f"{reference.shown}!/{number}", repository, path)
    shown = "/".join(part.strip("/") if at else part for at, part in enumerate(parts) if part)
    if not shown.lower().endswith(".ipynb"):
        shown += ".ipynb"
    if owner is None and repository is not None and "/" in repository:
        owner = repository.partition("/")[0]
    month = text("month")
    document = RawNotebook(shown, data, repository, owner, month[:7] if month else reference.month)
    if len(data) > MAX_NOTEBOOK_BYTES:
        size = MAX_NOTEBOOK_BYTES // 1_000_000
        yield Unread(document._replace(data=b""), ReadError("file-too-large",
                     f"is larger than {size} MB; clear its outputs or exclude it"))  # fmt: skip
        return
    yield document
