"""The places of the nodes of a notebook's cells in its sources.

Places know the cells and nothing of what a run makes of them: a definition that finds its place
only when asked (most are never asked) then does not keep a whole analysis alive.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from nbprod.model import Span
from nbprod.notebook.positions import LineIndex
from nbprod.patterns import lazy_pattern
from nbprod.syntax.types import ParsedCell

__all__ = ["Places"]

_DEFINED_NAME = lazy_pattern(r"(?:async\s+)?(?:def|class)\s+")


class Places:
    """The spans of nodes, by cell; nodes that were read from elsewhere have their host's place."""

    def __init__(self, parsed: Sequence[ParsedCell | None]) -> None:
        self._parsed = parsed
        self._indices: dict[int, LineIndex] = {}
        self._hosts: dict[int, Span] = {}
        self._placed: dict[int, Span] = {}
        self._stand_ins: dict[tuple[int, int, int], ast.Name] = {}

    def index(self, cell: int) -> LineIndex:
        """The line index of a cell's source."""
        found = self._indices.get(cell)
        if found is None:
            parsed = self._parsed[cell]
            assert parsed is not None
            found = self._indices[cell] = LineIndex(parsed.cell.source)
        return found

    def span(self, cell: int, node: ast.AST) -> Span:
        """Where a node stands: the name alone for definitions, the whole node otherwise."""
        if cell < 0:
            return self._hosts[cell]
        placed = self._placed.get(id(node))
        if placed is not None:
            return placed
        index = self.index(cell)
        lineno: int = node.lineno  # type: ignore[attr-defined]
        start = index.offset(lineno, node.col_offset)  # type: ignore[attr-defined]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            match = _DEFINED_NAME.match(self._source(cell), start)
            start = match.end() if match else start
            return Span(cell, start, start + len(node.name))
        if isinstance(node, ast.ExceptHandler) and node.name:
            return self._handler_name(cell, start, node)
        end_line = node.end_lineno or lineno  # type: ignore[attr-defined]
        end = index.offset(end_line, node.end_col_offset)  # type: ignore[attr-defined]
        return Span(cell, start, end)

    def position(self, cell: int, node: ast.AST) -> tuple[int, int, int]:
        """The cell, the line and the column, from 1, where a node starts, without its end."""
        is_plain = isinstance(node, (ast.Name, ast.Attribute)) and cell >= 0
        if is_plain and id(node) not in self._placed and self.index(cell).is_ascii:
            return cell, node.lineno, node.col_offset + 1  # type: ignore[attr-defined]
        span = self.span(cell, node)
        line, column = self.index(span.cell).position(span.start)
        return span.cell, line, column

    def _source(self, cell: int) -> str:
        parsed = self._parsed[cell]
        assert parsed is not None
        return parsed.cell.source

    def _handler_name(self, cell: int, start: int, node: ast.ExceptHandler) -> Span:
        source = self._source(cell)
        assert node.name is not None
        match = re.compile(rf"\bas\s+({re.escape(node.name)})\b").search(source, start)
        if match is None:
            return Span(cell, start, start + len("except"))
        return Span(cell, match.start(1), match.end(1))

    def stand_in(self, cell: int, name: str, start: int, end: int) -> ast.Name:
        """A node for a name in a magic, where the tree has none."""
        key = (cell, start, end)
        node = self._stand_ins.get(key)
        if node is None:
            node = self._stand_ins[key] = ast.Name(id=name, ctx=ast.Load())
            self._placed[id(node)] = Span(cell, start, end)
        return node

    def add_host(self, host: Span) -> int:
        """The number of a new pseudo-cell, for code that is read at ``host``."""
        number = -2 - len(self._hosts)
        self._hosts[number] = host
        return number
