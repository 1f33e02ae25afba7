"""The values that every layer speaks: places, edits, diagnostics, findings, reports.

Nothing in this module imports another module of nbprod, reads a file or prints.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal, NamedTuple

__all__ = [
    "AnyEdit",
    "Applicability",
    "CellEdit",
    "Certainty",
    "Diagnostic",
    "Edit",
    "FileResult",
    "Finding",
    "Fix",
    "Inside",
    "Label",
    "NewLine",
    "PartEdit",
    "Place",
    "Prediction",
    "RawEdit",
    "RelatedPlace",
    "Report",
    "Severity",
    "Span",
]

Exception_ = Literal["NameError", "UnboundLocalError"]
Prediction = Literal["failure", "other-result", "stale-output"]
"""What a finding means for a run from top to bottom: it fails, its results differ from those of
the recorded run, or the saved output is not what the code gives."""


class Span(NamedTuple):
    """A stretch of one cell's source.

    ``cell`` is the cell's index over all cells, from 0 (people are shown ``cell + 1``);
    ``start`` and ``end`` are code-point offsets in the original source of that cell,
    ``end`` exclusive.
    """

    cell: int
    start: int
    end: int


class Certainty(str, Enum):
    """How sure a diagnostic is: ``certain`` when each path leads to the fault."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


class Severity(str, Enum):
    """How bad a finding is for its reader; a matter of configuration, not of proof."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Applicability(str, Enum):
    """Whether a fix keeps behaviour (``safe``) or may change it (``unsafe``)."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Edit(NamedTuple):
    """Replace the text under ``span`` with ``text``."""

    span: Span
    text: str


class CellEdit(NamedTuple):
    """A change of a whole cell.

    ``move``: the cell at index ``cell`` goes directly before the cell now at index ``before``
    (``before == len(cells)`` means the end). ``clear-count``: its execution count becomes null.
    Indices are those of the notebook before any edit of the same fix.
    """

    kind: Literal["move", "clear-count"]
    cell: int
    before: int | None = None


Path = tuple[str | int, ...]


class PartEdit(NamedTuple):
    """Replace a stretch of a text of a notebook that is no source.

    ``cell`` is the index of the cell, -1 for the notebook; ``path`` the keys that lead to the text
    in its JSON; ``start`` and ``end`` are code points of the decoded text.
    """

    cell: int
    path: Path
    start: int
    end: int
    text: str


class NewLine(NamedTuple):
    """A line of code at the end of a cell, or in a cell that is made for such lines.

    With ``new`` a code cell with these ``tags`` is made directly before the cell at index
    ``cell``. Lines of one place do not depend on each other, so those of several fixes go
    together: a cell is made once.
    """

    cell: int
    text: str
    new: bool = False
    tags: tuple[str, ...] = ()


AnyEdit = Edit | CellEdit | PartEdit | NewLine


class RawEdit(NamedTuple):
    """An edit of the file as it is on disk: lines and columns from 1, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Fix(NamedTuple):
    """A titled set of edits that belong together; all of them apply or none."""

    title: str
    edits: tuple[AnyEdit, ...]
    applicability: Applicability = Applicability.UNSAFE
    environment: tuple[str, ...] = ()
    """The variables that the notebook reads from the environment once it is applied."""
    raw: tuple[RawEdit, ...] | None = None
    """The same as edits of the file, for tools that know no cells; None where that is not sure."""


class Label(NamedTuple):
    """A related place of a diagnostic, with what there is to say about it.

    ``again``: the same fault is also there, so that a comment there suppresses it there; a text is
    the message of that fault where it is the only one that is left. ``symbol``: what it is about.
    """

    span: Span
    message: str
    again: bool | str = False
    symbol: str | None = None


class Inside(NamedTuple):
    """A text of a notebook that is no source, for a diagnostic about it.

    ``part`` is ``output``, ``metadata`` or ``attachment``, ``path`` the keys that lead to it in the
    JSON of its cell (or of the notebook). The diagnostic's span counts in ``text``; its cell is -1
    for the notebook itself.
    """

    part: str
    path: Path
    text: str


class Diagnostic(NamedTuple):
    """What a rule says about a notebook. No severity, path or colour: those are the reader's.

    ``inside`` is where it stands when that is no source, ``provider`` whose credential it is about.
    ``minor``: information of the level `production`, whatever its rule's severity and level are.
    ``depends``: true as it is worded, but a run may go either way; a warning that predicts nothing.
    ``on_request``: nobody acts on it unasked, so it is reported where its rule is selected by name.
    """

    span: Span
    message: str
    certainty: Certainty = Certainty.CERTAIN
    symbol: str | None = None
    predicted_exception: Exception_ | None = None
    labels: tuple[Label, ...] = ()
    help: str | None = None
    fix: Fix | None = None
    inside: Inside | None = None
    provider: str | None = None
    minor: bool = False
    depends: bool = False
    on_request: bool = False


class Place(NamedTuple):
    """Where a finding is, for people and for machines. Everything counts from 1.

    ``cell`` counts over all cells. ``line``/``column`` are in the cell, columns in code points;
    ``end_column`` is exclusive. ``raw_line``/``raw_column`` are in the file as it is on disk.
    A finding about a whole file has no cell: ``cell`` is None and line and column are those of
    the file.
    """

    cell: int | None
    cell_id: str | None
    execution_count: int | None
    line: int
    column: int
    end_line: int
    end_column: int
    raw_line: int
    raw_column: int


class RelatedPlace(NamedTuple):
    """A label, resolved to a place; ``symbol`` where the same fault is there, about this name.

    ``alone`` is the message of that fault where it is the only one that is left.
    """

    place: Place
    message: str
    symbol: str | None = None
    alone: str | None = None


class Finding(NamedTuple):
    """What a reader sees: a diagnostic after configuration, suppression and location."""

    code: str
    name: str
    severity: Severity
    path: str
    place: Place
    message: str
    certainty: Certainty
    symbol: str | None
    predicted_exception: Exception_ | None
    related: tuple[RelatedPlace, ...]
    help: str | None
    fix: Fix | None
    fingerprint: str
    snippet: str = ""
    """The source of the cell's lines from ``place.line`` to ``place.end_line``, for renderers."""
    part: str = "source"
    """What ``place.line`` counts in: ``source``, or ``output``, ``metadata``, ``attachment``."""
    provider: str | None = None
    """Whose credential a finding is about, if it is about one."""
    predicts: Prediction | None = None
    """What the finding means for a run from top to bottom; None if that is not its subject."""
    tool: str | None = None
    """The linter that reported it; None for a rule of nbprod or of a plug-in."""

    @property
    def stops_a_run(self) -> bool:
        """Whether a run from top to bottom certainly stops there."""
        return self.predicts == "failure" and self.certainty is Certainty.CERTAIN


class FileResult(NamedTuple):
    """The result of one file: its findings, or why it was skipped.

    ``fails``: a run from top to bottom certainly stops, whichever findings are hidden afterwards.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    skipped: str | None = None
    unreadable: bool = False
    fails: bool = False

    @classmethod
    def of(cls, path: str, findings: tuple[Finding, ...]) -> FileResult:
        """The result of a check that found these; a copy with fewer keeps ``fails``."""
        return cls(path, findings, fails=any(finding.stops_a_run for finding in findings))


class Report(NamedTuple):
    """All that a renderer gets."""

    files: tuple[FileResult, ...]
    version: str
    shard: tuple[int, int] | None = None
    """Which part of how many this is, where it is one."""
    clean: int = 0
    """Files besides, of which nothing is reported but that there were so many."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding of every file, in the order of the files."""
        return tuple(finding for result in self.files for finding in result.findings)
