"""What a reviewer is shown of one notebook and of all. Plain data: texts have no credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from nbprod.model import Finding

__all__ = [
    "Arc",
    "CellReview",
    "Figure",
    "FlowChange",
    "ForgeLink",
    "Heading",
    "NotebookReview",
    "Review",
    "ReviewLine",
    "SavedOutput",
    "Standing",
    "Verdict",
]

Verdict = Literal["unreadable", "fails", "differs", "errors", "warnings", "clean", "gone"]
Change = Literal["new", "changed", "same", "removed"]


class ReviewLine(NamedTuple):
    """A line of a cell's source: ``number`` counts in the version that has it; ``mark`` is "+",
    "-" or " "."""

    mark: str
    number: int
    text: str


class SavedOutput(NamedTuple):
    """A saved output: its text, or the data of an image as a browser takes it."""

    kind: Literal["text", "error", "image"]
    text: str


class Heading(NamedTuple):
    """A Markdown heading: the number of its cell, from 1, and its text without markup."""

    cell: int
    text: str


class ForgeLink(NamedTuple):
    """The page of a file at a commit, and the host that has it."""

    host: str
    url: str


@dataclass(frozen=True)
class CellReview:
    """One cell: its number from 1 in the version that has it, its changes and its findings.

    ``moved_from`` is its number in the base where its order among the others differs.
    ``outputs_before`` are those of the base where they differ; ``heading`` is the last above it.
    """

    number: int
    kind: str
    execution_count: int | None
    change: Change
    lines: tuple[ReviewLine, ...]
    findings: tuple[Finding, ...]
    outputs: tuple[SavedOutput, ...]
    title: str
    fails: bool = False
    is_stale: bool = False
    moved_from: int | None = None
    outputs_before: tuple[SavedOutput, ...] | None = None
    heading: Heading | None = None


class Arc(NamedTuple):
    """Names that flow from one cell to another; ``is_new``: not in the base."""

    source: int
    target: int
    names: tuple[str, ...]
    is_new: bool


class FlowChange(NamedTuple):
    """Something that the change does to the data flow; ``cell`` is where to look, from 1."""

    kind: Literal["new dependency", "lost dependency", "changed order", "removed definition"]
    text: str
    cell: int | None


class Figure(NamedTuple):
    """A number now and in the base; None where there is no base."""

    title: str
    now: int
    before: int | None

    @property
    def moved(self) -> int | None:
        """By how much it moved."""
        return None if self.before is None else self.now - self.before


class Standing(NamedTuple):
    """An item of the readiness table: its state now and in the base (now's where there is none).

    ``said`` is what speaks against it, or why it counts; ``cell`` where that is first, from 1.
    """

    id: str
    section: str
    title: str
    state: str
    was: str
    said: str
    cell: int | None


@dataclass(frozen=True)
class NotebookReview:
    """One notebook: the verdict and its reason, the cells to look at, and the picture.

    ``cells`` are those that changed or have findings; ``drawn`` are all code cells, in order.
    ``general`` are findings that are in no cell, ``readiness`` the table of `nbprod score`;
    ``link`` and ``link_before`` are the pages of both versions, where a forge has them.
    """

    path: str
    change: Change
    verdict: Verdict
    reason: str
    figures: tuple[Figure, ...]
    cells: tuple[CellReview, ...]
    drawn: tuple[CellReview, ...]
    arcs: tuple[Arc, ...]
    flow: tuple[FlowChange, ...]
    general: tuple[Finding, ...]
    readiness: tuple[Standing, ...] = ()
    link: ForgeLink | None = None
    link_before: ForgeLink | None = None


@dataclass(frozen=True)
class Review:
    """All notebooks of a report. ``base`` is the name of what they are compared with."""

    notebooks: tuple[NotebookReview, ...]
    base: str | None
    version: str
