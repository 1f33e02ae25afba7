"""What a rule is, for those who write one. A rule is one file; see `CONTRIBUTING.md`.

The file's docstring is the rule's documentation and its tests; the function below it is handed
what it asks for with ``on`` and yields diagnostics.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple

from nbprod.model import AnyEdit, Applicability, Diagnostic, Fix, Severity, Span
from nbprod.notebook.types import Cell, Notebook
from nbprod.syntax.types import Magic, ParsedCell

__all__ = [
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


class NodeInCell(NamedTuple):
    """What a rule on `ast` nodes is handed."""

    node: ast.AST
    parsed: ParsedCell


class MagicInCell(NamedTuple):
    """What a rule on magics is handed."""

    magic: Magic
    parsed: ParsedCell


class Rule(NamedTuple):
    """A rule: its code and name, what it is handed, its function.

    ``name`` is the bad pattern and reads well after "allow". ``on`` are the types that it is
    handed: `Notebook`, `Cell`, `Magic`, or classes of `ast`. ``default``: whether it runs unless
    it is selected by name. ``module`` is the file's dotted name, whose docstring documents it.
    ``level`` is the lowest level of strictness that runs it: ``explore`` what is broken,
    ``shared`` what bites a colleague, ``production`` everything else. ``after``: it is handed
    the marks that silence, with the selection, when all other rules have been asked.
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
    after: bool = False


def rule(
    code: str,
    name: str,
    *,
    on: type | tuple[type, ...] = Notebook,
    severity: Severity = Severity.WARNING,
    default: bool = True,
    since: str = "0.1",
    level: Level | None = None,
) -> Callable[[Check], Rule]:
    """Make a rule of a function ``check(subject, facts)`` that yields diagnostics.

    Without a ``level``, what is on by default is of `shared`, the rest of `production`.
    """

    def make(check: Check) -> Rule:
        handed = on if isinstance(on, tuple) else (on,)
        allowed = all(issubclass(one, (ast.AST, Notebook, Cell, Magic)) for one in handed)
        if not allowed:
            raise TypeError(f"{code}: a rule is handed notebooks, cells, magics or ast nodes")
        lowest: Level = level or ("shared" if default else "production")
        return Rule(code, name, handed, severity, default, since, check, check.__module__, lowest)

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
