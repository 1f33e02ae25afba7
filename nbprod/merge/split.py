"""A notebook whose cells are cut around some statements, so that each stretch is a cell.

In a run from top to bottom the cut notebook does what the whole one does. What `extract` can say
about cells it can then say about any stretch of statements.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.merge.types import CallSite, CannotMerge
from nbprod.names.statements import StatementText
from nbprod.names.table import NameTable
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern
from nbprod.refactor.display import is_silent

__all__ = ["SplitNotebook", "StatementRange", "ground_of", "names_of", "stretch_of"]

_BEFORE = lazy_pattern(r"(?:^|[\r\n])[ \t]*\Z")
_BEHIND = lazy_pattern(r"[ \t]*(?:;[ \t]*)?(?:#[^\r\n]*)?(?:\r\n|\r|\n|\Z)")
_COMMENTS = lazy_pattern(r"(?:^[ \t]*#[^\r\n]*(?:\r\n|\r|\n))+\Z", re.MULTILINE)


class StatementRange(NamedTuple):
    """Statements that follow each other in a cell. ``shows``: the last one shows its value."""

    site: CallSite
    nodes: tuple[ast.stmt, ...]
    shows: bool


class SplitNotebook:
    """The cut notebook, with its table of names, and where the stretches are in it."""

    def __init__(self, whole: Facts, facts: Facts, cells: dict[CallSite, tuple[int, ...]]) -> None:
        self.whole = whole
        self.facts = facts
        self.names = NameTable(facts.parsed)
        self._cells = cells

    def cells(self, site: CallSite) -> tuple[int, ...]:
        """The cells of the cut notebook that a stretch has become."""
        return self._cells[site]

    def units(self, site: CallSite) -> tuple[StatementText, ...]:
        """The statements of a stretch.

        Raises:
            CannotMerge: they are not all plain statements.
        """
        found: list[StatementText] = []
        for cell in self.cells(site):
            taken = self.names.cells.get(cell)
            if taken is None or taken.problem is not None:
                raise CannotMerge(taken.problem.reason if taken and taken.problem else "no Python")
            found += taken.units
        if any(
            statement.kind != "loose" or statement.cuts or statement.margin for statement in found
        ):
            raise CannotMerge("there are imports, texts or magics between the statements")
        return tuple(found)


def names_of(facts: Facts) -> NameTable:
    """The table of names of a notebook as it is; ask for it with ``facts.shared(names_of)``."""
    return NameTable(facts.parsed)


def stretch_of(facts: Facts, cell: int, nodes: Sequence[ast.stmt]) -> StatementRange:
    """Some statements of a cell as a stretch of its source; other trees of the same text will do.

    Raises:
        CannotMerge: they share a line with others, or the cell is not a plain one.
    """
    parsed = facts.parsed[cell]
    assert parsed is not None and parsed.tree is not None
    if any(magic.kind == "cell" for magic in parsed.magics):
        raise CannotMerge("a cell magic is about the whole cell")
    if facts.is_parameters(cell) or any(
        facts.program.is_input(cell, statement) for statement in nodes
    ):
        raise CannotMerge("holds parameters of the notebook")
    taken = facts.shared(names_of).cells[cell]
    if taken.problem is not None and _is_inside(taken.problem.offset, facts, cell, nodes):
        raise CannotMerge(taken.problem.reason)
    body = parsed.tree.body
    wanted = {(statement.lineno, statement.col_offset) for statement in nodes}
    places = [
        at
        for at, statement in enumerate(body)
        if (statement.lineno, statement.col_offset) in wanted
    ]
    if len(places) != len(nodes) or places[-1] - places[0] + 1 != len(places):
        raise CannotMerge("there are imports, texts or magics between the statements")
    source = parsed.cell.source
    start = facts.span(cell, nodes[0]).start
    end = facts.span(cell, nodes[-1]).end
    behind = _BEHIND.match(source, end)
    if not _BEFORE.search(source, 0, start) or behind is None:
        raise CannotMerge("other code is on the same line")
    if any(
        secret.text.part == "source"
        and secret.text.cell == cell
        and secret.start < end
        and start < secret.end
        for secret in facts.secrets
    ):
        raise CannotMerge("contains a secret")
    above = _COMMENTS.search(source[:start])
    comments = above.start() if above else start
    is_last = places[-1] == len(body) - 1 and not parsed.suppressed_output
    last = nodes[-1]
    defined = facts.flow.definitions.keys() - facts.imported
    shows = is_last and isinstance(last, ast.Expr) and not is_silent(last.value, own=defined)
    own = tuple(body[place] for place in places)
    return StatementRange(CallSite(cell, comments, start, end), own, shows)


def _is_inside(offset: int, facts: Facts, cell: int, nodes: Sequence[ast.stmt]) -> bool:
    first, last = facts.span(cell, nodes[0]), facts.span(cell, nodes[-1])
    return first.start <= offset < last.end


def ground_of(facts: Facts, sites: Iterable[CallSite]) -> SplitNotebook:
    """A notebook cut before and after some sites."""
    by_cell: dict[int, list[CallSite]] = {}
    for site in sites:
        by_cell.setdefault(site.cell, []).append(site)
    made: list[Cell] = []
    found: dict[CallSite, tuple[int, ...]] = {}
    for cell in facts.notebook.cells:
        own = by_cell.get(cell.index, [])
        cuts = sorted({0, len(cell.source), *_cuts(cell.source, own)})
        pieces: dict[int, int] = {}
        for start, end in zip(cuts, cuts[1:], strict=False):
            pieces[start] = len(made)
            made.append(cell._replace(index=len(made), source=cell.source[start:end]))
        if not cell.source:
            made.append(cell._replace(index=len(made)))
        for site in own:
            first = bisect_left(cuts, _line_start(cell.source, site.start))
            inside = cuts[first : bisect_left(cuts, site.end)]
            found[site] = tuple(pieces[start] for start in inside if start in pieces)
    cut = facts.notebook._replace(cells=tuple(made))
    return SplitNotebook(facts, Facts(cut, facts.options), found)


def _cuts(source: str, sites: Sequence[CallSite]) -> Iterable[int]:
    for site in sites:
        yield _line_start(source, site.start)
        behind = _BEHIND.match(source, site.end)
        yield behind.end() if behind else site.end


def _line_start(source: str, offset: int) -> int:
    return max(source.rfind("\n", 0, offset), source.rfind("\r", 0, offset)) + 1
