"""A notebook and its cells, whatever the file they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from nbprod.model import RawEdit

__all__ = ["Cell", "CellKind", "NoRawMap", "Notebook", "RawMap"]

CellKind = Literal["code", "markdown", "raw"]
_NOTHING: Mapping[str, Any] = {}


class Cell(NamedTuple):
    """One cell. ``index`` counts over all cells from 0.

    ``language`` is lower case (``python``, ``r``, ``sql``, ``markdown``, …). ``source`` is the
    text as an editor shows it. ``outputs`` are nbformat-4 shaped dicts for every format.
    ``attachments`` are the files of a Markdown cell: name to MIME type to content.
    """

    index: int  # type: ignore[assignment]  # no tuple is searched
    kind: CellKind
    source: str
    id: str | None = None
    language: str = "python"
    tags: tuple[str, ...] = ()
    execution_count: int | None = None
    outputs: Sequence[Mapping[str, Any]] = ()
    metadata: Mapping[str, Any] = _NOTHING
    attachments: Mapping[str, Any] = _NOTHING
    position: int | None = None
    """The number that it keeps as a piece of another cell."""
    lines_above: int = 0
    """How many lines of that cell are above it."""
    joints: tuple[int, ...] = ()
    """Where the file has two lines of the source without a line break between them."""

    @property
    def number(self) -> int:
        """The cell's number for people: over all cells, from 1."""
        return self.index + 1 if self.position is None else self.position

    @property
    def is_python(self) -> bool:
        """Whether the source is to be read as Python (with IPython syntax)."""
        return self.kind == "code" and self.language == "python"


class RawMap(Protocol):
    """Finds places of the cell model in the file as it is on disk; computed when asked."""

    def locate(self, cell: int, offset: int) -> tuple[int, int]:
        """Raw (line, column), from 1, of a code-point offset in the source of a cell."""
        ...

    def locate_in(self, cell: int, path: Sequence[str | int], offset: int) -> tuple[int, int]:
        """Raw (line, column) of an offset in a text of a cell, or of the notebook (cell -1).

        ``path`` are the keys that lead to it, as in the JSON of nbformat 4.
        """
        ...

    def raw_edit(self, cell: int, start: int, end: int, text: str) -> RawEdit | None:
        """An edit of a source as one of the file, within one line of it; None if it is not one."""
        ...


class NoRawMap:
    """The map of a notebook that is in no file: every place is the first."""

    def locate(self, cell: int, offset: int) -> tuple[int, int]:
        """Return line 1, column 1."""
        return 1, 1

    def locate_in(self, cell: int, path: Sequence[str | int], offset: int) -> tuple[int, int]:
        """Return line 1, column 1."""
        return 1, 1

    def raw_edit(self, cell: int, start: int, end: int, text: str) -> None:
        """Return None: there is no file to edit."""
        return


class Notebook(NamedTuple):
    """A notebook as read. ``format`` is ``ipynb``, ``percent``, ``light``, ``databricks``, ….

    ``language`` is that of the kernel, lower case. ``python_version`` is the version recorded in
    the file, as in ``(3, 11)``, or None. ``injected`` are the names that its platform has bound
    before the first cell runs.
    """

    path: str
    format: str
    language: str
    cells: tuple[Cell, ...]
    raw: RawMap
    metadata: Mapping[str, Any] = _NOTHING
    python_version: tuple[int, int] | None = None
    nbformat: tuple[int, int] | None = None
    injected: tuple[str, ...] = ()
