"""What a rule is, for those who write one. A rule is one file; see `CONTRIBUTING.md`.

The file's docstring is the rule's documentation and its tests; the function below it is passed
what it asks for with ``on`` and yields diagnostics.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar, get_args

from nbprod.model import AnyEdit, Applicability, Diagnostic, Fix, Prediction, Severity, Span
from nbprod.notebook.types import Cell, Notebook
from nbprod.syntax.types import Magic, ParsedCell

if TYPE_CHECKING:
    from nbprod.facts import Facts

__all__ = [
    "LEVELS",
    "Check",
    "Level",
    "MagicInCell",
    "NodeInCell",
    "Rule",
    "rule",
    "safe",
    "unsafe",
    "whole_cell",
]

Check = Callable[[Any, Any], Iterable[Diagnostic]]
Level = Literal["explore", "shared", "production"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""The levels, from the least strict."""
Languages = Literal["python", "any"]
Node = TypeVar("Node", bound=ast.AST)


class NodeInCell(Generic[Node]):
    """A node of a cell's tree, for rules on `ast` classes.

    ``cell`` is the index of the cell, ``parsed`` the whole cell, ``span`` the source of the node.
    """

    __slots__ = ("_facts", "cell", "node", "parsed")

    def __init__(self, node: Node, parsed: ParsedCell, facts: Facts) -> None:
        self.node = node
        self.parsed = parsed
        self.cell = parsed.cell.index
        self._facts = facts

    @property
    def span(self) -> Span:
        """The source of the node."""
        return self._facts.span(self.cell, self.node)


class MagicInCell(NamedTuple):
    """A magic of a cell, for rules on magics."""

    magic: Magic
    parsed: ParsedCell

    @property
    def cell(self) -> int:
        """The index of the cell."""
        return self.parsed.cell.index

    @property
    def span(self) -> Span:
        """The source of the magic; of a cell magic its first line."""
        return Span(self.cell, self.magic.start, self.magic.end)


class Rule(NamedTuple):
    """A rule: its code and name, the subjects of its function, and the function.

    ``name`` is the bad pattern and reads well after "allow". ``on`` are the types of its subjects:
    `Notebook`, `Cell`, `Magic`, or classes of `ast`. ``default``: false for one that only runs
    when it is selected, at no level. ``module`` is the file's dotted name, whose docstring
    documents it.
    ``level`` is the lowest level of strictness that runs it: ``explore`` what is broken,
    ``shared`` what bites a colleague, ``production`` everything else.
    ``languages``: whether it also judges notebooks in other languages than Python.
    ``predicts``: what a certain finding means for Restart and Run All, if it means something.
    ``shares_secrets``: whether values that it finds are also credentials in the other notebooks.
    ``after``: its subjects are the suppressions, once all other rules have run.
    ``tracks_data``: whether it asks what models are trained on, so that the data flow tracks it.
    ``family``: findings of rules of one family on one line are one, with the others beside it; of
    the family ``errors`` those on one name in one cell.
    """

    code: str
    name: str
    on: tuple[type, ...]
    severity: Severity
    default: bool
    since: str
    check: Check
    module: str
    level: Level = "explore"
    languages: Languages = "python"
    predicts: Prediction | None = None
    shares_secrets: bool = False
    after: bool = False
    tracks_data: bool = False
    family: str = ""


def rule(
    code: str,
    name: str,
    *,
    on: type | tuple[type, ...] = Notebook,
    severity: Severity = Severity.WARNING,
    default: bool = True,
    since: str = "0.1",
    level: Level | None = None,
    languages: Languages = "python",
    predicts: Prediction | None = None,
    shares_secrets: bool = False,
    after: bool = False,
    tracks_data: bool = False,
    family: str = "",
) -> Callable[[Check], Rule]:
    """Make a rule of a function ``check(subject, facts)`` that yields diagnostics.

    Without a ``level``, what is on by default is of `shared`, the rest of `production`. The other
    arguments are fields of `Rule`.

    Raises:
        TypeError: a type of ``on`` is never a subject.
    """

    def make(check: Check) -> Rule:
        subjects = on if isinstance(on, tuple) else (on,)
        if not all(issubclass(kind, (ast.AST, Notebook, Cell, Magic)) for kind in subjects):
            raise TypeError(f"{code}: subjects are notebooks, cells, magics or ast nodes")
        return Rule(
            code,
            name,
            () if after else subjects,
            severity,
            default,
            since,
            check,
            check.__module__,
            level or ("shared" if default else "production"),
            languages,
            predicts,
            shares_secrets,
            after,
            tracks_data,
            family,
        )

    return make


def safe(title: str, *edits: AnyEdit) -> Fix:
    """A fix that keeps the notebook's behaviour."""
    return Fix(title, edits, Applicability.SAFE)


def unsafe(title: str, *edits: AnyEdit) -> Fix:
    """A fix that may change behaviour, so that a person should look at it."""
    return Fix(title, edits, Applicability.UNSAFE)


def whole_cell(cell: Cell) -> Span:
    """A span for a diagnostic about a cell: its first line that is not blank."""
    source = cell.source
    start = len(source) - len(source.lstrip())
    end = start
    while end < len(source) and source[end] not in "\r\n":
        end += 1
    return Span(cell.index, start if start < len(source) else 0, end)
